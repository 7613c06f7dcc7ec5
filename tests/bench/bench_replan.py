"""Print how well and how fast running courses are repaired: one after a missed session, and all after a disruption.

    python3 dev.py bench bench_replan

First the clinics of the public instance format: 4 chairs, a chair down for three days or technicians missing, at two
loads. Then `repair_course` and `replan` on the demo's clinic, with people and reasons. Beside each stands what a
program for recurring appointments does: it skips what cannot be held, and appends it at the end. All seconds are of
the processor.
"""

import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from time import process_time

import numpy as np

from scheduler import STRATEGIES, Closure, Diary, Running, check, demo, repair_course, replan
from scheduler.constraints import PLACE, Booked
from scheduler.solver.batch import Batch
from scheduler.solver.batch_floor import Floor
from scheduler.solver.instance import Instance
from tests.scheduler import invented_disruptions, judge

MONDAY = date(2026, 3, 2)
SECONDS = (0, 2, 10, 30)


def main(seeds: int) -> None:
    """Print all tables."""
    print(f"{'way':>14} {'s':>5} {'people':>7} {'sessions':>9} {'cost':>6} {'bound':>6} {'gap':>6} courses broken")
    for name, build in (
        ("chair down for three days", invented_disruptions.chair_down),
        ("the same, tight", lambda seed: invented_disruptions.chair_down(seed, tight=True)),
        ("the same, 75 courses", lambda seed: invented_disruptions.chair_down(seed, load=0.81, daily=0.5)),
        ("technicians missing", invented_disruptions.technicians_absent),
    ):
        for seed in range(seeds):
            instances(f"{name}, {seed}", build(seed))
    courses = running()
    missed_sessions(courses)
    disruptions(courses)


def instances(name, case):
    """Print the answers to one instance after some seconds, beside skipping and appending."""
    instance, started, marks, rows = Instance(case), process_time(), list(SECONDS), []
    batch = Batch(instance, left=lambda: SECONDS[-1] - (process_time() - started))
    for _ in batch.steps():
        took = process_time() - started
        is_proven = batch.value == (0, batch.bound)
        if took >= marks[0] or is_proven:
            way = f"{marks.pop(0)} s" if rows else "one by one"
            rows.append((way, took, {course: batch.sessions(course) for course in batch.floor.courses}))
            marks = [mark for mark in marks if mark > took]
        if not marks or is_proven:
            break
    print(f"{name}: {len(case['courses'])} courses, {len(batch.hit)} sessions of {len(batch.affected)} hit")
    for way, took, answer in (("append", 0.0, appended(case, batch.hit)), *rows):
        line(case, way, took, answer, batch.bound)


def line(case, way, took, answer, bound):
    """Print how good an answer is."""
    errors, costs = judge.check(case, answer)
    moved = Counter()
    for course in case["courses"]:
        old = {(session["date"], session["start"]) for session in course["repair"]["old"]}
        moved[course["id"]] = len(old - {(s["date"], s["start"]) for s in answer[course["id"]] or ()})
    cost = sum(value or 0 for value in costs.values())
    broken = len({error.split(":")[0] for error in errors})
    gap = f"{(cost - bound) / cost:6.1%}" if cost and not errors else "     -"
    counted = f"{sum(map(bool, moved.values())):7} {moved.total():9}"
    print(f"{way:>16} {took:5.1f} {counted} {cost:6} {bound:6} {gap} {broken or ''}")


def appended(case, hit):
    """Return the answer of a program that skips what cannot be held, and appends it where the usual chair is free."""
    instance = Instance(case)
    floor = Floor(instance)
    answer = {name: [s for s in floor.old(name) if (s["date"], name) not in hit] for name in floor.courses}
    for name, sessions in answer.items():
        floor.stand(name, tuple(sessions))
    skipped = []
    for day, name in hit:
        session = next(s for s in floor.old(name) if s["date"] == day)
        if not held(floor, name, session, answer):
            skipped.append(name)
    for name in skipped:
        repair = floor.courses[name]["repair"]
        last = max(date.fromisoformat(day) for day in (repair["old_last"], *(s["date"] for s in answer[name])))
        for days in range(1, (instance.last - last).days + 1):
            day = (last + timedelta(days)).isoformat()
            if held(floor, name, {"date": day, "start": repair["usual_start"], "chair": repair["usual_chair"]}, answer):
                break
    return {name: sorted(sessions, key=lambda s: s["date"]) for name, sessions in answer.items()}


