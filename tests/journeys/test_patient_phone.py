"""On a phone: a carer with her own link, a phone that opens by its own lock, undo, follow-up, clock and language."""

import re
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import expect

from clinic.models import DeskTask, MessageRules, OutboundMessage, Passkey
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

from .test_patient_asks import LINES_AND_BUTTONS, sign_in
from .test_patient_schedule import SIZES, open_schedule

pytestmark = pytest.mark.django_db(transaction=True)
TEXT_TWICE_AS_LARGE = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(":root { font-size: 200% !important }");
document.adoptedStyleSheets = [sheet];
"""
PHONE = {"width": 390, "height": 844}
LOCK = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


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
    MessageRules.objects.create(site=site, most_moves=2)
    return course


@pytest.fixture
def link(live_server, course):
    _, secret = access.new_patient_link(patient=course.patient, label="", by=Actor(name="Imogen"), now=NOW)
    return f"{live_server.url}/my/{secret}/"


@pytest.fixture
def phone(browser, browser_context_args):
    """Margaret's phone, with a screen lock that lets her in."""
    page = browser.new_context(**browser_context_args, viewport=PHONE).new_page()
    lock = page.context.new_cdp_session(page)
    lock.send("WebAuthn.enable")
    lock.send("WebAuthn.addVirtualAuthenticator", {"options": LOCK})
    return page


def test_margaret_adds_her_phone_and_it_unlocks_without_a_date_until_she_removes_it(phone, link, live_server):
    complaints = []
    phone.on("console", lambda message: complaints.append(message.text))
    open_schedule(phone, link)
    phone.get_by_role("link", name="Who can look").click()
    phone.get_by_label("What do you call this phone?").fill("my phone")
    phone.get_by_role("button", name="Add this phone").click()
    phone.get_by_role("heading", name="Phones that open this page").wait_for()
    assert phone.get_by_text("Not used yet").is_visible()

    phone.get_by_role("button", name="Sign out").click()
    phone.goto(f"{live_server.url}/my/")
    phone.get_by_role("button", name="Unlock with this phone").click()
    phone.get_by_text("Hello Margaret").wait_for()

    phone.get_by_role("link", name="Who can look").click()
    phone.get_by_role("button", name="Remove").click()
    phone.wait_for_load_state()
    assert Passkey.objects.get().revoked_at == NOW
    phone.goto(f"{live_server.url}/my/")
    phone.get_by_role("button", name="Unlock with this phone").click()
    phone.get_by_text("This phone did not unlock your appointments.").first.wait_for()
    assert not [text for text in complaints if "403" not in text]


def test_a_phone_whose_lock_is_not_opened_stays_closed_and_says_so(phone, link, live_server, context):
    open_schedule(phone, link)
    phone.goto(f"{live_server.url}/my/phones/")
    lock = phone.context.new_cdp_session(phone)
    lock.send("WebAuthn.enable")
    lock.send("WebAuthn.addVirtualAuthenticator", {"options": LOCK | {"isUserVerified": False, "transport": "usb"}})
    phone.get_by_role("button", name="Add this phone").focus()
    phone.route("**/begin/", lambda route: route.abort())
    phone.keyboard.press("Enter")

    phone.get_by_text("This phone could not be added.").wait_for()
    assert not Passkey.objects.exists()


def test_the_desk_gives_ruth_a_link_and_she_asks_in_the_place_of_margaret(
    browser, browser_context_args, course, live_server
):
    desk = browser.new_context(**browser_context_args).new_page()
    sign_in(desk, live_server, f"/patients/{course.patient.uid}/")
    desk.get_by_text("A link for somebody who helps").click()
    desk.get_by_label("Name", exact=True).fill("Ruth Okonjo")
    desk.get_by_label("Who they are to the patient").fill("daughter")
    desk.get_by_label("Their own date of birth").fill("12/4/1968")
    desk.get_by_label("May confirm visits").check()
    desk.get_by_role("button", name="Make their link").click()
    address = desk.get_by_label("The private link").input_value()

    ruth = browser.new_context(**browser_context_args, viewport=PHONE, java_script_enabled=False).new_page()
    open_schedule(ruth, address)
    assert ruth.get_by_text("Hello Ruth Okonjo. You look at the visits of").is_visible()
    ruth.get_by_role("link", name="I cannot come").click()
    ruth.get_by_label("Please call me").check()
    ruth.get_by_role("button", name="Send").or_(ruth.get_by_role("button", name="Take this")).click()
    assert ruth.get_by_text("You can take this back until 9:03am.").is_visible()
    assert DeskTask.objects.get().kind == "cannot-come"

    desk.goto(f"{live_server.url}/patients/{course.patient.uid}/")
    assert desk.get_by_text("Link of Ruth Okonjo (daughter)").is_visible()
    desk.get_by_role("button", name=re.compile("End.*Ruth")).click()
    ruth.reload()
    assert ruth.get_by_role("heading", name="Please open your link again").is_visible()


