"""What the desk does most takes few steps, and a sign-in that ends costs nobody what was typed."""

import pytest
from django.contrib.sessions.models import Session as SignIn
from playwright.sync_api import expect

from clinic.models import Patient, Proposal, Protocol
from clinic.services import waiting_list
from clinic.services.audit import Actor
from tests.clinic.builders import NOW

from .test_desk_pages import enter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(clinic):
    """Margaret waits for ten daily sessions and can come at any time."""
    margaret, protocol = Patient.objects.get(family_name="Okonjo"), Protocol.objects.get(slug="ten-daily")
    request = {"earliest_date": "2026-11-23"}
    return waiting_list.refer(
        patient=margaret, protocol=protocol, site=clinic, request=request, by=Actor.of_command("test"), now=NOW
    )


def test_a_gap_is_filled_in_two_steps(new_context, live_server, waiting):
    page = enter(new_context, live_server)
    page.goto(live_server.url + "/day/2026-11-24/")
    page.locator(".free").first.click()
    page.get_by_role("button", name="Hold a course from then on").first.click()
    page.wait_for_url("**/waiting/**")

    assert Proposal.objects.get().patient == waiting.patient


def test_an_earliest_start_is_quoted_in_two_steps(new_context, live_server, clinic):
    page = enter(new_context, live_server)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Capacity").click()
    page.get_by_role("button", name="Find starts").click()

    expect(page.get_by_text("Soonest")).to_be_visible()


@pytest.mark.parametrize("has_script", [True, False])
def test_who_has_to_sign_in_anew_sends_the_form_again_by_keyboard(new_context, live_server, clinic, has_script):
    page = enter(new_context, live_server, java_script_enabled=has_script)
    page.goto(live_server.url + "/patients/new/")
    page.get_by_label("Family name").fill("Müller & Söhne")
    page.get_by_label("Given name").fill("Zoë")
    page.get_by_role("textbox", name="Date of birth").fill("29 2 1980")
    SignIn.objects.all().delete()
    page.keyboard.press("Enter")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_label("Email").fill("imogen@example.org")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send it now").press("Enter")
    page.get_by_text("MÜLLER & SÖHNE").first.wait_for()

    assert Patient.objects.get(family_name="Müller & Söhne").given_name == "Zoë"