def held(floor, name, session, answer):
    """Hold a session where it is, if it can be."""
    booking = floor.instance.bookings_of(floor.courses[name], [session])
    floor.instance.book(booking)
    if floor.fits(name, session):
        answer[name].append(session)
        return True
    floor.instance.book(booking, -1)
    return False


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
        started = process_time()
        first, *_ = repair_course(course.request, full.clinic, others, sessions, now=now)
        times.append(process_time() - started)
        complete += first.plan.is_complete
    p50, p95 = (1000 * np.percentile(times, percent) for percent in (50, 95))
    print(f"\nrepair_course, all ways with reasons: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    print(f"{complete} of {len(times)} are complete again")


def disruptions(found):
    """Print the replans of a chair that is down for three days, by strategy, beside skipping and appending."""
    full, courses = found
    chair = full.clinic.chairs[0]
    shut = Closure.days(MONDAY + timedelta(1), MONDAY + timedelta(3), full.clinic.sites[0].timezone)
    chairs = tuple(replace(c, closures=(shut,)) if c is chair else c for c in full.clinic.chairs)
    clinic, now = replace(full.clinic, chairs=chairs), shut.when.start - timedelta(hours=12)
    hit = [s for c in courses for s in c.sessions if s.chair == chair.id and shut.when.overlaps(s.when)]
    people = len({s.patient for s in hit})
    print(f"\nreplan: {len(courses)} courses, {len(hit)} sessions of {people} people on the chair")
    print(
        f"{'strategy':20} {'s':>5} {'people':>7} {'least':>6} {'sessions':>9} {'least':>6} {'days':>5} unplaced broken"
    )
    for strategy in STRATEGIES:
        for limit in SECONDS:
            started = process_time()
            options = {"steps": 10**6, "left": lambda: limit - (process_time() - started)} if limit else {"steps": 0}  # noqa: B023
            plan = replan(clinic, courses, now=now, strategy=strategy, **options)
            took = process_time() - started
            new = {item.course.request.course: item.repair.plan.sessions for item in plan.touched}
            after = [s for c in courses for s in new.get(c.request.course, c.sessions) if s.when.start > now]
            days = sum(item.repair.effect.moved_days for item in plan.touched)
            numbers = f"{plan.people:7} {plan.people_bound:6} {plan.sessions:9} {plan.sessions_bound:6} {days:5}"
            print(f"{strategy:20} {took:5.1f} {numbers} {len(plan.unplaced):8} {len(check(after, clinic)) or ''}")
    append_in_the_diary(clinic, courses, hit)


def append_in_the_diary(clinic, courses, hit):
    """Print what becomes of the diary when sessions are skipped, and appended at their time on free days."""
    booked = Booked(clinic, [s for c in courses for s in c.sessions if s not in hit])
    broken = set()
    for course in courses:
        sessions = [s for s in course.sessions if s not in hit]
        for lost in (s for s in course.sessions if s in hit):
            last = max(s.when.start for s in (*sessions, lost) if s.kind == lost.kind)
            for days in count(1):
                shift = timedelta((last - lost.when.start).days + days)
                new = replace(lost, when=replace(lost.when, start=lost.when.start + shift, end=lost.when.end + shift))
                if all(rule(new, booked) is None for rule in PLACE):
                    break
            booked.add(new)
            sessions.append(new)
        if {s.course for s in hit} & {course.request.course} and check(sessions, clinic, [course.request]):
            broken.add(course.request.course)
    people, lost = len({s.patient for s in hit}), len(hit)
    print(f"{'skip and append':20} {0:5.1f} {people:7} {'':6} {lost:9} {'':6} {lost:5} {0:8} {len(broken)} courses")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
