"""The checker finds what is wrong with a diary, and finds nothing in one that is right."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler import (
    Authorisation,
    Availability,
    Closure,
    Diary,
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


def test_a_course_laid_out_by_hand_breaks_nothing():
    clinic, request = make_clinic(), make_request()

    assert check(lay_out(request, clinic, DAYS), clinic, [request]) == ()


def test_an_empty_diary_and_an_unplanned_course_break_nothing():
    assert check([], make_clinic(), [make_request()]) == ()


# What holds a place -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "clock, rules",
    [
        ("08:00", []),
        ("07:55", ["opening_hours_are_kept", "technician_is_on_shift"]),
        ("17:30", []),
        ("17:35", ["opening_hours_are_kept", "technician_is_on_shift"]),
        ("23:45", ["opening_hours_are_kept", "technician_is_on_shift"]),
    ],
)
def test_a_session_stands_wholly_inside_opening_hours(clock, rules):
    assert broken([make_session(at(MONDAY, clock))], make_clinic()) == rules


def test_a_session_that_bridges_lunch_is_outside_opening_hours():
    clinic = make_clinic(hours="Mon-Fri 08:00-12:00 13:00-18:00")

    assert "opening_hours_are_kept" in broken([make_session(at(MONDAY, "11:45"), minutes=90)], clinic)
    assert broken([make_session(at(MONDAY, "11:30"))], clinic) == []


def test_a_weekend_reason_names_no_hours():
    (first, *_) = check([make_session(at(date(2026, 3, 7)))], make_clinic())

    assert first.reason == Reason.of("outside-hours", site="site", opens=None, closes=None)


@pytest.mark.parametrize(
    "id, rule", [("site", "site_is_open"), ("C1", "chair_is_open"), ("Ana", "technician_is_on_shift")]
)
def test_a_closure_or_an_absence_keeps_sessions_out(id, rule):
    clinic = make_clinic().with_closure(id, MONDAY, MONDAY, "holiday")

    assert broken([make_session()], clinic) == [rule]
    assert broken([make_session(at(TUESDAY))], clinic) == []


def test_a_closed_chair_says_until_when_and_why():
    (violation,) = check([make_session()], make_clinic().with_closure("C1", MONDAY, TUESDAY, "coil repair"))

    until = datetime(2026, 3, 3, 23, tzinfo=UTC)
    assert violation.reason == Reason.of("chair-closed", chair="C1", until=until, cause="coil repair")


def test_of_two_sessions_on_one_chair_the_second_is_at_fault_once():
    other = make_session(at(MONDAY, "09:15"), patient="Bo", course="bo-1", technician="Ben")

    violations = check([make_session(), other], make_clinic())

    assert [(violation.rule, violation.sessions) for violation in violations] == [("chair_is_free", (other,))]


def test_sessions_may_touch_but_not_cut_a_turnaround_short():
    after = make_session(at(MONDAY, "09:30"), patient="Bo", technician="Ben")

    assert broken([make_session(), after], make_clinic()) == []
    assert broken([make_session(turnaround_minutes=5), after], make_clinic()) == ["chair_is_free"]


def test_a_patient_a_technician_and_a_prescriber_are_in_one_place():
    first = make_session(prescriber="Dr Cole")

    assert broken([first, make_session(chair="C2", technician="Ben")], make_clinic()) == ["patient_is_in_one_place"]
    assert broken([first, make_session(chair="C2", patient="Bo")], make_clinic()) == ["technician_is_free"]
    second = make_session(chair="C2", patient="Bo", technician="Ben", prescriber="Dr Cole")
    assert broken([first, second], make_clinic()) == ["prescriber_is_free"]


def test_a_prescriber_is_needed_for_his_minutes_only():
    visits = [
        make_session(at(MONDAY, start), 60, patient=start, chair=chair, technician=technician, prescriber="Dr Cole")
        for start, chair, technician in (("09:00", "C1", "Ana"), ("09:30", "C2", "Ben"))
    ]
    fifteen_in = [
        replace(s, prescriber_when=Interval.lasting(30, s.when.start + timedelta(minutes=15))) for s in visits
    ]

    assert broken(fifteen_in, make_clinic()) == []
    assert broken(visits, make_clinic()) == ["prescriber_is_free"]


def test_a_technician_attends_as_many_patients_as_there_are_lanes():
    clinic = make_clinic()
    clinic = replace(clinic, technicians=(replace(clinic.technicians[0], at_once=2),))
    second = make_session(patient="Bo", chair="C2", lane=1)

    assert broken([make_session(), second], clinic) == []
    assert broken([make_session(), replace(second, lane=2)], clinic) == ["technician_is_free"]


def test_cancelled_and_missed_sessions_hold_nothing():
    for status in ("cancelled", "noshow", "entered-in-error"):
        assert broken([make_session(status=status), make_session(patient="Bo")], make_clinic()) == []


def test_what_nobody_knows_is_named_and_spoils_no_other_judgement():
    sessions = [make_session(chair="C9"), make_session(site="moon"), make_session(technician="Dr Cole"), make_session()]

    violations = check(sessions, make_clinic(), [make_request()])

    unknown = [v.reason["resource"] for v in violations if v.rule == "resources_are_known"]
    assert unknown == ["C9", "moon", "Dr Cole"]


def test_what_stands_in_a_diary_takes_its_place_without_being_judged():
    booked = Diary.of([make_session(at(MONDAY, "09:15"), patient="Bo", technician="Ben"), make_session(chair="C2")])

    violations = check([make_session()], make_clinic(), diary=booked)

    assert sorted(v.rule for v in violations) == ["chair_is_free", "patient_is_in_one_place", "technician_is_free"]


def test_shifts_that_touch_count_as_one():
    clinic = make_clinic()
    ana, ben = clinic.technicians
    halves = tuple(
        replace(ana.shifts[0], hours=type(ana.shifts[0].hours).parse(text))
        for text in ("Mon 08:00-12:00", "Mon 12:00-18:00")
    )
    clinic = replace(clinic, technicians=(replace(ana, shifts=halves), ben))

    assert broken([make_session(at(MONDAY, "11:45"))], clinic) == []
    assert broken([make_session(at(TUESDAY, "11:45"))], clinic) == ["technician_is_on_shift"]


def test_a_shift_counts_between_its_dates_only():
    clinic = make_clinic()
    ana, ben = clinic.technicians
    clinic = replace(clinic, technicians=(replace(ana, shifts=(replace(ana.shifts[0], first_date=TUESDAY),)), ben))

    assert broken([make_session()], clinic) == ["technician_is_on_shift"]
    assert broken([make_session(at(TUESDAY))], clinic) == []


# What a course asks for ---------------------------------------------------------------------------------------------


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


def test_a_closure_of_hours_leaves_the_rest_of_the_day():
    clinic = make_clinic()
    morning = Closure(when=Interval(at(MONDAY, "08:00"), at(MONDAY, "12:00")), cause="cleaning")
    clinic = replace(clinic, sites=(replace(clinic.sites[0], closures=(morning,)),))

    assert broken([make_session()], clinic) == ["site_is_open"]
    assert broken([make_session(at(MONDAY, "12:00"))], clinic) == []
