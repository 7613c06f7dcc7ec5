"""Single keys as shortcuts, which everybody may switch off."""

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEntry

from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")


def switch(browser, **data):
    return browser.post(reverse("frontdesk:shortcuts"), data, follow=True)


def test_single_keys_are_switched_off_and_on_by_each_person(desk, imogen, paul, other_desk):
    assert 'aria-keyshortcuts="/"' in page_of(desk.get("/patients/"))

    assert "Single keys do nothing" in page_of(switch(desk))

    page = page_of(desk.get("/patients/"))
    assert "data-no-keys" in page
    assert 'aria-keyshortcuts="/"' not in page
    assert "data-no-keys" not in page_of(other_desk.get("/patients/"))
    assert AuditEntry.objects.filter(action="shortcuts switched", actor="Imogen Vale").exists()
    switch(desk, wanted="1")
    assert "data-no-keys" not in page_of(desk.get("/patients/"))


def test_switching_off_what_is_off_writes_nothing_more(desk):
    switch(desk)
    switch(desk)

    assert AuditEntry.objects.filter(action="shortcuts switched").count() == 1


def test_who_is_not_signed_in_has_no_keys_to_switch(db):
    assert "/accounts/login/" in Client().get(reverse("frontdesk:shortcuts"))["Location"]
