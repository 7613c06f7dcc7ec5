"""The desk looks how full the clinic is, finds an earliest start, holds it, and asks what one more chair brings."""

import pytest

from clinic.models import Proposal

from .test_desk_pages import enter, faults_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_start_is_found_held_and_compared_without_a_barrier(new_context, live_server, clinic, scheme):
    page = enter(new_context, live_server, color_scheme=scheme)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Capacity").click()
    faults = {"load": faults_of(page)}
    page.get_by_label("New courses a week").fill("1")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("row", name="Overloaded weeks").wait_for()
    faults["what if"] = faults_of(page)
    page.get_by_role("main").get_by_role("link", name="Capacity").click()
    page.get_by_label("Protocol").select_option(label="Ten daily sessions")
    page.get_by_label("Patient's number").fill("4118")
    page.get_by_role("button", name="Find starts").click()
    page.get_by_text("Soonest").wait_for()
    faults["starts"] = faults_of(page)
    page.get_by_role("button", name="Hold for Margaret").first.click()
    page.get_by_text("The times are held until").wait_for()

    assert {name: found for name, found in faults.items() if found} == {}
    assert Proposal.objects.get().is_kept


@pytest.mark.parametrize("width", [320, 1440])
def test_the_answers_do_not_scroll_sideways(new_context, live_server, clinic, width):
    page = enter(new_context, live_server, viewport={"width": width, "height": 700})
    page.goto(live_server.url + "/capacity/")
    page.get_by_label("Protocol").select_option(label="Ten daily sessions")
    page.get_by_label("Patient's number").fill("4118")
    page.get_by_role("button", name="Find starts").click()
    page.get_by_text("Soonest").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
