"""A patient on a phone confirms, asks for another time and says how to be told; the desk sees it and answers."""

import re
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache

from clinic.models import MessageRules, OutboundMessage
from clinic.services import access
from clinic.services.audit import Actor
from tests.clinic.builders import (
    NOW,
    at,
    make_chair,
    make_course,
    make_patient,
    make_prescriber,
    make_protocol,
    make_session,
    make_site,
    make_technician,
    make_user,
)

from .test_patient_schedule import SIZES, SMALL_TARGETS, open_schedule

pytestmark = pytest.mark.django_db(transaction=True)
MOVE_SECOND = re.compile("Move.*Session 2 of 4, Monday 23 November, 11:30am")
# Who chooses from a list touches the whole line, not the small circle in it.
LINES_AND_BUTTONS = SMALL_TARGETS.replace(
    "main input:not([type=hidden])", "main .radio, main input:not([type=hidden]):not([type=radio])"
)


@pytest.fixture
def course(live_server, settings, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    settings.BASE_URL = live_server.url
    cache.clear()
    site = make_site(holiday_country="", phone="01632 960118")
    chair, technician = make_chair(site), make_technician(site)
    make_prescriber(site)
    make_user(site, email="imogen@example.org", password="correct horse battery", name="Imogen Vale", role="manager")
    margaret = make_patient(site, given_name="Margaret", date_of_birth=date(1968, 4, 12))
    course = make_course(margaret, make_protocol())
    for day in ("2026-11-20", "2026-11-23", "2026-11-24", "2026-11-25"):
        make_session(course, chair, technician, at(day, "11:30"))
    return course


@pytest.fixture
def link(live_server, course):
    _, secret = access.new_patient_link(patient=course.patient, label="", by=Actor(name="Imogen"), now=NOW)
    return f"{live_server.url}/my/{secret}/"


def sign_in(page, live_server, path):
    page.goto(f"{live_server.url}/accounts/login/?next={path}")
    page.get_by_label("Email").fill("imogen@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()


def test_what_margaret_asks_on_her_phone_stands_on_the_list_of_the_desk(
    browser, browser_context_args, link, live_server, course
):
    phone = browser.new_context(**browser_context_args, java_script_enabled=False).new_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    open_schedule(phone, link)
    phone.get_by_role("button", name="I will be there").click()
    assert phone.get_by_text("You have said that you will be there.").is_visible()
    phone.get_by_role("button", name="10 minutes").click()
    assert phone.get_by_text("Thank you for telling us.").is_visible()
    phone.get_by_role("link", name=MOVE_SECOND).click()
    phone.get_by_label("Earlier or later on the same day").check()
    phone.get_by_role("button", name="Send").click()
    assert phone.get_by_text("We have your wish.").is_visible()

    desk = browser.new_context(**browser_context_args).new_page()
    sign_in(desk, live_server, "/messages/")
    assert desk.get_by_text("Runs late", exact=True).is_visible()
    assert desk.get_by_text("“Earlier or later on the same day”").is_visible()
    desk.get_by_role("button", name=re.compile("Done.*wants to move")).click()
    assert desk.get_by_text("Done, and off the list.").is_visible()


def test_where_the_clinic_allows_it_margaret_moves_a_session_herself(page, link, course):
    MessageRules.objects.create(site=course.site, most_moves=2)
    open_schedule(page, link)

    page.get_by_role("link", name=MOVE_SECOND).click()
    page.locator("input[name=choice]").first.check()
    page.get_by_role("button", name="Take this").click()

    assert page.get_by_text("Your visit has moved.").is_visible()
    assert course.sessions.get(number=2).starts_at != at("2026-11-23", "11:30")
    assert OutboundMessage.objects.get().template == "moved"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_with_which_patients_ask_and_the_desk_answers_is_accessible_and_fits(
    browser, browser_context_args, link, live_server, course, scheme
):
    page = browser.new_context(**browser_context_args, color_scheme=scheme).new_page()
    faults = []

    def judge(name, is_patients=True):
        page.wait_for_load_state("load")
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"{name} is wider than the {size}")
            small = page.evaluate(LINES_AND_BUTTONS) if is_patients else []
            faults.extend(f"{name}, {size}: less than 44 pixels high: {each[:90]}" for each in small)
        page.set_viewport_size({"width": 390, "height": 844})
        results = Axe().run(page).response["violations"]
        faults.extend(f"{name}: {each['id']} {each['nodes'][0]['html'][:160]}" for each in results)

    open_schedule(page, link)
    judge("schedule")
    for name, path in {"wishes": "contact/", "sheet": "paper/"}.items():
        page.goto(f"{live_server.url}/my/{path}")
        judge(name)
    session = course.sessions.get(number=2)
    page.goto(f"{live_server.url}/my/visits/{session.uid}/move/?why=cannot")
    judge("four choices")
    MessageRules.objects.create(site=course.site, most_moves=2)
    page.reload()
    judge("openings")
    course.sessions.update(starts_at=NOW - timedelta(days=30), ends_at=NOW - timedelta(days=30, minutes=-30))
    page.goto(f"{live_server.url}/my/follow-ups/{course.uid}/0/")
    judge("follow-up")

    OutboundMessage.objects.create(
        key="x", patient=course.patient, channel="email", template="booked", due_at=NOW, status="failed", attempts=8
    )
    sign_in(page, live_server, "/messages/")
    judge("messages of the desk", is_patients=False)
    page.goto(f"{live_server.url}/messages/texts/")
    judge("texts", is_patients=False)
    page.goto(f"{live_server.url}/patients/{course.patient.uid}/letter/")
    judge("letter", is_patients=False)

    assert not faults
