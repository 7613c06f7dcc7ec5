"""The checker finds what is wrong with a course, and finds nothing in one that is right."""

from dataclasses import replace
from datetime import date

import pytest

from scheduler import (
    Authorisation,
    Availability,
    FixedSession,
    Interval,
    Reason,
    Redetermination,
    Visit,
    VisitKind,
    catalog,
    check,
    score,
)

from .builders import (
    MONDAY,
    at,
    broken,
    lay_out,
    make_clinic,
    make_phase,
    make_protocol,
    make_request,
    make_session,
    weekdays,
)

TUESDAY = date(2026, 3, 3)
DAYS = weekdays(MONDAY, 10)


def changed(sessions, index, **changes):
    """Return the sessions with one of them changed."""
    return [replace(session, **changes) if i == index else session for i, session in enumerate(sessions)]


def moved(sessions, index, day, clock="09:00"):
    """Return the sessions with one of them at another time."""
    return changed(sessions, index, when=Interval.lasting(sessions[index].when.minutes, at(day, clock)))


def test_a_course_that_lost_a_session_is_incomplete():
    clinic, request = make_clinic(), make_request()

    (violation,) = check(lay_out(request, clinic, DAYS)[:-1], clinic, [request])

    assert violation.reason == Reason.of("wrong-count", phase="acute", sessions=9, needed=10)
    assert violation.course == "ada-1"


@pytest.mark.parametrize(
    "change, rules",
    [
        ({"kind": VisitKind.MAPPING}, ["visits_are_right"]),
        ({"when": Interval.lasting(20, at(DAYS[4]))}, ["visits_are_right"]),
        ({"turnaround_minutes": 10}, ["visits_are_right"]),
        ({"technician": None}, ["visits_have_what_they_need"]),
        ({"chair": None}, ["visits_have_what_they_need"]),
        ({"phase": "dessert"}, ["sessions_are_complete"]),
    ],
)
def test_each_session_is_the_visit_that_its_protocol_asks_for(change, rules):
    clinic, request = make_clinic(), make_request()

    assert broken(changed(lay_out(request, clinic, DAYS), 4, **change), clinic, request) == rules


def test_a_chair_without_the_coil_does_not_fit():
    clinic = make_clinic(kinds=["rtms"])
    request = make_request(make_protocol(make_phase(visit=Visit(chair_kinds=frozenset({"deep", "rtms"})))))

    violations = check(lay_out(request, clinic, DAYS), clinic, [request])

    assert {v.reason for v in violations} == {Reason.of("chair-does-not-fit", chair="C1", kinds="deep, rtms")}


def test_the_first_visit_is_the_mapping_with_a_prescriber_in_the_middle():
    clinic, request = make_clinic(), make_request(make_protocol(first_visit=catalog.STANDARD_RTMS.first_visit))
    sessions = lay_out(request, clinic, DAYS)

    assert [(sessions[0].kind, sessions[0].when.minutes), sessions[1].kind] == [("mapping", 60), "treatment"]
    assert broken(sessions, clinic, request) == []
    assert broken(changed(sessions, 0, prescriber=None), clinic, request) == ["visits_have_what_they_need"]
    early = Interval.lasting(30, sessions[0].when.start)
    assert broken(changed(sessions, 0, prescriber_when=early), clinic, request) == ["visits_have_what_they_need"]


def test_a_redetermination_comes_every_seven_days_without_drift():
    again = Redetermination(visit=Visit(kind=VisitKind.REDETERMINATION, minutes=60))
    request = make_request(make_protocol(make_phase(sessions=15), redetermination=again))
    clinic = make_clinic().with_closure("site", date(2026, 3, 9), date(2026, 3, 9))
    days = weekdays(MONDAY, 15, skip=[date(2026, 3, 9)])

    sessions = lay_out(request, clinic, days)

    longer = [day for day, session in zip(days, sessions, strict=True) if session.kind == "redetermination"]
    assert longer == [date(2026, 3, 10), date(2026, 3, 16), date(2026, 3, 23)]
    assert broken(sessions, clinic, request) == []
    plain = changed(sessions, 5, kind=VisitKind.TREATMENT, when=Interval.lasting(30, sessions[5].when.start))
    assert broken(plain, clinic, request) == ["visits_are_right"]


