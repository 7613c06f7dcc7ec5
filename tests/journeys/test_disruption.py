"""A chair breaks: the desk says so, calls whom it has to, moves everybody and takes it back."""

import re

import pytest

from clinic.models import Disruption, OutboundMessage, Protocol, Replan, ReplanChange, Session
from clinic.services import booking
from clinic.services.audit import Actor
from clinic.services.disruption.solving import solve
from tests.clinic.builders import NOW, make_patient

from .test_desk_pages import enter, faults_of

pytestmark = pytest.mark.django_db(transaction=True)

MOVE = "Move those that are ticked"


@pytest.fixture(autouse=True)
def three_courses(clinic, monkeypatch):
    """Three people with ten daily sessions from Monday on, and time enough for a plan, however slow the machine."""
    monkeypatch.setitem(solve.__kwdefaults__, "seconds", 20)
    Session.objects.filter(status="booked").delete()
    by, protocol = Actor.of_command("test"), Protocol.objects.get(slug="ten-daily")
    for name in ("Ada", "Bea", "Cleo"):
        request = {"earliest_date": "2026-11-23", "time": "08:30"}
        patient = make_patient(clinic, given_name=name, family_name="Quist")
        offer = booking.propose(patient=patient, protocol=protocol, site=clinic, request=request, by=by, now=NOW)
        booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=NOW)
    OutboundMessage.objects.update(status="sent")


def say_what_happened(page, live_server):
    """Chair 1 is down next Monday: three things to choose or type, and one press; return how many that were."""
    page.goto(live_server.url + "/disruptions/")
    page.get_by_role("link", name="Something happened").click()
    page.get_by_label("What is out of use").select_option(label="Chair 1 is down")
    page.get_by_label("From day").fill("mon 23/11")
    page.get_by_role("button", name="Save it, and show a plan").click()
    page.get_by_text("Before and after").first.wait_for()
    return 4


def wide(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chair_breaks_and_everybody_is_moved_in_five_steps_and_one_a_call(new_context, live_server, clinic, scheme):
    page = enter(new_context, live_server, color_scheme=scheme)
    steps = say_what_happened(page, live_server)
    replan = Replan.objects.get()
    calls = list(replan.changes.values_list("course__uid", flat=True).distinct())[:1]
    ReplanChange.objects.filter(course__uid__in=calls).update(contact="call")
    page.goto(live_server.url + f"/disruptions/{replan.disruption.uid}/calls/")
    faults = {"call list": faults_of(page)}
    for uid in calls:
        page.locator(f"#c-{uid}").get_by_role("button", name="Agreed").click()
        page.locator(f"#c-{uid}").get_by_text("agreed", exact=True).wait_for()
    page.get_by_role("link", name="The plan").click()
    faults["plan"] = faults_of(page)
    assert page.locator("input[name=course]:not(:checked)").count() == 0
    page.get_by_role("button", name=MOVE).click()
    page.get_by_text(re.compile(r"sessions? of \d+ patients? moved")).wait_for()
    faults["moved"] = faults_of(page)
    steps += 1

    assert steps <= 5
    assert {name: found for name, found in faults.items() if found} == {}
    assert Disruption.objects.get().state == "replanned"
    page.get_by_role("button", name="Undo the whole plan").click()
    page.get_by_text("put back where they were").wait_for()
    assert not ReplanChange.objects.filter(state="applied").exists()


@pytest.mark.parametrize("width", [320, 1440])
def test_it_works_without_script_and_nothing_scrolls_sideways(new_context, live_server, clinic, width):
    page = enter(new_context, live_server, java_script_enabled=False, viewport={"width": width, "height": 700})
    page.goto(live_server.url + "/disruptions/new/")
    page.get_by_label("What is out of use").select_option(label="Chair 1 is down")
    page.get_by_label("From day").fill("mon 23/11")
    page.get_by_role("button", name="Save it, and show a plan").click()
    for name in ("Call list", "The plan"):
        page.get_by_role("link", name=name).click()
        assert not wide(page)
    on_chair = Session.objects.filter(starts_at__date="2026-11-23", chair__name="Chair 1")
    assert on_chair.exists()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name=MOVE).click()

    assert page.get_by_text(re.compile(r"sessions? of \d+ patients? moved")).is_visible()
    assert not wide(page)
    assert not on_chair.exists()


def test_the_number_of_things_to_do_stands_in_the_navigation(new_context, live_server, clinic):
    page = enter(new_context, live_server)
    say_what_happened(page, live_server)
    page.goto(live_server.url + "/todo/")
    page.get_by_role("heading", name="Disruptions that are not settled").wait_for()
    page.goto(live_server.url + "/patients/")

    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="To do")
    link.hover()
    link.locator(".count:not([hidden])").wait_for()
    assert int(link.locator(".count").inner_text()) > 0
    assert not wide(page)
