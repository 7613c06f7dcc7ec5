"""A running course is changed at the desk: by keyboard, on a narrow phone without script, and without a barrier."""

import pytest
from django.urls import reverse

from clinic.models import Course, Patient
from clinic.services import booking
from clinic.services.audit import Actor
from scheduler import Phase, Visit
from tests.clinic import builders

from .test_desk_pages import faults_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def course(clinic):
    """Margaret's mornings: ten sessions and a taper."""
    visit = Visit(minutes=30, turnaround_minutes=5)
    phases = (
        Phase(name="acute", visit=visit, sessions=10, per_week_max=5),
        Phase(name="taper", visit=visit, taper=(2, 1)),
    )
    whom = {
        "patient": Patient.objects.get(family_name="Okonjo"),
        "protocol": builders.make_protocol(builders.make_recipe(slug="tapering", phases=phases, follow_ups=())),
        "site": clinic,
    }
    request = {"earliest_date": "2026-11-23", "time": "08:30", "availability": "Mon-Fri 08:00-12:00"}
    by = Actor.of_command("test")
    offer = booking.propose(**whom, request=request, by=by, now=builders.NOW)
    return booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=builders.NOW)


def enter(new_context, live_server, course, **options):
    page = new_context(**options).new_page()
    page.goto(live_server.url + "/accounts/login/")
    page.get_by_label("Email").fill("imogen@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/day/**")
    page.goto(live_server.url + reverse("frontdesk:patient", args=[course.patient.uid]))
    page.get_by_role("link", name="Change this course").click()
    return page


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False, "viewport": {"width": 320, "height": 700}}])
def test_other_hours_are_asked_for_by_keyboard_and_undone(new_context, live_server, course, options):
    page = enter(new_context, live_server, course, **options)

    page.get_by_label("Can come").fill("Mon-Fri 13:00-17:00")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="Fewest changes").focus()
    page.keyboard.press("Enter")

    page.get_by_text("The course is changed.").wait_for()
    assert {row.starts_at.hour >= 13 for row in course.sessions.filter(status="booked")} == {True}
    page.get_by_role("button", name="Undo").press("Enter")
    page.get_by_text("The change is undone.").wait_for()
    assert Course.objects.get(pk=course.pk).request == course.request


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ways_and_sentences_have_no_barrier_and_fit_a_narrow_phone(new_context, live_server, course, scheme):
    narrow = {"width": 320, "height": 700}
    page = enter(new_context, live_server, course, color_scheme=scheme, viewport=narrow)
    found = {}

    for name, typed, seen in (
        ("ways", "26 Nov to 30 Nov", "form#ways"),
        ("error", "someday", "[aria-invalid=true]"),
        ("no way", "23 Nov 2026 to 1 Nov 2027", "#ways[role=alert]"),
    ):
        page.get_by_label("Dates away").fill(typed)
        page.get_by_role("button", name="See the ways").click()
        page.locator(seen).wait_for()
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found |= {name: (faults_of(page), over)}

    assert found == dict.fromkeys(("ways", "error", "no way"), ([], 0))
