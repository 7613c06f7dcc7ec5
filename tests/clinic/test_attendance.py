"""What becomes of a session on its day."""

from datetime import timedelta

import pytest

from clinic.models import AuditEntry
from clinic.services import booking
from clinic.services.attendance import set_status
from clinic.services.audit import Actor

from .builders import at, make_course, make_session

SOON, LATER = timedelta(seconds=170), timedelta(seconds=181)


@pytest.fixture
def session(clinic, chairs, technicians, protocol, margaret):
    return make_session(make_course(margaret, protocol), chairs[0], technicians[0], at("2026-11-20", "08:30"))


@pytest.fixture
def note(session, imogen, now):
    def note_status(status, moment=now, **options):
        return set_status(session=session, status=status, by=Actor.of_user(imogen), now=moment, **options)

    return note_status


def test_a_patient_arrives_sits_down_and_is_done(note, now):
    assert [note(status).status for status in ("arrived", "checked-in", "fulfilled")] == [
        "arrived",
        "checked-in",
        "fulfilled",
    ]
    assert AuditEntry.objects.filter(action="attendance noted").count() == 3


@pytest.mark.parametrize("status", ["cancelled", "noshow"])
def test_who_does_not_come_frees_the_chair(note, session, status):
    note(status)

    assert not session.occupancy.exists()


def test_who_is_in_the_chair_keeps_it(note, session):
    before = session.occupancy.count()

    note("checked-in")

    assert session.occupancy.count() == before


def test_a_step_is_taken_back_just_after(note, now):
    note("arrived")

    assert note("booked", now + SOON).status == "booked"


def test_a_step_is_not_taken_back_later(note, now):
    note("arrived")

    with pytest.raises(booking.NotPossible, match="cannot become booked"):
        note("booked", now + LATER)


def test_two_steps_are_not_taken_back(note):
    note("arrived")
    note("checked-in")

    with pytest.raises(booking.NotPossible):
        note("booked")


def test_a_missed_session_that_was_there_after_all_takes_its_chair_again(note, session, now):
    before = session.occupancy.count()
    note("noshow")

    note("booked", now + SOON)

    assert session.occupancy.count() == before


def test_a_chair_that_was_given_away_cannot_be_taken_back(note, session, chairs, technicians, protocol, pia, now):
    note("cancelled")
    make_session(make_course(pia, protocol), chairs[0], technicians[1], session.starts_at)

    with pytest.raises(booking.SessionDoesNotFit):
        note("booked", now + SOON)
    session.refresh_from_db()
    assert session.status == "cancelled"


@pytest.mark.parametrize("status", ["fulfilled", "proposed", "nonsense", ""])
def test_a_step_that_makes_no_sense_is_refused_in_a_sentence(note, status):
    with pytest.raises(booking.NotPossible, match="Reload the page"):
        note(status)


def test_the_same_status_again_changes_nothing(note):
    assert note("arrived").version == note("arrived").version
    assert AuditEntry.objects.count() == 1


def test_a_session_that_changed_since_it_was_read_is_left_alone(note):
    with pytest.raises(booking.StaleVersion):
        note("arrived", expected_version=7)
