"""A page whose worker still searches, in a real browser: it looks again by itself, never under somebody's hands."""

import re

import pytest
from django.db.models import F
from playwright.sync_api import expect

from clinic.models import Admission, Patient, Protocol, User
from clinic.services import waiting_list
from clinic.services.audit import Actor
from tests.clinic.builders import NOW

from .test_desk_pages import enter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(new_context, live_server, clinic):
    """The desk looks at the planned waiting list, on which Margaret is."""
    waiting_list.refer(
        patient=Patient.objects.get(family_name="Okonjo"),
        protocol=Protocol.objects.get(slug="ten-daily"),
        site=clinic,
        request={"earliest_date": "2026-11-23"},
        by=Actor.of_command("test"),
        now=NOW,
    )
    page = enter(new_context, live_server)
    page.goto(live_server.url + "/waiting/")
    page.get_by_role("button", name="Plan them all").click()
    page.wait_for_url("**/admissions/**")
    return page


def improve():
    """Do what a worker does that finds something better."""
    Admission.objects.update(revision=F("revision") + 1, searched_seconds=10, is_proven=True)


def test_the_page_shows_how_far_the_search_is_and_keeps_what_is_typed(page):
    page.locator("#find").fill("okon")
    Admission.objects.update(searched_seconds=7)

    expect(page.locator("#searched")).to_contain_text("7 of 30 seconds")

    assert page.evaluate("document.activeElement.id") == "find"
    assert page.locator("#find").input_value() == "okon"


def test_a_better_plan_takes_the_place_of_the_first_by_itself(page):
    improve()

    expect(page.locator("#plan")).to_contain_text("It is proven that no plan serves more.")

    assert page.locator("#plan [name=revision]").input_value() == "2"
    page.get_by_role("button", name="Hold these times for a day").click()
    expect(page.locator("main")).to_contain_text("Times are held until")


def test_a_plan_that_somebody_has_in_hand_stays_until_they_ask_for_the_better_one(page):
    page.get_by_role("button", name="Hold these times for a day").focus()
    improve()

    expect(page.get_by_role("link", name="Show it")).to_be_visible()
    assert page.locator("#plan [name=revision]").input_value() == "1"
    assert page.evaluate("document.activeElement.textContent").strip() == "Hold these times for a day"

    page.get_by_role("link", name="Show it").click()
    expect(page.locator("#plan [name=revision]")).to_have_value("2")


def test_the_search_is_stopped_by_the_keyboard(page):
    page.get_by_role("button", name="Stop looking").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#searched")).to_have_text(re.compile(r"^\s*$"))
    assert Admission.objects.get().search_seconds == 0


def test_a_search_that_ends_says_so_and_takes_its_buttons_away(page):
    Admission.objects.update(search_seconds=0)

    expect(page.locator("#searched")).to_contain_text("The search is over.")
    expect(page.get_by_role("button", name="Stop looking")).to_have_count(0)


def test_the_page_works_without_script(page, new_context, live_server):
    plain = enter(new_context, live_server, java_script_enabled=False)
    plain.goto(page.url)
    improve()

    plain.get_by_role("link", name="Look again").click()

    expect(plain.locator("#plan")).to_contain_text("It is proven that no plan serves more.")


def test_a_single_key_does_nothing_for_whoever_switched_it_off(page, live_server):
    page.goto(live_server.url + "/patients/")
    page.locator("h1").click()
    User.objects.update(has_shortcuts=False)
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()

    page.reload()
    page.locator("h1").click()
    page.keyboard.press("/")

    expect(page.locator("#find")).not_to_be_focused()


def test_the_confirming_buttons_leave_two_thirds_of_a_small_phone_free(new_context, live_server, clinic):
    small = enter(new_context, live_server, viewport={"width": 320, "height": 640})
    small.goto(f"{live_server.url}/patients/{Patient.objects.get(family_name='Okonjo').uid}/book/")
    small.locator(".dock p").wait_for()

    covered = 640 - small.locator(".dock").bounding_box()["y"]

    assert covered < 640 / 3
