"""Another place for one session: free, and right for the course of which the rest stays."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from scheduler import (
    Availability,
    Clinic,
    CourseRequest,
    Diary,
    Interval,
    Openings,
    Phase,
    Protocol,
    Session,
    Visit,
    check,
    plan_course,
)

NEVER = datetime(2026, 1, 1, tzinfo=UTC)
CLINIC = Clinic.simple(
    timezone="Europe/London", hours="Mon-Fri 08:00-18:00", chairs=["Chair 1", "Chair 2"], technicians=["Ana", "Ben"]
)
PHASE = Phase(name="acute", visit=Visit(minutes=30), sessions=10, per_week_max=5, per_week_min=3, max_days_between=4)
REQUEST = CourseRequest(
    patient="Ada",
    protocol=Protocol(slug="ten", name="Ten", phases=(PHASE,)),
    earliest_date=date(2026, 3, 2),
)


@pytest.fixture(scope="module")
def course():
    """Ten sessions on ten working days, from Monday 2 to Friday 13 March 2026."""
    return plan_course(REQUEST, CLINIC)[0].sessions


def openings(course, number, *, request=REQUEST, clinic=CLINIC, diary=None):
    session = next(session for session in course if session.number == number)
    others = [other for other in course if other is not session]
    return Openings(session, request, clinic, diary or Diary(), others)


def busy(chair, technician, start, minutes=30):
    return Session(number=1, when=Interval.lasting(minutes, start), site="site", chair=chair, technician=technician)


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_every_opening_leaves_a_course_that_breaks_no_rule(course):
    search = openings(course, 3)

    found = search.search(date(2026, 3, 2), date(2026, 3, 20), not_before=NEVER, limit=40)

    assert found
    for place in found:
        assert check([*search.others, place], CLINIC, [REQUEST]) == ()


def test_a_day_that_the_course_has_already_is_no_opening(course):
    assert openings(course, 3).search(date(2026, 3, 5), date(2026, 3, 6), not_before=NEVER) == ()


def test_openings_lie_some_minutes_apart_and_nothing_lies_before_now(course):
    now = at(4, 12)

    found = openings(course, 3).search(date(2026, 3, 4), date(2026, 3, 4), not_before=now, limit=6)

    starts = [place.when.start for place in found]
    assert all(start > now for start in starts)
    assert all(later - earlier >= timedelta(minutes=15) for earlier, later in pairwise(starts))


def test_a_free_chair_and_a_free_technician_are_found_at_a_wished_start(course):
    taken = Diary.of([busy("Chair 1", "Ana", at(4, 15))])

    place = openings(course, 3, diary=taken).at(at(4, 15))

    assert (place.chair, place.technician) == ("Chair 2", "Ben")


def test_a_chair_that_is_asked_for_is_kept_to(course):
    taken = Diary.of([busy("Chair 1", "Ana", at(4, 15))])
    search = openings(course, 3, diary=taken)

    assert search.at(at(4, 15), "Chair 1") is None
    assert "chair-taken" in [reason.code for reason in search.why_not(at(4, 15), "Chair 1")]


def test_a_chair_that_nobody_knows_is_named(course):
    (reason,) = openings(course, 3).why_not(at(4, 15), "Chair 9")

    assert (reason.code, reason["resource"]) == ("unknown-resource", "Chair 9")


def test_the_gap_that_a_move_would_leave_is_named(course):
    search = openings(course, 6)

    assert search.at(at(20, 9)) is None
    assert "gap-too-long" in [reason.code for reason in search.why_not(at(20, 9))]


def test_hours_at_which_the_patient_cannot_come_are_no_opening(course):
    afternoons = replace(REQUEST, availability=Availability.parse("Mon-Fri 13:00-15:00"))

    found = openings(course, 3, request=afternoons).search(date(2026, 3, 4), date(2026, 3, 4), not_before=NEVER)

    assert found
    assert all(at(4, 13) <= place.when.start <= at(4, 14, 30) for place in found)


def test_what_was_broken_before_does_not_keep_a_session_from_moving(course):
    missed = [replace(session, status="noshow") if session.number == 5 else session for session in course]

    assert openings(missed, 3).at(at(4, 15)) is not None


def test_an_opening_says_how_it_differs_from_what_is_usual(course):
    usual = course[0].chair
    other = next(chair.id for chair in CLINIC.chairs if chair.id != usual)

    place = openings(course, 3).at(at(4, 15), other)

    assert [reason.code for reason in place.reasons] == ["other-time", "other-chair"]
    assert place.reasons[1]["usual_chair"] == usual
