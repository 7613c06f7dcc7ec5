"""Print how well and how fast running courses are repaired: one after a missed session, and all after a disruption.

    python3 dev.py bench bench_replan

First the clinics of the public instance format: 4 chairs, a chair down for three days or technicians missing, at two
loads. Then `repair_course` and `replan` on the demo's clinic, with people, shifts and reasons.
"""

import sys
from dataclasses import replace
from datetime import date, timedelta
from time import perf_counter

import numpy as np

from scheduler import STRATEGIES, Closure, Diary, Running, check, demo, repair_course, replan
from scheduler.instances import answer
from tests.scheduler import invented_disruptions, judge

MONDAY = date(2026, 3, 2)
SECONDS = (0.0, 2.0, 10.0, 30.0)


def main(seeds: int) -> None:
    """Print all tables."""
    print(f"{'clinic':28} {'courses':>7} {'limit s':>7} {'took s':>7} {'cost':>6} {'bound':>6} {'gap':>7} {'valid':>6}")
    for name, build in (
        ("chair down for three days", invented_disruptions.chair_down),
        ("the same, tight", lambda seed: invented_disruptions.chair_down(seed, tight=True)),
        ("technicians missing", invented_disruptions.technicians_absent),
    ):
        for seed in range(1, seeds + 1):
            instances(f"{name}, seed {seed}", build(seed))
    courses = running()
    missed_sessions(courses)
    disruptions(courses)


def instances(name, case):
    """Time one instance with growing limits."""
    for limit in SECONDS:
        started = perf_counter()
        found = answer(case, steps=10**6, left=lambda: limit - (perf_counter() - started))  # noqa: B023
        took = perf_counter() - started
        errors, costs = judge.check(case, found["courses"])
        fine = "yes" if not errors and sum(cost or 0 for cost in costs.values()) == found["cost"] else "no"
        gap = f"{found['gap']:7.1%}" if found["cost"] is not None else "      -"
        result = f"{found['cost']!s:>6} {found['bound']:6} {gap} {fine:>6}"
        print(f"{name:28} {len(case['courses']):7} {limit:7.0f} {took:7.2f} {result}")


def running():
    """Return the running courses of the demo's clinic at noon of its first day."""
    full = demo.booked_demo_diary(MONDAY)
    return full, [Running(request=course.request, sessions=course.sessions) for course in full.active(MONDAY)]


def missed_sessions(found):
    """Time the repair of each course after its next session was missed."""
    full, courses = found
    times, complete = [], 0
    for course in courses:
        coming = [s for s in course.sessions if s.when.start.date() >= MONDAY]
        if len(coming) < 2:
            continue
        now = coming[0].when.end
        sessions = [replace(s, status="noshow" if s is coming[0] else s.status) for s in course.sessions]
        others = Diary.of(s for other in courses if other is not course for s in other.sessions)
        started = perf_counter()
        first, *_ = repair_course(course.request, full.clinic, others, sessions, now=now)
        times.append(perf_counter() - started)
        complete += first.plan.is_complete
    p50, p95 = (1000 * np.percentile(times, percent) for percent in (50, 95))
    print(f"\nrepair_course, all ways with reasons: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    print(f"{complete} of {len(times)} are complete again")


def disruptions(found):
    """Time a chair that is down for three days, by strategy."""
    full, courses = found
    chair = full.clinic.chairs[0]
    shut = Closure.days(MONDAY + timedelta(1), MONDAY + timedelta(3), full.clinic.sites[0].timezone)
    chairs = tuple(replace(c, closures=(shut,)) if c is chair else c for c in full.clinic.chairs)
    clinic, now = replace(full.clinic, chairs=chairs), shut.when.start - timedelta(hours=12)
    hit = [s for c in courses for s in c.sessions if s.chair == chair.id and shut.when.overlaps(s.when)]
    print(f"\nreplan: {len(courses)} courses, {len(hit)} sessions on the chair")
    print(
        f"{'strategy':22} {'steps':>6} {'s':>6} {'people':>7} {'least':>6} {'sessions':>9} {'least':>6} {'unplaced':>9}"
    )
    for strategy in STRATEGIES:
        for steps in (0, 40):
            started = perf_counter()
            plan = replan(clinic, courses, now=now, strategy=strategy, steps=steps)
            took = perf_counter() - started
            people = f"{plan.people:7} {plan.people_bound:6}"
            sessions = f"{plan.sessions:9} {plan.sessions_bound:6} {len(plan.unplaced):9}"
            print(f"{strategy:22} {steps:6} {took:6.2f} {people} {sessions}")
    new = {touched.course.request.course: touched.repair.plan.sessions for touched in plan.touched}
    after = [s for c in courses for s in new.get(c.request.course, c.sessions) if s.when.start > now]
    print(f"rules that are broken afterwards: {sorted({violation.rule for violation in check(after, clinic)})}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
