"""A change is told once, as it is in the end: a session that is off or made up, and all that changed with it."""

from datetime import timedelta

import pytest
from django.core import mail

from clinic.notifications import channels
from clinic.notifications.gsm import MOST_UNITS, units
from clinic.services import attendance, booking, contacts, outbox, repair
from clinic.services.audit import Actor

from .builders import NOW, at
from .lines import FakeLine

pytestmark = pytest.mark.django_db
DESK = Actor.of_command("desk")
HELD, MINUTE = timedelta(minutes=4), timedelta(minutes=1)
EARLIER = NOW - timedelta(minutes=30)


@pytest.fixture
def course(clinic, margaret, protocol):
    """Ten visits on working days from Monday 23 November on at 8:30, and a follow-up, of which the patient was told."""
    request = {"earliest_date": "2026-11-23", "time": "08:30"}
    proposal = booking.propose(patient=margaret, protocol=protocol, site=clinic, request=request, by=DESK, now=EARLIER)
    course = booking.book(proposal=proposal, plan_kind="steadiest", by=DESK, now=EARLIER)
    assert outbox.deliver_due(EARLIER + HELD) == 1
    mail.outbox.clear()
    return course


def note(course, number, status, now=NOW):
    attendance.set_status(session=course.sessions.get(number=number), status=status, by=DESK, now=now)


def letters(now=NOW + timedelta(hours=1)):
    outbox.deliver_due(now)
    told = [letter.body for letter in mail.outbox]
    mail.outbox.clear()
    return told


def test_a_patient_whose_session_is_cancelled_does_not_come_for_nothing(course):
    note(course, 1, "cancelled")

    assert outbox.deliver_due(NOW + timedelta(minutes=3)) == 0  # it can still be taken back
    (body,) = letters()
    assert "has cancelled 1 appointment. Please do not come then:\n\nMonday 23 November 2026, 8:30am" in body
    assert letters(NOW + timedelta(hours=2)) == []


def test_a_cancellation_that_is_taken_back_is_not_told(course):
    note(course, 1, "cancelled")
    note(course, 1, "booked", NOW + MINUTE)

    assert letters() == []


