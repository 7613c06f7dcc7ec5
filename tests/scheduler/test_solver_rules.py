"""The search over days agrees with trying every set of days, rule by rule.

The clinic has one chair and opens so shortly that each day offers one start at most; the rule book judges every set.
"""

from datetime import date, time, timedelta
from itertools import combinations
from random import Random

import pytest

from scheduler import (
    Blocks,
    Chair,
    Clinic,
    CourseRequest,
    Interval,
    Phase,
    Preference,
    Redetermination,
    Session,
    Shift,
    Site,
    Technician,
    Visit,
    VisitKind,
    WeeklyHours,
    check,
    instant,
    plan_course,
    score,
)
from scheduler.constraints import CourseView

from .builders import MONDAY, make_protocol

ZONE = "Europe/Berlin"
SHORT, LONG = WeeklyHours.parse("Mon-Sun 09:00-09:30"), WeeklyHours.parse("Mon-Sun 09:00-10:00")
AGAIN = Redetermination(visit=Visit(kind=VisitKind.REDETERMINATION, minutes=60))


def make_case(rng: Random) -> tuple[Clinic, CourseRequest, list[date]]:
    """Invent a clinic that is open on some dates of two weeks, on some for longer, and a course of a few days."""
    dates = [MONDAY + timedelta(days=offset) for offset in range(rng.choice([9, 11, 14]))]
    long_days = {day for day in dates if rng.random() < 0.6}
    closed = {day for day in dates if rng.random() < rng.choice([0.1, 0.4])}
    shifts = tuple(
        Shift(site="site", hours=LONG if day in long_days else SHORT, first_date=day, last_date=day) for day in dates
    )
    site = Site(id="site", name="Clinic", timezone=ZONE, hours=LONG, week_starts_on=rng.choice([0, 0, 5]))
    clinic = Clinic(
        sites=(site,),
        chairs=(Chair(id="C1", name="C1", site="site"),),
        technicians=(Technician(id="Ana", name="Ana", shifts=shifts),),
        grid_minutes=30,
    )
    for day in closed:
        clinic = clinic.with_closure("site", day, day)
    phases = [make_phase(rng, "first"), *([make_phase(rng, "second")] if rng.random() < 0.5 else [])]
    protocol = make_protocol(*phases, redetermination=AGAIN if rng.random() < 0.4 else None)
    skipped = frozenset(day for day in dates if rng.random() < 0.05)
    preference = Preference(time=time(9))
    request = CourseRequest(
        patient="Ada",
        protocol=protocol,
        earliest_date=MONDAY,
        latest_date=dates[-1],
        skipped=skipped,
        preference=preference,
    )
    return clinic, request, [day for day in dates if day not in closed]


def make_phase(rng: Random, name: str) -> Phase:
    """Invent the rhythm of a phase."""
    if rng.random() < 0.25:
        return Phase(name=name, visit=Visit(), taper=rng.choice([(2, 1), (1, 1), (3, 1), (2,)]), max_days_between=9)
    most = rng.randint(2, 7)
    shortest = rng.choice([1, 1, 1, 2])
    return Phase(
        name=name,
        visit=Visit(),
        sessions=rng.randint(2, 4),
        per_week_max=most,
        per_week_min=rng.randint(0, min(most, 3)),
        min_days_between=shortest,
        max_days_between=rng.choice([3, 5, 7, 9]),
        weekdays=frozenset(rng.sample(range(7), rng.choice([5, 7, 7]))) if most <= 5 else frozenset(range(7)),
        blocks=Blocks(min_days=rng.choice([1, 2]), max_days=3, max_break_days=3)
        if rng.random() < 0.3 and shortest == 1
        else None,
    )


def lay_out(request: CourseRequest, clinic: Clinic, days: tuple[date, ...]) -> list[Session]:
    """Put one session on each of the days, at nine, with the visit that the protocol asks for."""
    names = [phase.name for phase in request.planned_phases for _ in range(phase.sessions)]
    starts = [instant(day, 9 * 60, ZONE) for day in days]
    data = {"site": "site", "chair": "C1", "technician": "Ana", "patient": "Ada"}
    plain = [
        Session(number=number, when=Interval.lasting(30, start), phase=name, **data)
        for number, (start, name) in enumerate(zip(starts, names, strict=True), 1)
    ]
    return [
        Session(number=s.number, when=Interval.lasting(v.minutes, s.when.start), kind=v.kind, phase=s.phase, **data)
        for s, v in CourseView.of(request, clinic, plain).visits()
    ]


def cheapest(clinic: Clinic, request: CourseRequest, dates: list[date]) -> int | None:
    """Try every set of days."""
    points = [
        score(sessions, clinic, request).total
        for days in combinations(dates, request.sessions)
        if not check(sessions := lay_out(request, clinic, days), clinic, [request])
    ]
    return min(points, default=None)


@pytest.mark.parametrize("seed", range(60))
def test_no_set_of_days_is_better_than_the_one_that_is_found(seed):
    clinic, request, dates = make_case(Random(seed))

    plan = plan_course(request, clinic)[0]

    assert check(plan.sessions, clinic, [request]) == ()
    found = plan.score.total if plan.sessions else None
    assert found == cheapest(clinic, request, dates)
