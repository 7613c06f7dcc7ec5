"""Solve files of the public instance format `tms-plan/1`."""

from collections.abc import Iterator, Mapping
from itertools import islice
from math import inf
from typing import Any

from .solver.admission import Intake
from .solver.admission_instance import InstanceFloor
from .solver.batch import Batch
from .solver.batch_days import Patience
from .solver.best import solve
from .solver.impossible import Change, changes, furthest
from .solver.instance import Instance
from .solver.problem import Problem

Json = Mapping[str, Any]
STEPS = 600
LATER = ("authorisation-too-short", "latest-date-too-early")


def answer(data: Json, *, steps: int = STEPS, left: Patience = lambda: inf, seed: int = 0) -> dict[str, Any]:
    """Return the answer to an instance: sessions for each course, how good they are and what bound is proven.

    One course is solved to the optimum. Several new ones are admitted together: `bound` is then the most priority that
    any answer could admit, and `cost_bound` the least that admitting so much could cost. Several running ones are
    repaired together. Both go on for so many steps as long as any seconds are `left`; without a limit in seconds the
    same file and seed have the same answer.

    Raises BadInstance, KeyError, TypeError or ValueError for a file that cannot be read.
    """
    instance = Instance(data)
    running = [course for course in instance.courses if course.get("repair")]
    if running:
        return _repair(instance, running, steps, left, seed)
    if len(instance.courses) == 1:
        return _single(instance, instance.courses[0])
    return _intake(instance, steps, left, seed)


def _intake(instance: Instance, steps: int, left: Patience, seed: int) -> dict[str, Any]:
    """Admit as much priority as possible, then at the least cost; there is a bound on both."""
    floor = InstanceFloor(instance)
    intake = Intake(floor, seed)
    intake.run(steps, left)
    cost, cost_bound = intake.cost, intake.cost_bound
    names = [candidate.name for candidate in floor.candidates]
    places = {names[number]: floor.sessions(number, stood.places) for number, stood in intake.best.items()}
    return {
        "courses": {name: places.get(name) for name in names},
        "status": "optimal" if intake.is_full and cost == cost_bound else "feasible",
        "admitted": len(places),
        "priority": floor.rank(intake.priority),
        "bound": floor.rank(intake.bound),
        "gap": floor.rank(intake.bound - intake.priority),
        "cost": cost,
        "cost_bound": cost_bound,
        "cost_gap": round((cost - cost_bound) / max(cost, 1), 4),
    }


def _single(instance: Instance, course: Json) -> dict[str, Any]:
    problem = instance.problem(course)
    found = _place(instance, course)
    if found is None:
        reasons = list(_reasons(instance, course, problem))
        return {"courses": {course["id"]: None}, "status": "infeasible", "bound": None, "reasons": reasons}
    sessions, cost = found
    return {"courses": {course["id"]: sessions}, "status": "optimal", "cost": cost, "bound": cost}


def _reasons(instance: Instance, course: Json, problem: Problem) -> Iterator[dict[str, Any]]:
    """Yield how far the course comes, and the changes that would help, smallest first."""
    last, most = instance.date_of(problem, problem.last), furthest(problem)
    placed = len(most.places) if most else 0
    yield {"code": "no-place", "placed": placed, "sessions": problem.sessions, "last_date": last}
    for change in changes(problem):
        yield from _reason(instance, course, problem, change)


def _reason(instance: Instance, course: Json, problem: Problem, change: Change) -> Iterator[dict[str, Any]]:
    data = change.data
    if change.what == "units":
        yield {"code": "too-few-units", **data}
    elif change.what == "last":
        needed = instance.date_of(problem, data["needed"])
        limits = ((course.get("authorisation") or {}).get("to"), course.get("latest_date"))
        for limit, code, name in zip(limits, LATER, ("last_date", "latest_date"), strict=True):
            if limit and limit < needed:
                yield {"code": code, name: limit, "needed_date": needed}
    elif change.what == "away":
        yield {"code": "patient-away", "date": instance.date_of(problem, data["day"])}
    elif change.what in ("hours", "weekday"):
        start, end = (instance.clock_of(data[name]) for name in ("begin", "end"))
        weekday = (instance.week_starts_on + data["weekday"]) % 7
        yield {"code": "widen-availability", "weekday": weekday, "start": start, "end": end}
    elif change.what == "floor":
        minimum = problem.stretches[data["stretch"]].per_week_floor
        yield {"code": "allow-fewer-a-week", "phase": data["stretch"], "minimum": minimum, "allowed": data["floor"]}
    elif change.what == "gap":
        allowed = problem.stretches[data["stretch"]].max_gap
        yield {"code": "allow-longer-gap", "phase": data["stretch"], "days": data["gap"], "allowed": allowed}


def _place(instance: Instance, course: Json) -> tuple[list[dict[str, str]], int] | None:
    """Place a course and book it."""
    problem = instance.problem(course)
    solution = solve(problem)
    if solution is None:
        return None
    sessions = instance.sessions(solution, problem)
    instance.book(instance.bookings_of(course, sessions))
    return sessions, solution.cost


def _repair(instance: Instance, running: list[Json], steps: int, left: Patience, seed: int) -> dict[str, Any]:
    if len(running) == 1:
        instance.book([b for b in instance.bookings if b.get("course") == running[0]["id"]], -1)
        return _single(instance, running[0])
    batch = Batch(instance, seed=seed, left=left)
    for _ in islice(batch.steps(), max(steps, 1)):
        if left() <= 0:
            break
    found: dict[str, Any] = {
        "courses": {name: batch.sessions(name) for name in batch.floor.courses},
        "cost": None,
        "bound": None if batch.impossible else batch.bound,
    }
    if batch.missing:
        nowhere = batch.impossible or batch.missing
        reasons = [{"code": "no-place", "course": name} for name in nowhere]
        return found | {"status": "infeasible" if batch.impossible else "unsolved", "reasons": reasons}
    gap = round((batch.cost - batch.bound) / max(batch.cost, 1), 4)
    return found | {"status": "optimal" if batch.cost == batch.bound else "feasible", "cost": batch.cost, "gap": gap}
