"""Follow-ups belong to the course: each is due on a date, and stands at the free place nearest to it."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from scheduler import Availability, Diary, FollowUp, Reason, Shift, Visit, VisitKind, catalog, check
from scheduler.followups import due_follow_ups, follow_up_openings, place_follow_ups

from .builders import MONDAY, at, lay_out, make_clinic, make_protocol, make_request, make_session, weekdays

REVIEW = catalog.STANDARD_RTMS.follow_ups[0].visit
ONE_MONTH = FollowUp(name="1 month", visit=REVIEW, months=1, window_days=7)
SIX_MONTHS = FollowUp(name="6 months", visit=REVIEW, months=6, window_days=14)


def placed(clinic=None, booked=(), follow_ups=(ONE_MONTH,), **wishes):
    """Place what follows a course that ends on Friday 13 March, and hold the answer to every rule."""
    clinic = clinic or make_clinic()
    request = make_request(make_protocol(follow_ups=follow_ups), **wishes)
    course = lay_out(request, clinic, weekdays(MONDAY, 10))
    sessions, unplaced = place_follow_ups(request, clinic, Diary.of(booked), course)
    assert check([*booked, *course, *sessions], clinic, [request]) == ()
    return sessions, unplaced


def review(day, clock="09:00", **changes):
    """Return somebody else's review with the prescriber."""
    data = {"patient": "Bo", "course": "bo-1", "phase": "1 month", "kind": VisitKind.FOLLOW_UP}
    session = make_session(at(day, clock), chair=None, technician=None, prescriber="Dr Cole", **data)
    return replace(session, **changes)


def test_follow_ups_are_due_in_order_of_their_dates():
    protocol = make_protocol(follow_ups=(SIX_MONTHS, FollowUp(name="4 weeks", visit=REVIEW, days=28), ONE_MONTH))

    due = due_follow_ups(protocol, date(2026, 8, 31))

    assert [(item.name, item.due_date) for item in due] == [
        ("4 weeks", date(2026, 9, 28)),
        ("1 month", date(2026, 9, 30)),
        ("6 months", date(2027, 2, 28)),
    ]


def test_a_window_is_walked_from_its_middle_the_earlier_first():
    (due,) = due_follow_ups(make_protocol(follow_ups=(replace(ONE_MONTH, window_days=2),)), date(2026, 3, 13))

    assert [day.day for day in due.dates()] == [13, 12, 14, 11, 15]


def test_a_follow_up_stands_on_its_due_date_at_the_usual_time():
    (session,), unplaced = placed()

    assert (session.when.start, session.number, session.kind) == (at(date(2026, 4, 13)), 11, "follow-up")
    assert (session.chair, session.technician, session.prescriber) == (None, None, "Dr Cole")
    assert session.reasons == (Reason.of("follow-up-due", due_date=date(2026, 4, 13), window_days=7),)
    assert unplaced == ()


def test_a_follow_up_keeps_the_usual_time_across_a_clock_change():
    (session,), _ = placed(make_clinic("America/New_York"), follow_ups=(replace(SIX_MONTHS, months=8),))

    assert session.when.start == at(date(2026, 11, 13), "09:00", "America/New_York")


@pytest.mark.parametrize(
    "booked, expected",
    [
        ([review(date(2026, 4, 13))], at(date(2026, 4, 13), "08:30")),
        ([review(date(2026, 4, 13)), review(date(2026, 4, 13), "08:30")], at(date(2026, 4, 13), "09:30")),
    ],
)
def test_a_taken_time_moves_a_follow_up_within_its_day(booked, expected):
    (session,), _ = placed(booked=booked)

    assert session.when.start == expected


def test_a_closed_due_date_moves_a_follow_up_to_the_nearest_day():
    clinic = make_clinic().with_closure("site", date(2026, 4, 13), date(2026, 4, 13), "holiday")

    (session,), _ = placed(clinic)

    assert session.when.start == at(date(2026, 4, 14))  # Sunday 12 April is closed


def test_a_follow_up_keeps_to_when_the_patient_can_come():
    (session,), _ = placed(availability=Availability.parse("Mon-Fri 08:30-09:45", away=(date(2026, 4, 13),)))

    assert session.when.start == at(date(2026, 4, 14))


def test_a_follow_up_without_any_free_place_is_told():
    clinic = make_clinic().with_closure("Dr Cole", date(2026, 4, 1), date(2026, 4, 30))

    sessions, (unplaced,) = placed(clinic)

    assert sessions == ()
    assert (unplaced.first_number, unplaced.kind) == (11, "follow-up")
    assert unplaced.reasons == (Reason.of("no-place", placed=0, sessions=1, last_date=date(2026, 4, 20)),)


def test_a_follow_up_beyond_the_rota_waits_for_the_rota():
    clinic = make_clinic()
    doctor = clinic.prescribers[0]
    shifts = tuple(Shift(site="site", hours=s.hours, last_date=date(2026, 6, 30)) for s in doctor.shifts)
    clinic = replace(clinic, prescribers=(replace(doctor, shifts=shifts),))

    sessions, unplaced = placed(clinic, follow_ups=(ONE_MONTH, SIX_MONTHS))

    assert [session.phase for session in sessions] == ["1 month"]
    assert [item.reasons for item in unplaced] == [(Reason.of("beyond-rota", due_date=date(2026, 9, 13)),)]


def test_a_follow_up_on_a_chair_takes_the_usual_chair_and_technician_when_they_are_free():
    treated = FollowUp(name="1 month", visit=Visit(kind=VisitKind.FOLLOW_UP), months=1)
    busy = make_session(at(date(2026, 4, 13)), patient="Bo", course="bo-1")

    (free,), _ = placed(follow_ups=(treated,))
    (moved,), _ = placed(follow_ups=(treated,), booked=[busy])

    assert (free.chair, free.technician) == ("C1", "Ana")
    assert (moved.chair, moved.technician, moved.when.start) == ("C2", "Ben", free.when.start)


def test_no_course_has_nothing_to_follow():
    assert place_follow_ups(make_request(), make_clinic(), Diary(), []) == ((), ())


def test_the_openings_of_a_follow_up_break_no_rule_and_lie_apart():
    clinic, request = make_clinic(), make_request(make_protocol(follow_ups=(ONE_MONTH,)))
    course = lay_out(request, clinic, weekdays(MONDAY, 10))
    (due,) = due_follow_ups(request.protocol, date(2026, 3, 13))
    booked = Diary.of([review(date(2026, 4, 13))])

    found = follow_up_openings(
        request,
        clinic,
        booked,
        course,
        due,
        first=date(2026, 4, 13),
        last=date(2026, 4, 15),
        not_before=at(date(2026, 4, 14), "08:40"),
        limit=5,
    )

    assert len(found) == 5
    assert min(session.when.start for session in found) > at(date(2026, 4, 14), "08:40")
    starts = [session.when.start for session in found]
    assert all(after - before >= timedelta(minutes=30) for before, after in pairwise(starts))
    for session in found:
        assert (session.number, session.phase) == (11, "1 month")
        assert check([*course, session], clinic, [request], booked) == ()
    nothing = follow_up_openings(
        request,
        clinic,
        booked,
        [],
        due,
        first=MONDAY,
        last=MONDAY,
        not_before=at(MONDAY),
    )
    assert nothing == ()
