"""Plans that differ in kind, on one chair whose diary is written by hand."""

from dataclasses import replace
from datetime import date, time, timedelta

from scheduler import (
    Clinic,
    CourseRequest,
    Interval,
    Phase,
    Preference,
    Protocol,
    Session,
    Visit,
    instant,
    plan_course,
)
from scheduler.hours import minute_of

MONDAY = date(2026, 3, 2)
TEN_DAILY = Protocol(
    slug="ten", name="Ten", phases=(Phase(name="acute", visit=Visit(minutes=30), sessions=10, per_week_min=3),)
)
CLINIC = Clinic.simple(timezone="UTC", hours="Mon-Fri 08:00-16:00", chairs=["Chair"], technicians=["Ana"])


def booked(day: date, start: int, end: int) -> Session:
    """Book the chair for somebody else, from one minute of a day to another."""
    when = Interval(instant(day, start, "UTC"), instant(day, end, "UTC"))
    return Session(number=1, when=when, site="site", chair="Chair", technician="Ana", status="booked")


def every_day(start: int, end: int, days: range = range(28)) -> list[Session]:
    return [booked(MONDAY + timedelta(days=day), start, end) for day in days if day % 7 < 5]


def request(wished: time | None = None) -> CourseRequest:
    return CourseRequest(patient="Ada", protocol=TEN_DAILY, earliest_date=MONDAY, preference=Preference(time=wished))


def usual(plan) -> int:
    """Return the minute of the day at which most sessions start."""
    minutes = [minute_of(session.when.start) for session in plan.sessions]
    return max(set(minutes), key=minutes.count)


def test_the_quiet_hour_is_an_hour_or_more_from_the_usual_time_and_less_crowded():
    two_chairs = replace(CLINIC, chairs=(*CLINIC.chairs, replace(CLINIC.chairs[0], id="Other", name="Other")))
    busy_morning = [replace(session, chair="Other", technician=None) for session in every_day(8 * 60, 12 * 60)]

    plans = {plan.kind: plan for plan in plan_course(request(time(10)), two_chairs, busy_morning)}

    assert usual(plans["steadiest"]) == 10 * 60
    assert usual(plans["quiet hour"]) >= 12 * 60


def test_an_empty_clinic_has_no_hour_that_is_quieter_than_another():
    plans = plan_course(request(), CLINIC)

    assert [plan.kind for plan in plans] == ["steadiest"]


def test_the_soonest_plan_ends_before_the_steadiest_and_changes_its_times_for_that():
    # At nine the chair is free from the second week on; in the first week only the last half hour is.
    first_week = every_day(8 * 60, 15 * 60 + 30, range(7))
    later = every_day(9 * 60 + 30, 16 * 60, range(7, 28)) + every_day(8 * 60, 9 * 60, range(7, 28))

    plans = {plan.kind: plan for plan in plan_course(request(), CLINIC, [*first_week, *later])}

    soonest, steadiest = plans["soonest"].sessions, plans["steadiest"].sessions
    assert soonest[-1].when.start < steadiest[-1].when.start
    assert len({minute_of(session.when.start) for session in steadiest[1:]}) == 1


def test_plans_that_would_be_the_same_to_the_patient_are_offered_once():
    only_time = every_day(8 * 60, 9 * 60) + every_day(9 * 60 + 30, 16 * 60)

    plans = plan_course(request(), CLINIC, only_time)

    assert [plan.kind for plan in plans] == ["steadiest"]


def test_who_asks_only_where_a_course_fits_gets_the_best_plan_alone():
    diary = every_day(8 * 60, 15 * 60 + 30, range(7)) + every_day(9 * 60 + 30, 16 * 60, range(7, 28))

    every_kind = plan_course(request(), CLINIC, diary)
    best = plan_course(request(), CLINIC, diary, alternatives=False)

    assert len(every_kind) > 1
    assert best == every_kind[:1]
