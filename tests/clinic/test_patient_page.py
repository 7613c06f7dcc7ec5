"""The page of one patient: what is to come, what was before, what was told, and who changed what."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import OutboundMessage, Referral
from clinic.services import booking, patients
from clinic.services.audit import Actor

from .builders import NOW, at, make_course, make_course_of_three, make_session
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def look(desk, margaret):
    def show():
        return page_of(desk.get(reverse("frontdesk:patient", args=[margaret.uid])))

    return show


@pytest.fixture
def finished(margaret, protocol, chairs, technicians):
    """A course of two years ago: two sessions done, one missed, and its follow-up still to come."""
    course = make_course(margaret, protocol, status="completed", booked_at=NOW - timedelta(days=700))
    for day, status in (("2024-11-18", "fulfilled"), ("2024-11-19", "noshow"), ("2024-11-20", "fulfilled")):
        make_session(course, chairs[0], technicians[0], at(day, "09:00"), status=status)
    make_session(course, chairs[0], technicians[0], at("2026-12-01", "10:00"), kind="follow-up")
    return course


def test_past_courses_are_told_in_a_line_and_lead_to_their_sessions(look, finished):
    page = look()

    assert "Past courses" in page
    assert "18 Nov 2024 to 20 Nov 2024; 2 of 3 sessions done, 1 missed" in page
    assert reverse("frontdesk:booked", args=[finished.uid]) in page
    assert "No course at present." in page


def test_a_follow_up_of_a_past_course_is_still_to_come(look, finished):
    page = look()

    assert "Follow-ups to come" in page
    assert "Tue 1 Dec 2026, 10:00" in page


def test_a_follow_up_without_a_date_is_to_be_settled(look, margaret, protocol, chairs, technicians):
    course = make_course(margaret, protocol, request={"earliest_date": "2026-10-12"})
    for number in range(10):
        start = at("2026-10-12", "08:00") + timedelta(days=number // 5 * 7 + number % 5)
        make_session(course, chairs[0], technicians[0], start, status="fulfilled")

    assert "has no date. Agree on one with the patient." in look()


def test_the_waiting_list_is_on_the_page(look, margaret, protocol):
    Referral.objects.create(
        patient=margaret, protocol=protocol, site=margaret.site, request={}, priority=4, created_at=NOW, updated_at=NOW
    )

    page = look()

    assert "since 20 Nov 2026, urgent, authorisation not needed" in page
    assert ">waiting<" in page


@pytest.mark.parametrize("status, words", [("sent", "Sent"), ("failed", "Not delivered"), ("due", "Waiting until")])
def test_what_became_of_each_message_is_told_without_its_text(look, margaret, status, words):
    OutboundMessage.objects.create(
        key="one", patient=margaret, channel="email", template="moved", status=status, due_at=NOW, data={"to": "secret"}
    )

    page = look()

    assert "<b>Moved</b>, e-mail" in page
    assert words in page
    assert "secret" not in page


def test_the_history_says_who_changed_which_details_and_where_a_session_was_moved(
    look, margaret, clinic, protocol, chairs, technicians, imogen
):
    by = Actor.of_user(imogen)
    patients.update(patient=margaret, by=by, now=NOW, phone="0117 496 0199", family_name="Okonjo-Bell")
    course = make_course_of_three(margaret, protocol, chairs[0], technicians[0])
    session = course.sessions.order_by("starts_at").last()
    booking.move_session(session=session, start=at("2026-11-25", "10:00"), by=by, now=NOW)

    page = look()

    assert "changed: family name, phone<small>Imogen Vale" in page
    assert "session 3; Wed 25 Nov 08:30 → Wed 25 Nov 10:00<small>Imogen Vale" in page


def test_the_page_costs_the_same_however_long_the_past_is(
    desk, margaret, finished, protocol, chairs, technicians, django_assert_num_queries
):
    address = reverse("frontdesk:patient", args=[margaret.uid])
    before = count_of(desk, address)
    for year in range(2015, 2024):
        course = make_course(margaret, protocol, status="completed")
        make_session(course, chairs[1], technicians[1], at(f"{year}-03-02", "09:00"), status="fulfilled")

    with django_assert_num_queries(before):
        desk.get(address)


def count_of(desk, address):
    with CaptureQueriesContext(connection) as queries:
        desk.get(address)
    return len(queries)
