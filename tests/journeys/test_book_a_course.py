"""Imogen books a whole course by keyboard; then Margaret's page and a calendar program say the same."""

import re
from datetime import UTC, date

import pytest
import vobject
from django.test import Client

from clinic.models import Course, Patient, Proposal, Session
from clinic.services import access
from clinic.services.audit import Actor
from tests.clinic.builders import NOW

pytestmark = pytest.mark.django_db(transaction=True)
# A person who searches, opens and confirms has done three things; six is the most that is allowed.
MOST_INTERACTIONS = 6


@pytest.fixture
def complaints(page):
    """What the browser complains about: broken scripts, and what the content policy had to stop."""
    found = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => console.error('policy', e.violatedDirective))"
    )
    return found


def sign_in(page, live_server):
    page.goto(live_server.url)
    page.wait_for_function("document.activeElement.name === 'login'")
    page.keyboard.type("imogen@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/day/**")


def open_booking(page):
    """Search, open, book: by keyboard alone."""
    page.keyboard.press("/")
    page.keyboard.type("okon")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/**")
    page.keyboard.press("Enter")
    page.wait_for_url("**/book/")
    page.locator(".plan").first.wait_for()


def planned(page):
    """Return how many sessions the chosen plan shows."""
    return page.locator(".planview:visible a.day").count()


def test_a_course_is_booked_by_keyboard_and_everybody_reads_the_same(page, live_server, clinic, complaints):
    sign_in(page, live_server)
    interactions = 0
    page.keyboard.press("/")
    page.keyboard.type("okon")
    page.keyboard.press("Enter")
    interactions += 1
    page.wait_for_url("**/patients/**")
    page.keyboard.press("Enter")
    interactions += 1
    page.locator(".plan").first.wait_for()
    assert planned(page) == 30
    assert page.evaluate("document.activeElement.name") == "plan"
    page.keyboard.press("Control+Enter")
    interactions += 1
    page.wait_for_url("**/courses/**")

    assert interactions <= MOST_INTERACTIONS
    assert page.get_by_role("heading", name="30 sessions booked").is_visible()
    assert page.get_by_role("button", name="Undo").is_visible()
    course = Course.objects.get(status="active", patient__family_name="Okonjo")
    assert course.sessions.filter(kind__in=("mapping", "treatment")).count() == 30
    assert not complaints

    rows = list(course.sessions.order_by("starts_at"))
    patient_reads(page, rows)
    calendar_reads(rows)


def patient_reads(page, rows):
    """Margaret opens her private link and finds each of her sessions, by her clock."""
    margaret = Patient.objects.get(family_name="Okonjo")
    _, secret = access.new_patient_link(patient=margaret, label="", by=Actor(name="Imogen"), now=NOW)
    page.goto(f"{page.url.partition('/courses/')[0]}/my/{secret}/")
    page.get_by_label("Day").fill("14")
    page.get_by_label("Month").fill("5")
    page.get_by_label("Year").fill("1971")
    page.get_by_role("button", name="Show my appointments").click()
    page.wait_for_url("**/my/")
    text = page.locator("main").inner_text()
    first = rows[0].starts_at.astimezone(margaret.site.zone)
    assert f"{first.day} {first:%B}" in text
    assert re.search(r"of 30", text)


def calendar_reads(rows):
    """A calendar program that we did not write reads the same times from the feed."""
    margaret = Patient.objects.get(family_name="Okonjo")
    _, secret = access.new_calendar_link(patient=margaret, by=Actor(name="Imogen"), now=NOW)
    answer = Client().get(f"/calendar/{secret}.ics")
    calendar = vobject.readOne(answer.content.decode())
    events = {event.dtstart.value.astimezone(UTC): event for event in calendar.vevent_list}
    for row in rows:
        assert events[row.starts_at].dtend.value.astimezone(UTC) == row.ends_at
        assert not re.search(r"tms|stimul|session|treat", events[row.starts_at].summary.value, re.IGNORECASE)


def test_hours_are_painted_with_the_arrow_keys_and_the_plans_follow(page, live_server, clinic, complaints):
    sign_in(page, live_server)
    open_booking(page)

    page.get_by_label("Mon 08:00").focus()
    for _ in range(4):
        page.keyboard.press("Space")  # off
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    with page.expect_response("**/book/"):
        page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function("!document.querySelector('.book.htmx-request')")

    assert not page.get_by_label("Tue 08:00").is_checked()
    assert not page.get_by_label("Fri 09:00").is_checked()
    assert not page.get_by_label("Thu 09:00").is_checked()
    assert page.get_by_label("Wed 09:00").is_checked()
    assert page.evaluate("document.activeElement.value") == "3-09"
    newest = Proposal.objects.latest("created_at", "pk")
    assert "Fri 10:00-18:00" in newest.request["availability"]
    assert not complaints