@pytest.mark.parametrize(
    "wish, rule",
    [
        ({"earliest_date": TUESDAY}, "dates_are_kept"),
        ({"latest_date": date(2026, 3, 12)}, "dates_are_kept"),
        ({"authorisation": Authorisation(first_date=MONDAY, last_date=date(2026, 3, 12))}, "authorisation_is_kept"),
        ({"authorisation": Authorisation(first_date=TUESDAY, last_date=date(2026, 4, 1))}, "authorisation_is_kept"),
        ({"authorisation": Authorisation(first_date=MONDAY, last_date=DAYS[-1], units=9)}, "authorisation_is_kept"),
        ({"availability": Availability(away=frozenset({TUESDAY}))}, "patient_can_come"),
        ({"availability": Availability.parse("Mon-Fri 09:15-12:00")}, "patient_can_come"),
        ({"skipped": frozenset({TUESDAY})}, "patient_can_come"),
        ({"sites": frozenset({"elsewhere"})}, "patient_can_come"),
        ({"fixed": (FixedSession(start=at(MONDAY, "10:00")),)}, "fixed_sessions_stand"),
        ({"fixed": (FixedSession(start=at(MONDAY), chair="C2"),)}, "fixed_sessions_stand"),
    ],
)
def test_a_course_keeps_to_what_was_asked(wish, rule):
    clinic = make_clinic()
    sessions = lay_out(make_request(), clinic, DAYS)

    assert rule in broken(sessions, clinic, make_request(**wish))


def test_limits_that_just_fit_are_kept():
    clinic = make_clinic()
    request = make_request(
        latest_date=DAYS[-1],
        authorisation=Authorisation(first_date=MONDAY, last_date=DAYS[-1], units=10),
        availability=Availability.parse("Mon-Fri 09:00-09:30", away=(date(2026, 3, 16),)),
        fixed=(FixedSession(start=at(TUESDAY), chair="C1"),),
        sites=frozenset({"site"}),
    )

    assert broken(lay_out(request, clinic, DAYS), clinic, request) == []


def test_phases_follow_each_other_in_a_later_week():
    request = make_request(make_protocol(make_phase(sessions=4), make_phase("later", sessions=4, per_week_min=1)))
    clinic, days = make_clinic(), weekdays(MONDAY, 12)

    assert broken(lay_out(request, clinic, days), clinic, request) == ["phases_follow_each_other"]
    assert broken(lay_out(request, clinic, days[:4] + days[5:]), clinic, request) == []


def test_weeks_begin_where_the_site_says():
    clinic = make_clinic(hours="Mon-Sun 08:00-18:00")
    from_saturday = replace(clinic, sites=(replace(clinic.sites[0], week_starts_on=5),))
    request = make_request(make_protocol(make_phase(sessions=5), make_phase("later", sessions=3, per_week_min=1)))
    days = [*weekdays(MONDAY, 5), date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9)]

    assert broken(lay_out(request, clinic, days), clinic, request) == ["phases_follow_each_other"]
    assert broken(lay_out(request, from_saturday, days), from_saturday, request) == []


def test_two_courses_and_a_stranger_are_told_apart():
    clinic = make_clinic()
    ada, bo = make_request(), make_request(patient="Bo", course="bo-1")
    sessions = lay_out(ada, clinic, DAYS)
    theirs = [replace(s, chair="C2", technician="Ben") for s in lay_out(bo, clinic, DAYS)]
    stranger = make_session(at(MONDAY, "10:00"), patient="Cy", course="cy-1")

    assert broken([*sessions, *theirs, stranger], clinic, ada, bo) == []
    assert [v.course for v in check([*sessions, *theirs[1:]], clinic, [ada, bo])] == ["bo-1"]


def test_the_points_of_a_steady_course_can_be_added_up_by_hand():
    clinic, request = make_clinic(), make_request(make_protocol(first_visit=catalog.TWENTY.first_visit))
    sessions = moved(lay_out(request, clinic, DAYS), 3, DAYS[3], "09:20")
    sessions = changed(sessions, 5, chair="C2")

    points = dict(score(sessions, clinic, request).points)

    # Ends 11 days after the earliest date, one session 20 minutes off, one on the other chair.
    assert points == {"wait": 0, "end": 110, "time": 4, "chair": 6, "short": 0, "wish": 0}
