"""Print how the cost of every answer grows with the clinic, and what simpler programs make of the same courses.

    python3 dev.py bench bench_growth [sites ...]

One clinic of 4 chairs, open from seven to half past seven, and about 100 running courses, then 3 and 10 of them in one
network, with all sessions of a quarter. Seconds are of the processor. "growth" is how much more an answer costs than in
the smallest clinic, divided by how many times more there is to look at: below 1 it grows more slowly than the clinic.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from math import inf
from statistics import median
from time import process_time
from typing import Any

from scheduler import Clinic as Resources
from scheduler import (
    Closure,
    CourseRequest,
    Diary,
    Referral,
    Running,
    Session,
    Stream,
    WeeklyHours,
    admit,
    catalog,
    check,
    demo,
    forecast,
    plan_course,
    repair_course,
    replan,
    score,
    watch_course,
)
from scheduler.demo import DemoCourse, DemoDiary
from tests.bench.recurring import best_of_slots, first_fit

MONDAY = date(2026, 3, 2)
SITES = (1, 3, 10)
ASKED = 12  # times that each question is asked of each clinic
NEW_COURSES = 12  # people at each site who want a course, for the comparison
TOGETHER_SECONDS = 10
OPEN = WeeklyHours.parse("Mon-Fri 07:00-19:30")
Course = tuple[Session, ...]
Plan = Callable[[CourseRequest, Any, Diary], Course]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """Hold a full network with its running courses and everything that is taken."""

    diary: DemoDiary
    running: tuple[DemoCourse, ...]
    taken: Diary

    @classmethod
    def of(cls, sites: int) -> "Clinic":
        """Fill a network of so many sites."""
        diary = demo.booked_demo_diary(MONDAY, clinic=open_long(demo.network(sites)))
        return cls(diary=diary, running=diary.active(MONDAY), taken=Diary.of(diary.sessions))

    @property
    def chairs(self) -> int:
        """Count the chairs."""
        return len(self.diary.clinic.chairs)


def open_long(clinic: Resources) -> Resources:
    """Return a network that is open, and whose people are there, for so long that ten sites have 1,000 courses."""

    def there(person: Any) -> Any:
        return replace(person, shifts=tuple(replace(shift, hours=OPEN) for shift in person.shifts))

    return replace(
        clinic,
        sites=tuple(replace(site, hours=OPEN) for site in clinic.sites),
        technicians=tuple(map(there, clinic.technicians)),
        prescribers=tuple(map(there, clinic.prescribers)),
    )


Method = Callable[[list[CourseRequest], Clinic], list[Course]]


def main(sizes: Iterable[int]) -> None:
    """Print both tables."""
    clinics = [Clinic.of(size) for size in sizes]
    print("the clinic".ljust(44), *(f"{one.chairs:>5} chairs" for one in clinics))
    print("running courses".ljust(44), *(f"{len(one.running):>12}" for one in clinics))
    print("sessions".ljust(44), *(f"{len(one.diary.sessions):>12,}" for one in clinics))
    for name, ask in QUESTIONS.items():
        grown(name, [ask(one) for one in clinics], [len(one.running) for one in clinics])
    print(f"\n{'chairs':>6} {'method':32} {'planned':>8} {'valid':>6} {'cost':>6} {'seconds':>8}")
    for one in clinics:
        compared(one)


def grown(name: str, times: list[float], sizes: list[int]) -> None:
    """Print what one answer costs in each clinic, and how it grows."""
    growth = (times[-1] / times[0]) / (sizes[-1] / sizes[0])
    print(name.ljust(44), *(f"{1000 * took:>9,.0f} ms" for took in times), f"  growth {growth:.2f}", flush=True)


def timed(ask: Callable[[], Any]) -> float:
    """Return the processor seconds of one answer."""
    started = process_time()
    ask()
    return process_time() - started


def planning(clinic: Clinic) -> float:
    """Plan one course of 36 sessions at any site, with its alternatives and reasons."""
    wanted = [replace(request, protocol=catalog.STANDARD_RTMS, sites=frozenset()) for request in newcomers(clinic)]
    ask = partial(plan_course, clinic=clinic.diary.clinic, booked=clinic.taken)
    return median(timed(partial(ask, request)) for request in wanted[:ASKED])


def repairing(clinic: Clinic) -> float:
    """Make up one missed session, in every way there is."""
    return median(repaired(clinic, course) for course in clinic.running[:ASKED])


def repaired(clinic: Clinic, course: DemoCourse) -> float:
    missed = next(session for session in course.sessions if session.when.start.date() >= MONDAY)
    sessions = [replace(s, status="noshow") if s is missed else s for s in course.sessions]
    others = Diary.of(s for other in clinic.diary.courses if other is not course for s in other.sessions)
    now = missed.when.end
    return timed(lambda: repair_course(course.request, clinic.diary.clinic, others, sessions, now=now))


def replanning(clinic: Clinic) -> float:
    """Give the first answer to a chair that is down for three days, with every running course at hand."""
    chair = clinic.diary.clinic.chairs[0]
    shut = Closure.days(MONDAY + timedelta(1), MONDAY + timedelta(3), clinic.diary.clinic.sites[0].timezone)
    chairs = tuple(replace(c, closures=(shut,)) if c is chair else c for c in clinic.diary.clinic.chairs)
    down, now = replace(clinic.diary.clinic, chairs=chairs), shut.when.start - timedelta(hours=12)
    courses = [Running(request=course.request, sessions=course.sessions) for course in clinic.running]
    return timed(lambda: replan(down, courses, now=now, steps=0))


def forecasting(clinic: Clinic) -> float:
    """Plan six weeks of newcomers, five a week for each site."""
    sites = len(clinic.diary.clinic.sites)
    stream = Stream(a_week=5 * sites, weeks=6, protocols=demo.MIX)
    return timed(lambda: forecast(stream, clinic.diary.clinic, clinic.taken, MONDAY))


def watching(clinic: Clinic) -> float:
    """Look at every running course for what puts it at risk."""
    sites = {site.id: site for site in clinic.diary.clinic.sites}
    return timed(
        lambda: [watch_course(c.request, c.sessions, sites[c.sessions[0].site], today=MONDAY) for c in clinic.running]
    )


def checking(clinic: Clinic) -> float:
    """Judge the whole diary by every rule."""
    requests = [course.request for course in clinic.diary.courses]
    return timed(lambda: check(clinic.diary.sessions, clinic.diary.clinic, requests))


QUESTIONS: dict[str, Callable[[Clinic], float]] = {
    "plan one course, at any site": planning,
    "make up a missed session": repairing,
    "replan, first answer": replanning,
    "forecast of six weeks": forecasting,
    "courses at risk, all of them": watching,
    "check of the whole diary": checking,
}


def newcomers(clinic: Clinic) -> list[CourseRequest]:
    """Return people who want a course at each site, without a taper, so that a simple program has a chance."""
    mix = (catalog.TWENTY, catalog.NEUROPATHIC_PAIN, catalog.INTERMITTENT)
    return [
        CourseRequest(
            patient=f"new-{site.id}-{number}",
            course=f"new-{site.id}-{number}",
            protocol=replace(mix[number % len(mix)], follow_ups=()),
            earliest_date=MONDAY + timedelta(days=7 + number % 5),
            sites=frozenset({site.id}),
        )
        for number in range(NEW_COURSES)
        for site in clinic.diary.clinic.sites
    ]


def compared(clinic: Clinic) -> None:
    """Print what each method makes of the same newcomers: how many courses keep every rule, and at what cost."""
    wanted = newcomers(clinic)
    costs: dict[str, dict[str, int]] = {}
    for name, method in METHODS.items():
        started = process_time()
        courses = method(wanted, clinic)
        took = process_time() - started
        costs[name] = {
            request.patient: score(course, clinic.diary.clinic, request).total
            for request, course in zip(wanted, courses, strict=True)
            if course and not check(course, clinic.diary.clinic, [request], clinic.taken)
        }
        best = costs.get("one by one", {})
        both = costs[name].keys() & best.keys()
        ratio = sum(costs[name][who] for who in both) / sum(best[who] for who in both) if both else inf
        made = sum(bool(course) for course in courses)
        share = len(costs[name]) / len(wanted)
        chairs = len(clinic.diary.clinic.chairs)
        print(f"{chairs:6} {name:32} {made:4}/{len(wanted):<3} {share:6.0%} {ratio:6.2f} {took:8.1f}", flush=True)


def one_after_another(plan: Plan) -> Method:
    """Make a method of a way to plan one course beside all that is booked by then."""

    def method(wanted: list[CourseRequest], clinic: Clinic) -> list[Course]:
        diary, courses = clinic.taken, list[Course]()
        for request in wanted:
            courses.append(plan(request, clinic.diary.clinic, diary))
            diary = diary.plus(courses[-1])
        return courses

    return method


def exactly(request: CourseRequest, clinic: Any, diary: Diary) -> Course:
    return plan_course(request, clinic, diary, alternatives=False)[0].sessions


def together(wanted: list[CourseRequest], clinic: Clinic) -> list[Course]:
    """Plan them all at once, within some seconds."""
    until = process_time() + TOGETHER_SECONDS
    referrals = [Referral(request=request) for request in wanted]
    found = admit(referrals, clinic.diary.clinic, clinic.taken, steps=10**6, left=lambda: until - process_time())
    return [plan.sessions if plan.is_complete else () for plan in found.plans]


METHODS: dict[str, Method] = {
    "one by one": one_after_another(exactly),
    "together": together,
    "recurring, first fit": one_after_another(first_fit),
    "recurring, best of 12 times": one_after_another(best_of_slots),
}


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or SITES)
