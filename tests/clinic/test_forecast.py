"""The capacity page: how full the clinic is, and how soon a course could begin."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Proposal
from clinic.selectors.loads import load_table

from .builders import (
    NOW,
    at,
    make_course,
    make_course_of_three,
    make_patient,
    make_session,
    make_user,
)
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")
PAGE = "/capacity/"


@pytest.fixture
def quote(protocol):
    """What the desk sends to ask for the earliest start."""
    return {
        "do": "quote",
        "protocol": str(protocol.uid),
        "when": "any",
        "earliest": "Mon 23 Nov 2026",
        "time": "",
        "number": "",
    }


def keys_in(page):
    return re.findall(r'name="starts" value="([^"]+)"', page)


def first_key(desk, quote):
    return keys_in(page_of(desk.post(PAGE, quote)))[0]


def test_the_table_counts_the_minutes_of_all_chairs(clinic, busy):
    table = load_table(clinic, first=NOW.date(), weeks=3, now=NOW)

    eight = dict(table.rows)[8]
    assert [str(week) for week in table.weeks] == ["2026-11-16", "2026-11-23", "2026-11-30"]
    assert [cell.booked for cell in eight] == [0, 3 * 30, 0]
    assert [cell.open for cell in eight] == [5 * 4 * 60] * 3
    assert [cell.percent for cell in eight] == [0, 8, 0]


def test_one_chair_is_fuller_than_all_together(clinic, busy, chairs):
    table = load_table(clinic, first=NOW.date(), weeks=2, now=NOW, chair=chairs[0])

    assert dict(table.rows)[8][1].percent == 30


def test_every_cell_of_the_page_has_its_number(desk, clinic, busy, chairs):
    page = page_of(desk.get(PAGE))
    alone = page_of(desk.get(PAGE, {"chair": str(chairs[0].uid)}))

    assert '<span class="x0">8</span>' in page
    assert '<span class="x2">30</span>' in alone
    assert "Percent of Chair 1 booked" in alone
    assert 'aria-current="page"' in page


def test_a_holiday_leaves_less_open_but_no_hole(clinic):
    table = load_table(clinic, first=at("2026-12-21", "09:00").date(), weeks=1, now=NOW)

    assert dict(table.rows)[9][0].open == 4 * 4 * 60


def test_the_page_costs_the_same_queries_however_full_the_diary_is(desk, clinic, busy, protocol, chairs, technicians):
    desk.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        desk.get(PAGE)
    for number in range(3):
        make_course_of_three(make_patient(clinic), protocol, chairs[number + 1], technicians[number + 1])

    with CaptureQueriesContext(connection) as more:
        desk.get(PAGE)
    assert len(more) == len(few)


def test_the_soonest_start_stands_first_and_nothing_is_held_without_a_patient(desk, clinic, quote):
    page = page_of(desk.post(PAGE, quote | {"time": "830"}))

    assert page.index(">Soonest<") < page.index(">At the wished time<")
    assert "sessions at 08:30" in page[page.index(">At the wished time<") :]
    assert "Mon 23 Nov" in page
    assert "Nothing is held." in page
    assert not keys_in(page)
    assert not Proposal.objects.exists()


def test_a_start_is_held_for_a_patient_with_one_press(desk, clinic, margaret, quote):
    key = first_key(desk, quote | {"number": margaret.number})

    answer = desk.post(PAGE, quote | {"do": "hold", "number": margaret.number, "starts": key}, follow=True)

    (kept,) = Proposal.objects.all()
    assert (kept.patient, kept.is_kept, len(kept.plans)) == (margaret, True, 1)
    assert [s["starts_at"] for s in kept.plans[0]["sessions"] if s["kind"] != "follow-up"] == key.split()
    assert "The times are held until" in page_of(answer)
    assert answer.redirect_chain == [(reverse("frontdesk:patient", args=[margaret.uid]), 302)]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_quote_is_held_as_it_was_shown(desk, clinic, busy, pia, quote, place):
    asked = quote | {"number": pia.number, "time": "830"}
    key = keys_in(page_of(desk.post(PAGE, asked)))[place]

    desk.post(PAGE, asked | {"do": "hold", "starts": key})

    kept = Proposal.objects.get(is_kept=True)
    assert [s["starts_at"] for s in kept.plans[0]["sessions"] if s["kind"] != "follow-up"] == key.split()
    assert not Proposal.objects.filter(is_kept=False, expires_at__gt=NOW).exists()


def test_a_quote_whose_times_are_taken_meanwhile_is_not_held(
    desk, clinic, margaret, protocol, pia, quote, chairs, technicians
):
    asked = quote | {"number": pia.number}
    key = first_key(desk, asked)
    course = make_course(margaret, protocol)
    for chair, technician in zip(chairs, technicians, strict=False):
        patient = make_patient(clinic)
        make_session(course, chair, technician, at("2026-11-23", key[11:16]), minutes=60, patient=patient)

    answer = desk.post(PAGE, asked | {"do": "hold", "starts": key})

    assert answer.status_code == 409
    assert "nothing is held" in page_of(answer)
    assert not Proposal.objects.filter(expires_at__gt=NOW).exists()


@pytest.mark.parametrize("starts", ["", "yesterday", "2026-11-23T09:00:00+00:00", "2026-11-23T09:00:00+00:00 " * 500])
def test_starts_that_were_never_quoted_hold_nothing_wrong(desk, clinic, margaret, quote, starts):
    answer = desk.post(PAGE, quote | {"do": "hold", "number": margaret.number, "starts": starts})

    assert answer.status_code == 409
    assert not Proposal.objects.filter(is_kept=True).exists()


def test_nobody_can_come_after_the_clinic_has_closed(desk, clinic, quote):
    clinic.hours = "Mon-Fri 08:00-12:00"
    clinic.save()

    answer = desk.post(PAGE, quote | {"when": "late"})

    assert answer.status_code == 422
    assert "The clinic is not open then." in page_of(answer)


def test_a_course_that_fits_nowhere_says_why(desk, clinic, chairs, quote):
    for chair in chairs:
        chair.is_active = False
        chair.save()

    page = page_of(desk.post(PAGE, quote))

    assert "No start is possible like this." in page
    assert page.count('<div class="note">') >= 1


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"protocol": "x"}, "Choose one of the list."),
        ({"earliest": "soon"}, "Cannot read"),
        ({"earliest": "1 Nov 2026"}, "The earliest date has passed."),
        ({"time": "25"}, "Cannot read"),
        ({"number": "nobody"}, "No patient of this clinic has this number."),
    ],
)
def test_what_cannot_be_read_stays_with_a_sentence_beside_it(desk, clinic, quote, wrong, sentence):
    answer = desk.post(PAGE, quote | wrong)

    assert answer.status_code == 422
    assert sentence in page_of(answer)


def test_a_hold_needs_a_patient(desk, clinic, quote):
    answer = desk.post(PAGE, quote | {"do": "hold"})

    assert answer.status_code == 422
    assert "Give the number of the patient" in page_of(answer)


def test_paul_finds_neither_the_clinic_nor_the_patient(other_desk, site, margaret, quote):
    assert other_desk.get(PAGE, {"site": str(site.uid)}).status_code == 404
    answer = other_desk.post(PAGE, quote | {"do": "hold", "number": margaret.number})

    assert answer.status_code == 422
    assert "OKONJO" not in page_of(answer)
    assert not Proposal.objects.exists()


def test_a_chair_of_another_clinic_does_not_exist(other_desk, chairs):
    assert other_desk.get(PAGE, {"chair": str(chairs[0].uid)}).status_code == 404


def test_a_technician_sees_the_load_but_holds_nothing(client, clinic, margaret, quote):
    client.force_login(make_user(clinic, role="technician"))

    assert client.get(PAGE).status_code == 200
    answer = client.post(PAGE, quote | {"do": "hold", "number": margaret.number, "starts": ""})
    assert answer.status_code == 403
    assert not Proposal.objects.exists()