def test_hours_are_painted_with_the_mouse_in_one_stroke(page, live_server, clinic):
    sign_in(page, live_server)
    open_booking(page)
    boxes = [page.get_by_label(f"{day} 10:00").bounding_box() for day in ("Mon", "Thu")]
    before = Proposal.objects.count()

    centres = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes]
    page.mouse.move(*centres[0])
    page.mouse.down()
    page.mouse.move(*centres[1], steps=12)
    with page.expect_response("**/book/"):
        page.mouse.up()

    assert [page.get_by_label(f"{day} 10:00").is_checked() for day in ("Mon", "Tue", "Wed", "Thu", "Fri")] == [
        *[False] * 4,
        True,
    ]
    assert Proposal.objects.count() == before + 1


def test_one_session_is_changed_and_the_rest_adapts(page, live_server, clinic, complaints):
    sign_in(page, live_server)
    open_booking(page)
    day = page.locator("#view-a a.day").nth(4)
    date_of_day = day.locator("xpath=..").get_attribute("id").removeprefix("a-")

    day.focus()
    page.keyboard.press("Enter")
    page.locator("#adj:popover-open h3").wait_for()
    assert page.locator("#adj .why li").count() >= 1
    assert page.evaluate("document.activeElement.closest('#adj') !== null")
    page.get_by_role("button", name="Skip this day").press("Enter")
    page.get_by_role("button", name="skipped").wait_for()

    assert planned(page) == 30
    assert page.locator(f"#a-{date_of_day} a.day").count() == 0
    assert not page.locator("#adj").is_visible()
    page.wait_for_function("document.activeElement !== document.body")
    page.get_by_role("button", name="skipped").press("Enter")
    page.get_by_role("button", name="skipped").wait_for(state="detached")
    assert page.locator(f"#a-{date_of_day} a.day").count() == 1
    assert not complaints


def test_what_is_wrong_stands_at_its_field_and_what_helps_is_one_button(page, live_server, clinic):
    sign_in(page, live_server)
    open_booking(page)

    page.get_by_label("Done by").fill("soonish")
    page.keyboard.press("Tab")
    page.get_by_text("Cannot read 'soonish' as a date").wait_for()
    assert page.get_by_label("Done by").get_attribute("aria-invalid") == "true"
    assert page.get_by_label("Done by").input_value() == "soonish"

    page.get_by_label("Done by").fill("27 nov")
    page.keyboard.press("Tab")
    page.get_by_role("heading", name="Nothing fits yet").wait_for()
    assert page.get_by_label("Done by").get_attribute("aria-invalid") == "false"
    page.get_by_role("button", name=re.compile("Allow until")).click()
    page.locator(".plan").first.wait_for()
    assert page.get_by_label("Done by").input_value() != "27 nov"
    assert planned(page) == 30


def test_the_course_is_booked_without_script(new_context, live_server, clinic):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(live_server.url)
    page.get_by_label("Email").fill("imogen@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("searchbox").fill("okon")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Book a course").click()
    page.get_by_role("button", name="Find times").last.click()
    page.locator(".plan").first.wait_for()
    assert planned(page) == 30

    page.locator("#view-a a.day").nth(4).click()
    page.get_by_role("button", name="Keep this one fixed").click()
    page.locator(".pins .chip").wait_for()
    assert page.locator(".pins .chip").count() == 1
    page.get_by_role("button", name=re.compile("Confirm 30")).click()

    page.get_by_role("heading", name="30 sessions booked").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("The booking is undone").wait_for()
    assert not Session.objects.filter(patient__family_name="Okonjo", status="booked").exists()


def test_a_new_patient_is_registered_and_booked_in_one_go(page, live_server, clinic):
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/patients/new/")
    page.get_by_label("Family name").fill("Nwosu")
    page.get_by_label("Given name").fill("Amara")
    page.get_by_label("Date of birth", exact=True).fill("3 sep 1979")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Book a course").press("Enter")
    page.get_by_label("Thirty daily sessions").check()
    page.locator(".plan").first.wait_for()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/courses/**")

    course = Course.objects.get(patient__family_name="Nwosu")
    assert course.patient.date_of_birth == date(1979, 9, 3)
    assert course.sessions.filter(kind__in=("mapping", "treatment")).count() == 30
