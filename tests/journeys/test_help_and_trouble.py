"""Help is a key away, and a page that cannot reach the clinic says so and keeps what was typed."""

import pytest

from clinic.models import Patient

from .test_desk_pages import enter, faults_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(new_context, live_server, clinic):
    return enter(new_context, live_server)


def open_keys(page):
    page.keyboard.press("?")
    page.locator("#keys[open] h2").wait_for()


def test_a_question_mark_shows_the_keys_over_the_page_and_escape_gives_it_back(page, live_server):
    page.goto(f"{live_server.url}/waiting/")
    before = page.url

    open_keys(page)
    assert faults_of(page) == []
    page.keyboard.press("Escape")

    assert page.locator("#keys").is_hidden()
    assert page.url == before
    open_keys(page)


def test_whoever_switched_single_keys_off_gets_the_help_by_its_link(page, live_server, clinic):
    page.goto(f"{live_server.url}/keys/")
    page.get_by_label("Use single keys").uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Single keys do nothing").wait_for()
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.locator("#keys").count() == 0

    page.get_by_role("link", name="Help with this page").click()

    page.get_by_text("Single keys are switched off for you").wait_for()


def test_the_help_opens_at_the_page_that_it_was_asked_from(page, live_server):
    page.goto(f"{live_server.url}/waiting/")
    page.get_by_role("link", name="Help with this page").click()

    page.wait_for_url("**/help/#waiting")
    assert page.locator("#waiting h2").is_visible()


def test_without_a_connection_a_form_stays_with_what_was_typed(page, live_server):
    page.goto(f"{live_server.url}/patients/new/")
    page.get_by_label("Family name").fill("Farrokh")
    page.context.set_offline(True)

    page.get_by_role("button", name="Register").click()

    assert "There is no connection" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Family name").input_value() == "Farrokh"

    page.context.set_offline(False)
    page.locator("#trouble").wait_for(state="hidden")
    page.get_by_role("button", name="Register").click()
    page.get_by_text("Please give the given name").wait_for()


def test_a_part_of_a_page_that_breaks_says_so_and_leaves_the_rest(page, live_server):
    margaret = Patient.objects.get(family_name="Okonjo")
    page.goto(f"{live_server.url}/patients/{margaret.uid}/book/")
    page.locator(".plan").first.wait_for()
    page.route("**/book/", lambda route: route.fulfill(status=500, body="<!doctype html><html>broken</html>"))

    page.locator('[name="time"]').fill("10:00")
    page.locator('[name="time"]').press("Tab")

    page.get_by_text("That did not work, and nothing was changed").wait_for()
    assert page.locator(".plan").first.is_visible()
    assert page.locator('[name="time"]').input_value() == "10:00"


def test_a_double_click_sends_a_form_once(page, live_server):
    page.goto(f"{live_server.url}/patients/new/")
    sent = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)

    page.evaluate("""() => {
        const form = document.querySelector('main form');
        form.requestSubmit();
        form.requestSubmit();
    }""")
    page.get_by_text("Please give the family name").wait_for()

    assert len(sent) == 1
