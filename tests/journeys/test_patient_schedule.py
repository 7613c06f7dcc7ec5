"""A patient opens the private link on a phone, reads the schedule and puts it into a calendar program."""

import gzip
from datetime import UTC, date, datetime, time, timedelta

import pytest
import vobject
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.test import Client

from clinic.services import access
from clinic.services.audit import Actor
from tests.clinic.builders import (
    NOW,
    make_chair,
    make_course,
    make_patient,
    make_protocol,
    make_session,
    make_site,
    make_technician,
)

pytestmark = pytest.mark.django_db(transaction=True)
SMALL_TARGETS = """
[...document.querySelectorAll("main a, main button, main summary, header a, main input:not([type=hidden])")]
  .filter(each => each.offsetParent && each.getBoundingClientRect().height < 44)
  .map(each => each.outerHTML)
"""
SIZES = {"phone": (390, 844), "narrow phone": (320, 640), "desk": (1440, 900), "200 % zoom": (640, 450)}


@pytest.fixture
def link(live_server, settings, monkeypatch):
    """The address of Margaret's link; she has a session tomorrow and on the nine days that follow."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    settings.BASE_URL = live_server.url
    cache.clear()
    site = make_site(timezone="UTC", hours="Mon-Sun 08:00-18:00", holiday_country="", phone="01632 960118")
    chair, technician = make_chair(site), make_technician(site)
    margaret = make_patient(site, given_name="Margaret", date_of_birth=date(1968, 4, 12))
    course = make_course(margaret, make_protocol())
    today = datetime.combine(NOW.date(), time(), UTC)
    for days in range(-3, 14):
        if days:
            minutes = (8 * 60 + 15) if days == 4 else (8 * 60 + 30)
            make_session(course, chair, technician, today + timedelta(days=days, minutes=minutes))
    course.sessions.filter(number=8).update(status="cancelled")
    by = Actor(name="Imogen")
    _, secret = access.new_patient_link(patient=margaret, label="", by=by, now=NOW)
    return f"{live_server.url}/my/{secret}/"


def open_schedule(page, link):
    page.goto(link)
    page.get_by_label("Day").fill("12")
    page.get_by_label("Month").fill("4")
    page.get_by_label("Year").fill("1968")
    page.get_by_role("button", name="Show my appointments").click()


def test_margaret_opens_her_schedule_and_follows_it_in_a_calendar(page, link):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    open_schedule(page, link)

    assert page.url.endswith("/my/")
    assert page.get_by_role("heading", name="Your sessions").is_visible()
    assert page.get_by_text("Tomorrow: Session 4 of 15").is_visible()
    assert page.get_by_text("15 minutes earlier than usual").first.is_visible()

    page.get_by_role("link", name="Add to calendar").click()
    page.get_by_role("button", name="Make a calendar address").click()
    address = page.get_by_label("For other calendars").input_value()
    assert page.get_by_role("link", name="Add to the calendar on this device").get_attribute("href") == (
        address.replace("http://", "webcal://")
    )

    calendar = vobject.readOne(Client().get(address.partition(page.url.split("/my/")[0])[2]).content.decode())
    assert len(calendar.vevent_list) == 16
    assert [event.summary.value for event in calendar.vevent_list].count("Cancelled: Clinic appointment") == 1

    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("heading", name="You have signed out").is_visible()
    page.goto(link.partition("/my/")[0] + "/my/")
    assert page.get_by_role("heading", name="Please open your link again").is_visible()
    assert not [text for text in complaints if "403" not in text]


def test_a_wrong_date_is_answered_on_the_page_with_what_was_typed(page, link):
    page.goto(link)
    page.get_by_label("Day").fill("13 April 1968")
    page.get_by_role("button", name="Show my appointments").click()

    assert page.get_by_role("alert").is_visible()
    assert page.get_by_label("Day").input_value() == "13 April 1968"


def test_the_schedule_works_without_script(browser, browser_context_args, link):
    page = browser.new_context(**browser_context_args, java_script_enabled=False).new_page()
    open_schedule(page, link)

    assert page.locator("#month-h").inner_text() == "November 2026"
    page.get_by_role("link", name="December", exact=True).click()
    assert page.locator("#month-h").inner_text() == "December 2026"
    assert page.get_by_text("Tomorrow: Session 4 of 15").is_visible()
    assert not page.get_by_role("button", name="Print").is_visible()
    page.get_by_role("link", name="Add to calendar").click()
    page.get_by_role("button", name="Make a calendar address").click()
    assert page.get_by_label("For other calendars").input_value().endswith(".ics")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_a_patient_is_accessible_and_fits_its_screen(browser, browser_context_args, link, scheme):
    context = browser.new_context(**browser_context_args, color_scheme=scheme)
    page = context.new_page()
    faults = []

    def judge(name):
        page.wait_for_load_state("load")
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"{name} is wider than the {size}")
            small = page.evaluate(SMALL_TARGETS)
            faults.extend(f"{name}, {size}: less than 44 pixels high: {each[:90]}" for each in small)
        page.set_viewport_size({"width": 390, "height": 844})
        results = Axe().run(page).response["violations"]
        faults.extend(f"{name}: {each['id']} {each['nodes'][0]['html'][:120]}" for each in results)

    page.goto(link)
    judge("link")
    page.get_by_role("button").first.click()
    page.get_by_label("Day").fill("1 1 1990")
    page.get_by_role("button").first.click()
    judge("wrong date")
    open_schedule(page, link)
    judge("schedule")
    page.get_by_text("What has been").click()
    judge("schedule with the past")
    page.get_by_role("link", name="Add to calendar").click()
    judge("calendar")
    page.get_by_role("button", name="Make a calendar address").click()
    judge("calendar address")
    page.get_by_role("button", name="Sign out").click()
    judge("signed out")

    assert not faults


def test_the_first_page_is_light_and_the_next_one_lighter(page, link):
    arrived = []
    page.on("response", lambda response: arrived.append(len(gzip.compress(response.body() if response.ok else b""))))

    page.goto(link, wait_until="networkidle")
    first = list(arrived)
    arrived.clear()
    open_schedule(page, link)
    page.wait_for_load_state("networkidle")
    arrived.clear()
    page.goto(page.url + "?month=2026-11", wait_until="networkidle")

    assert 3 <= len(first) <= 8
    assert sum(first) <= 60_000
    assert arrived[0] <= 15_000
