"""Offers that somebody comes back to when their first date has passed: they are made anew from today on."""

from datetime import timedelta

import pytest
from django.urls import reverse

from clinic.models import Course
from clinic.services import booking, waiting_list
from clinic.services.audit import Actor

from .builders import NOW
from .pages import chosen, page_of

BY = Actor.of_command("test")
REQUEST = {"earliest_date": "2026-11-23", "time": "08:30"}
A_WEEK_LATER = NOW + timedelta(days=7)


@pytest.fixture
def late(clinic, margaret, protocol):
    """A proposal of Friday for the Monday after."""
    return booking.propose(patient=margaret, protocol=protocol, site=clinic, request=REQUEST, by=BY, now=NOW)


def test_a_proposal_whose_first_date_has_passed_is_made_anew_from_today_on(late):
    with pytest.raises(booking.ProposalOutdated) as lost:
        booking.book(proposal=late, plan_kind="steadiest", by=BY, now=A_WEEK_LATER)

    assert lost.value.fresh.request["earliest_date"] == "2026-11-27"
    assert lost.value.fresh.plans[0]["sessions"]


def test_a_proposal_whose_last_date_has_passed_cannot_be_made_anew_and_says_so(clinic, margaret, protocol):
    request = REQUEST | {"latest_date": "2026-11-26"}
    late = booking.propose(patient=margaret, protocol=protocol, site=clinic, request=request, by=BY, now=NOW)

    with pytest.raises(booking.InvalidRequest, match="latest date comes before"):
        booking.keep(proposal=late, plan_kind="steadiest", by=BY, now=A_WEEK_LATER)


def test_an_offer_accepted_a_week_late_is_an_offer_from_today_on(clinic, margaret, protocol, desk, imogen, clock):
    whom = {"patient": margaret, "protocol": protocol, "site": clinic}
    referral = waiting_list.refer(**whom, request=REQUEST, by=BY, now=NOW)
    waiting_list.offer(site=clinic, by=BY, now=NOW)
    clock[0] = A_WEEK_LATER
    desk.force_login(imogen)

    answer = desk.post(reverse("frontdesk:referral", args=[referral.uid, "accept"]), follow=True)

    assert answer.status_code == 200
    assert not Course.objects.exists()
    referral.refresh_from_db()
    assert referral.proposal.request["earliest_date"] == "2026-11-27"


def test_the_booking_page_left_open_for_a_week_offers_anew_and_then_asks_for_another_first_date(
    ask, asked, desk, imogen, clock
):
    shown = chosen(ask(asked))
    clock[0] = A_WEEK_LATER
    desk.force_login(imogen)

    anew = ask(asked | shown | {"do": "confirm"})
    again = ask(asked | chosen(anew) | {"do": "confirm"})

    assert anew.status_code == again.status_code == 409
    assert "The earliest date has passed. Choose today or later." in page_of(again)
    assert not Course.objects.exists()
