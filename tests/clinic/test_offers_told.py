"""Somebody for whom times are held is asked to call, without a word about why."""

from datetime import timedelta

import pytest
from django.core import mail

from clinic.models import OutboundMessage, PatientLink
from clinic.services import letters, outbox, waiting_list

from .test_letters import TREATMENT_WORDS

HELD = timedelta(seconds=185)


@pytest.fixture
def offer(clinic, margaret, protocol, by, now):
    """Margaret waits, and times are held for her."""
    request = {"earliest_date": "2026-11-23"}
    waits = waiting_list.refer(patient=margaret, protocol=protocol, site=clinic, request=request, by=by, now=now)
    waiting_list.offer(site=clinic, by=by, now=now)
    return waits


def test_an_offer_says_until_when_and_whom_to_call_and_nothing_else(offer, now):
    outbox.deliver_due(now + HELD)

    (letter,) = mail.outbox
    assert "9:00am" in letter.body
    assert "0117 496 0123" in letter.body
    assert "http" not in letter.body
    assert not TREATMENT_WORDS.search(letter.subject + letter.body)
    assert not PatientLink.objects.exists()


def test_an_offer_fits_into_a_text_message(offer, now):
    message = OutboundMessage.objects.get(template="offered")

    text = letters.letter_of(message, letters.facts_of(message, now), "sms", lambda: "secret", now).text

    assert "0117 496 0123" in text
    assert len(text) <= 160
    assert not TREATMENT_WORDS.search(text)


def test_an_offer_speaks_for_the_clinic_that_makes_it(offer, other_site, now):
    offer.patient.site = other_site
    offer.patient.save(update_fields=["site"])

    outbox.deliver_due(now + HELD)

    assert "The Harbour Rooms" in mail.outbox[0].body


def test_an_offer_that_has_run_out_is_not_told(offer, now):
    outbox.deliver_due(now + timedelta(hours=25))

    assert mail.outbox == []