def test_who_cannot_come_takes_a_make_up_time_by_keyboard_and_takes_it_back(phone, link, course, live_server):
    open_schedule(phone, link)
    session = course.sessions.get(number=3)
    phone.goto(f"{live_server.url}/my/visits/{session.uid}/move/?why=cannot")
    phone.locator("input[name=choice]").first.focus()
    phone.keyboard.press("Space")
    phone.keyboard.press("Enter")
    phone.get_by_text("Your visit has moved.").wait_for()
    assert course.sessions.get(number=3).starts_at != session.starts_at

    phone.get_by_role("button", name="Undo").focus()
    phone.keyboard.press("Enter")
    phone.get_by_text("It is as it was before.").wait_for()
    assert course.sessions.get(number=3).starts_at == session.starts_at
    assert OutboundMessage.objects.get().status == "cancelled"


def test_a_follow_up_is_booked_and_the_page_speaks_spanish(phone, link, course):
    past = NOW - timedelta(days=30)
    for place, session in enumerate(course.sessions.order_by("number")):
        start = past + timedelta(days=place)
        course.sessions.filter(pk=session.pk).update(
            starts_at=start, ends_at=start + timedelta(minutes=30), chair_until=start + timedelta(minutes=30)
        )
    open_schedule(phone, link)
    phone.get_by_role("link", name="Choose a time").click()
    phone.locator("input[name=choice]").first.check()
    phone.get_by_role("button", name="Book this visit").click()
    phone.get_by_text("Your follow-up visit is booked.").wait_for()
    assert course.sessions.filter(kind="follow-up", status="booked").count() == 1

    phone.get_by_role("button", name="Español").click()
    phone.wait_for_load_state()
    assert phone.locator("html").get_attribute("lang") == "es"
    phone.reload()
    assert phone.get_by_role("button", name="English").is_visible()


def test_whoever_looks_from_another_zone_may_have_the_times_by_the_own_clock(browser, browser_context_args, link):
    at_home = browser.new_context(**browser_context_args, viewport=PHONE).new_page()
    open_schedule(at_home, link)
    expect(at_home.get_by_role("link", name="Show them in my time zone")).to_be_hidden()

    away = browser.new_context(**browser_context_args | {"timezone_id": "America/New_York"}, viewport=PHONE).new_page()
    open_schedule(away, link)
    away.get_by_role("link", name="Show them in my time zone").click()
    assert away.get_by_text("6:30am").first.is_visible()
    away.get_by_role("link", name="Show the clinic’s times").click()
    assert away.get_by_text("11:30am").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_new_pages_are_accessible_and_fit_with_twice_as_large_a_text(
    browser, browser_context_args, link, live_server, course, scheme
):
    page = browser.new_context(**browser_context_args, color_scheme=scheme).new_page()
    faults = []

    def judge(name, script=LINES_AND_BUTTONS):
        page.wait_for_load_state("load")
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"{name} is wider than the {size}")
            faults.extend(f"{name}, {size}: less than 44 pixels high: {each[:90]}" for each in page.evaluate(script))
        page.set_viewport_size(PHONE)
        results = Axe().run(page).response["violations"]
        faults.extend(f"{name}: {each['id']} {each['nodes'][0]['html'][:160]}" for each in results)
        page.evaluate(TEXT_TWICE_AS_LARGE)
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            faults.append(f"{name} is wider than the phone with text twice as large")

    carer = access.Carer(name="Ruth Okonjo", relation="daughter", born=date(1968, 4, 12), may_act=True)
    access.new_patient_link(patient=course.patient, label="", by=Actor(name="Imogen"), now=NOW, carer=carer)
    Passkey.objects.create(patient=course.patient, token_hash="p", credential=b"", created_at=NOW, label="my phone")
    open_schedule(page, link)
    page.goto(f"{live_server.url}/my/phones/")
    judge("who can look")
    page.goto(f"{live_server.url}/my/?zone=America/New_York")
    judge("schedule by another clock")
    session = course.sessions.get(number=3)
    page.goto(f"{live_server.url}/my/visits/{session.uid}/move/")
    judge("openings with the end")
    page.locator("input[name=choice]").first.check()
    page.get_by_role("button", name="Take this").click()
    judge("schedule with undo")
    page.goto(f"{live_server.url}/my/contact/")
    judge("wishes with the zone")

    assert not faults