def test_a_cancellation_belongs_to_the_transaction_that_cancels(course, monkeypatch):
    monkeypatch.setattr(attendance.audit, "record", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        note(course, 1, "cancelled")

    assert letters() == []


def test_several_that_are_cancelled_at_once_are_one_message_and_a_move_beside_them_is_told_in_it(course):
    for number in (2, 3):
        note(course, number, "cancelled")
    (body,) = letters()
    assert "Tuesday 24 November 2026, 8:30am\nWednesday 25 November 2026, 8:30am" in body

    note(course, 4, "cancelled")
    session = course.sessions.select_related("site", "course__protocol", "patient").get(number=5)
    booking.move_session(session=session, start=at("2026-11-27", "14:00"), by=DESK, now=NOW + MINUTE)
    (body,) = letters()
    assert "Cancelled: Thursday 26 November 2026, 8:30am" in body
    assert "Until now: Friday 27 November 2026, 8:30am\nFrom now on: Friday 27 November 2026, 2:00pm" in body
    assert "To come: 8 appointments. The next one: Monday 23 November 2026, 8:30am" in body


def test_a_session_that_is_made_up_at_once_is_told_with_the_place_that_it_has_instead(course):
    note(course, 4, "cancelled")
    make_up(course, 4, NOW + MINUTE)

    (body,) = letters()
    assert "Until now: Thursday 26 November 2026, 8:30am\nFrom now on: Monday 7 December 2026, 8:30am" in body


def test_a_make_up_that_is_undone_leaves_the_cancellation_to_be_told(course):
    note(course, 4, "cancelled")
    repair.undo(repair=make_up(course, 4, NOW + MINUTE), by=DESK, now=NOW + 2 * MINUTE)

    (body,) = letters()
    assert "Please do not come then:\n\nThursday 26 November 2026, 8:30am" in body


def make_up(course, number, now):
    session = course.sessions.get(number=number)
    way = min(repair.make_up_ways(session=session, now=now), key=lambda way: len(way.changes))
    return repair.make_up(session=session, key=way.key, by=DESK, now=now)


def test_each_change_is_told_once_by_its_own_message_and_the_week_says_only_what_is_there(course):
    wednesday = at("2026-11-25", "10:00")
    rows = course.sessions.select_related("site", "course__protocol", "patient")
    start = at("2026-11-30", "14:00")
    booking.move_session(session=rows.get(number=6), start=start, by=DESK, now=wednesday)
    for number in (7, 8):
        note(course, number, "cancelled", wednesday)
    make_up(course, 8, wednesday)

    said = []
    for moment in (wednesday + HELD, at("2026-11-26", "16:00"), at("2026-11-27", "16:00"), at("2026-11-27", "17:00")):
        outbox.plan_due_reminders(moment)
        said += letters(moment)

    old = ["Monday 30 November 2026, 8:30am", "Tuesday 1 December 2026, 8:30am", "Wednesday 2 December 2026, 8:30am"]
    told = [body for body in said if any(day in body for day in old)]
    (week,) = [body for body in said if "in the coming week" in body]
    assert len(told) == 1
    assert all(told[0].count(day) == 1 for day in old)
    assert "Monday 30 November 2026, 2:00pm\n" in told[0]
    assert "\n\nMonday 30 November 2026, 2:00pm\nThursday 3 December 2026, 8:30am\nFriday 4 December" in week


@pytest.mark.parametrize("what", ["missed", "begun", "is here", "wants no messages"])
def test_nothing_is_told_that_the_patient_knows_or_that_is_over(course, margaret, what):
    begun = at("2026-11-23", "08:31")
    if what == "missed":
        note(course, 1, "noshow", begun)
    elif what == "begun":
        note(course, 1, "cancelled", begun)
    elif what == "is here":
        note(course, 1, "arrived", begun - 2 * MINUTE)
        note(course, 1, "cancelled", begun - MINUTE)
    else:
        margaret.channel = "none"
        margaret.save()
        note(course, 1, "cancelled")

    assert letters(begun + HELD) == []


def test_a_cancellation_shortly_before_the_visit_is_told_at_night_and_too_late_is_not(course):
    night = at("2026-11-23", "06:10")
    note(course, 1, "cancelled", night)
    assert len(letters(night + HELD)) == 1

    note(course, 2, "cancelled", at("2026-11-24", "08:28"))
    assert letters(at("2026-11-24", "08:32")) == []


def test_a_cancelled_session_is_told_in_a_text_message_in_the_patient_s_language(course, monkeypatch):
    patient, said = course.patient, []
    patient.channel, patient.phone = "sms", "+441174960000"
    patient.save()
    monkeypatch.setitem(channels.LINES, "sms", lambda: FakeLine(lambda letter: said.append(letter.text) or "SM1"))
    for numbers, language in (((2,), "en"), ((3,), "es"), ((4, 5, 6), "en"), ((1, 7, 8, 9, 10, 11), "en")):
        contacts.choose(patient=patient, channel="sms", language=language, timezone="", by=DESK, now=NOW)
        for number in numbers:
            note(course, number, "cancelled")
        letters()

    assert all(units(text) <= MOST_UNITS for text in said)
    assert [text.split(".")[0] for text in said] == [
        "The Harbour Rooms: cancelled: Tue 24 Nov 8:30am",
        "The Harbour Rooms: anulado: mié 25 nov 8:30",
        "The Harbour Rooms: your appointments have changed",
        "The Harbour Rooms: your 6 appointments from Mon 23 Nov 8:30am on: cancelled",
    ]
    assert "Next: Mon 23 Nov 8:30am." in said[2]
