"""Imogen finds people and pages by keyboard from anywhere, with a wrong letter, on a phone, and without script."""

import re

import pytest

from clinic.models import Patient

from .test_desk_pages import enter, faults_of

pytestmark = pytest.mark.django_db(transaction=True)


def suggestions(page):
    page.locator("#found:not([hidden]) > *").first.wait_for()
    return page.locator("#found [role=option]")


def test_a_patient_is_found_with_a_wrong_letter_and_opened_with_the_arrow_keys(new_context, live_server, clinic):
    page = enter(new_context, live_server)
    margaret = Patient.objects.get(family_name="Okonjo")

    page.keyboard.press("/")
    page.keyboard.type("okunjo")
    suggestions(page).first.wait_for()
    assert page.get_by_role("combobox").get_attribute("aria-expanded") == "true"
    assert "similar names" in page.locator("#found").inner_text()
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("combobox").get_attribute("aria-activedescendant")
    assert "OKONJO" in page.locator(f"#{chosen}").inner_text()
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/patients/{margaret.uid}/")


def test_a_command_opens_its_page_from_anywhere(new_context, live_server, clinic):
    page = enter(new_context, live_server)
    page.goto(f"{live_server.url}/capacity/")

    page.keyboard.press("/")
    page.keyboard.type("day 3 dec")
    page.keyboard.press("Enter")

    page.wait_for_url("**/day/2026-12-03/")


def test_escape_closes_the_list_and_keeps_what_was_typed(new_context, live_server, clinic):
    page = enter(new_context, live_server)
    page.keyboard.press("/")
    page.keyboard.type("okon")
    suggestions(page).first.wait_for()

    page.keyboard.press("Escape")

    assert page.locator("#found").is_hidden()
    assert page.get_by_role("combobox").input_value() == "okon"


def test_nothing_found_says_so_and_enter_shows_what_can_be_typed(new_context, live_server, clinic):
    page = enter(new_context, live_server)
    page.keyboard.press("/")
    page.keyboard.type("xylophon")
    page.locator("#found:not([hidden])").wait_for()
    assert "Nobody and nothing matches" in page.locator("#found").inner_text()

    page.keyboard.press("Enter")

    page.get_by_text("Nobody matches").wait_for()


def test_without_script_the_field_is_a_form(new_context, live_server, clinic):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Email").fill("imogen@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_label("Password").press("Enter")

    page.locator("#find").fill("okunjo")
    page.locator("#find").press("Enter")
    page.get_by_role("link", name=re.compile("OKONJO")).click()

    assert "OKONJO, Margaret" in page.locator("h1").inner_text()


def test_the_page_does_not_break_when_the_network_is_gone(new_context, live_server, clinic):
    page = enter(new_context, live_server)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.context.set_offline(True)

    with page.expect_event("requestfailed"):
        page.keyboard.press("/")
        page.keyboard.type("okon")

    assert page.locator("#found").is_hidden()
    assert complaints == []


@pytest.mark.parametrize("scheme, width", [("light", 1440), ("dark", 1440), ("light", 320)])
def test_the_list_has_no_barrier_and_fits(new_context, live_server, clinic, scheme, width):
    page = enter(new_context, live_server, color_scheme=scheme, viewport={"width": width, "height": 700})
    page.locator("#find").fill("okon")
    suggestions(page).first.wait_for()
    page.keyboard.press("ArrowDown")

    assert faults_of(page) == []
    box = page.locator("#found").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
