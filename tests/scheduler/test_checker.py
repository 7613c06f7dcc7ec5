"""The checker finds what is wrong with the places in a diary, and finds nothing in one that is right."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler import (
    Closure,
    Diary,
    Interval,
    Reason,
    check,
)

from .builders import (
    MONDAY,
    at,
    broken,
    lay_out,
    make_clinic,
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


def test_a_closure_of_hours_leaves_the_rest_of_the_day():
    clinic = make_clinic()
    morning = Closure(when=Interval(at(MONDAY, "08:00"), at(MONDAY, "12:00")), cause="cleaning")
    clinic = replace(clinic, sites=(replace(clinic.sites[0], closures=(morning,)),))

    assert broken([make_session()], clinic) == ["site_is_open"]
    assert broken([make_session(at(MONDAY, "12:00"))], clinic) == []
