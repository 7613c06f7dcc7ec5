"""A clinic comes with its booked sessions: each is held to the rules of a booking, and all are written or none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Absence, AuditEntry, Course, Occupancy, Session
from clinic.services import booking, imports, session_imports
from clinic.services.audit import Actor
from clinic.services.spreadsheets import read_table

from .builders import at, make_chair, make_course, make_patient, make_session

BY = Actor.of_command("test")


@pytest.fixture
def sessions_of(clinic, protocol, margaret, pia, now):
    """Import rows of sessions as they are known on the day of the tests."""

    def run(text: str, keep: bool = True) -> session_imports.Outcome:
        table = "patient,protocol,date,time,chair,technician,status\n" + text
        rows = read_table(
            table.encode(), needed=session_imports.SESSION_COLUMNS, optional=session_imports.SESSION_OPTIONS
        )
        return session_imports.import_sessions(rows, site=clinic, by=BY, now=now, keep=keep)

    return run


TWO = "10042,ten-daily,2026-11-24,09:00,Chair 1,Ana Reyes,\n10042,ten-daily,2026-11-23,09:00,chair 1,,\n"


def test_sessions_are_taken_over_with_their_cells_and_once(sessions_of, margaret):
    outcome = sessions_of("10042,ten-daily,2026-11-19,09:00,Chair 1,,\n" + TWO)

    assert (outcome.added, outcome.known, outcome.bad, outcome.is_written) == (3, 0, (), True)
    first, second, third = Session.objects.order_by("number")
    assert [row.status for row in (first, second, third)] == ["fulfilled", "booked", "booked"]
    assert (first.kind, second.kind) == ("mapping", "treatment")
    assert second.technician is not None
    assert first.starts_at < second.starts_at < third.starts_at
    assert not first.occupancy.exists()
    assert second.occupancy.count() == 6 + 7 + 6
    assert sessions_of(TWO).known == 2
    assert Session.objects.count() == 3


def test_a_trial_of_sessions_writes_nothing(sessions_of):
    assert sessions_of(TWO, keep=False).added == 2
    assert not Session.objects.exists()
    assert not Course.objects.exists()
    assert not Occupancy.objects.exists()


@pytest.mark.parametrize(
    "row, words",
    [
        ("999,ten-daily,2026-11-23,09:00,Chair 1,,", "no patient '999'"),
        ("10042,other,2026-11-23,09:00,Chair 1,,", "no protocol 'other'. There are: ten-daily"),
        ("10042,ten-daily,2026-11-23,09:00,Chair 9,,", "no chair 'Chair 9'. There are: Chair 1"),
        ("10042,ten-daily,2026-11-23,09:00,Chair 1,Nobody,", "no technician 'Nobody'"),
        ("10042,ten-daily,23 Nov,09:00,Chair 1,,", "is no date"),
        ("10042,ten-daily,2026-11-23,9 am,Chair 1,,", "is no time"),
        ("10042,ten-daily,2026-11-23,09:02,Chair 1,,", "multiple of 5"),
        ("10042,ten-daily,2066-11-23,09:00,Chair 1,,", "three years"),
        ("10042,ten-daily,2026-11-23,09:00,Chair 1,,done", "status 'done' is unknown"),
        ("10042,ten-daily,2026-11-23,09:00,Chair 1,,fulfilled", "cannot be fulfilled yet"),
        ("10042,ten-daily,2026-11-23,19:00,Chair 1,,", "18:00"),
        ("10042,ten-daily,2026-12-25,09:00,Chair 1,,", "Christmas"),
        ("10042,ten-daily,2027-03-28,01:30,Chair 1,,", "the clocks go forward then"),
        ("10042,ten-daily,2026-03-29,01:30,Chair 1,,", "the clocks go forward then"),
        ("10042,ten-daily,2026-11-23,09:00:30,Chair 1,,", "is no time"),
        ("10042,ten-daily,9999-12-31,09:00,Chair 1,,", "three years"),
        (f"10042,{'x' * 10_000},2026-11-23,09:00,Chair 1,,", "xxx…"),
        ("10042,ten-daily,2026-11-24,09:15,Chair 3,Chloe Lim,", "The patient has another visit then"),
        ("10042,ten-daily,2026-11-24,09:00,Chair 2,Ana Reyes,", "Line 2 is about the same patient and time"),
    ],
)
def test_a_session_that_cannot_stand_is_named_with_its_reason(sessions_of, row, words):
    outcome = sessions_of(TWO + row + "\n")

    ((line, reason),) = outcome.bad
    assert line == 4
    assert words in reason
    assert not Session.objects.exists()


def test_two_rows_on_one_chair_cannot_both_stand(sessions_of, pia):
    outcome = sessions_of(TWO + "10043,ten-daily,2026-11-24,09:15,Chair 1,Ben Okafor,\n")

    assert [line for line, _ in outcome.bad] == [4]
    assert "Chair 1" in outcome.bad[0][1]


def test_a_technician_who_attends_two_at_once_may_have_two_rows_at_one_time(sessions_of, pia, technicians):
    technicians[0].at_once = 2
    technicians[0].save()
    second = "10043,ten-daily,2026-11-24,09:15,Chair 2,Ana Reyes,\n"

    assert sessions_of(TWO + second).added == 3
    assert [line for line, _ in sessions_of(second.replace("09:15", "09:20").replace("Chair 2", "Chair 3")).bad] == [2]


def test_a_technician_who_is_needed_at_another_site_is_not_taken_for_free(
    sessions_of, other_site, protocol, technicians
):
    away = make_course(make_patient(other_site), protocol)
    make_session(away, make_chair(other_site), technicians[0], at("2026-11-24", "08:45"))

    ((_, reason),) = sessions_of("10042,ten-daily,2026-11-24,09:00,Chair 1,Ana Reyes,\n").bad

    assert reason == "Ana Reyes is with other patients then. Choose another technician or time."
    assert sessions_of(TWO.replace("Ana Reyes", "")).is_written
    assert Session.objects.get(starts_at=at("2026-11-24", "09:00")).technician != technicians[0]


def test_a_missed_session_leaves_its_number_to_the_one_that_makes_it_up(sessions_of):
    rows = "10042,ten-daily,2026-11-17,09:00,Chair 1,,noshow\n10042,ten-daily,2026-11-18,09:00,Chair 1,,\n"

    sessions_of("10042,ten-daily,2026-11-16,09:00,Chair 1,,\n" + rows + TWO)

    assert list(Session.objects.values_list("number", "status").order_by("starts_at")) == [
        (1, "fulfilled"),
        (2, "noshow"),
        (2, "fulfilled"),
        (3, "booked"),
        (4, "booked"),
    ]


def test_further_rows_go_on_with_a_course_that_was_imported_but_not_with_a_cancelled_one(sessions_of, margaret, now):
    sessions_of(TWO)
    course = Course.objects.get()

    sessions_of(TWO + "10042,ten-daily,2026-11-25,09:00,Chair 1,,\n")

    assert [row.number for row in course.sessions.all()] == [1, 2, 3]
    booking.cancel_course(course=course, why="moved away", by=BY, now=now)
    sessions_of(TWO + "10042,ten-daily,2026-11-26,09:00,Chair 1,,\n")
    course.refresh_from_db()
    assert course.status == "revoked"
    assert [(row.status, row.sessions.count()) for row in Course.objects.exclude(pk=course.pk)] == [("active", 1)]


def test_importing_the_file_of_a_cancelled_course_again_changes_nothing(sessions_of, now):
    sessions_of("10042,ten-daily,2026-11-19,09:00,Chair 1,,\n")
    Course.objects.update(status="revoked")

    assert sessions_of("10042,ten-daily,2026-11-19,09:00,Chair 1,,\n").known == 1
    assert Course.objects.get().status == "revoked"
    assert AuditEntry.objects.filter(action="course imported").count() == 1


def test_a_file_with_a_bad_row_never_locks_the_diary(sessions_of, monkeypatch):
    monkeypatch.setattr(imports, "under_lock", None)

    assert sessions_of("nobody,ten-daily,2026-11-23,09:00,Chair 1,,\n").bad
    assert sessions_of(TWO, keep=False).added == 2


def test_the_work_for_a_table_does_not_grow_by_a_query_a_row(sessions_of):
    row = "10042,ten-daily,2026-11-{day},{hour:02d}:00,Chair {chair},,\n"
    few = [row.format(day=23, hour=hour, chair=1) for hour in range(9, 12)]
    many = [row.format(day=day, hour=hour, chair=1) for day in (23, 24, 25, 26) for hour in range(9, 18)]

    with CaptureQueriesContext(connection) as small:
        sessions_of("".join(few), keep=False)
    with CaptureQueriesContext(connection) as large:
        assert sessions_of("".join(many), keep=False).added == 36

    assert len(large) == len(small)


def test_nobody_is_found_to_run_a_session_when_all_are_away(sessions_of, technicians):
    for technician in technicians:
        Absence.objects.create(
            technician=technician, starts_at=at("2026-11-23", "00:00"), ends_at=at("2026-11-28", "00:00")
        )

    assert len(sessions_of(TWO).bad) == 2
