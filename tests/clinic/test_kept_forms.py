"""A sign-in that ends in the middle of a form costs nobody what was typed."""

from datetime import timedelta
from html import unescape
from re import findall

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from clinic.models import Patient

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-and-quiet-harbour"
NEW_PATIENT = {"given_name": "Zoë", "family_name": "Müller & Söhne", "date_of_birth": "1980-02-29"}


@pytest.fixture
def register():
    return reverse("frontdesk:register")


@pytest.fixture
def sign_in(imogen, paul):
    for user in (imogen, paul):
        user.set_password(PASSWORD)
        user.save()

    def enter(browser, user=imogen, after="/"):
        data = {"login": user.email, "password": PASSWORD}
        return browser.post(reverse("account_login") + f"?next={after}", data, follow=True)

    return enter


@pytest.fixture
def interrupted(client, sign_in, register):
    """A browser in which Imogen's sign-in ended while she registered somebody."""
    sign_in(client)
    Session.objects.all().delete()
    answer = client.post(register, NEW_PATIENT, follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
    return client


def fields(page):
    return dict(map(unescape, pair) for pair in findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_after_signing_in_again_the_form_is_offered_and_can_be_sent(interrupted, sign_in, register):
    page = sign_in(interrupted, after=reverse("frontdesk:send-again")).content.decode()
    assert fields(page).items() >= NEW_PATIENT.items()
    assert f'action="{register}"' in page
    assert not Patient.objects.filter(given_name="Zoë")


def test_the_form_is_offered_once(interrupted, sign_in):
    sign_in(interrupted, after=reverse("frontdesk:send-again"))
    assert interrupted.get(reverse("frontdesk:send-again"))["Location"] == reverse("frontdesk:today")


def test_somebody_else_who_signs_in_does_not_see_what_was_typed(interrupted, sign_in, paul):
    page = sign_in(interrupted, user=paul, after=reverse("frontdesk:send-again"))
    assert "Zoë" not in page.content.decode()


def test_a_stranger_can_leave_nothing_behind(client, site, register):
    client.post(register, NEW_PATIENT)
    assert not Session.objects.exists()


def test_a_form_of_yesterday_is_thrown_away(interrupted, sign_in, monkeypatch):
    monkeypatch.setattr("clinic.frontdesk.kept_forms.KEPT_FOR", timedelta(0))
    page = sign_in(interrupted, after=reverse("frontdesk:send-again"))
    assert "Zoë" not in page.content.decode()


@pytest.mark.parametrize(("sent_from", "is_kept"), [("same-origin", True), ("cross-site", False), ("same-site", False)])
def test_a_page_from_before_the_new_sign_in_keeps_its_form_unless_another_host_sent_it(
    sign_in, register, sent_from, is_kept
):
    browser = Client(enforce_csrf_checks=True)
    browser.get(reverse("account_login"))
    token = browser.cookies["csrftoken"].value
    data = {"login": "imogen@example.org", "password": PASSWORD, "csrfmiddlewaretoken": token}
    browser.post(reverse("account_login"), data)
    old = {**NEW_PATIENT, "csrfmiddlewaretoken": "x" * 64}
    answer = browser.post(register, old, headers={"Sec-Fetch-Site": sent_from}, follow=True)
    assert ("Zoë" in answer.content.decode()) is is_kept
    assert not Patient.objects.filter(given_name="Zoë")
