"""Solve files of the public instance format `tms-plan/1`."""

from collections.abc import Iterator, Mapping
from typing import Any

from .solver.best import solve
from .solver.impossible import Change, changes, furthest
from .solver.instance import Instance
from .solver.problem import Problem

Json = Mapping[str, Any]
LATER = ("authorisation-too-short", "latest-date-too-early")


def answer(data: Json) -> dict[str, Any]:
    """Return the answer to an instance: sessions for each course, how good they are and what bound is proven.

    One course is solved to the optimum. Several are placed one after another, new ones by priority, so that the answer
    is valid but need not be the best; its bound adds up what each course would cost alone.

    Raises BadInstance, KeyError, TypeError or ValueError for a file that cannot be read.
    """
    instance = Instance(data)
    running = [course for course in instance.courses if course.get("repair")]
    if running:
        return _repair(instance, running)
    if len(instance.courses) == 1:
        return _single(instance, instance.courses[0])
    courses = sorted(instance.courses, key=lambda course: -course.get("priority", 1))
    placed = {course["id"]: _place(instance, course) for course in courses}
    done = {name: found for name, found in placed.items() if found}
    return {
        "courses": {name: found and found[0] for name, found in placed.items()},
        "status": "feasible",
        "admitted": len(done),
        "cost": sum(cost for _, cost in done.values()),
        "bound": None,
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


def _repair(instance: Instance, running: list[Json]) -> dict[str, Any]:
    """Repair running courses one after another, each among the old sessions of those that wait."""
    own = {course["id"]: [b for b in instance.bookings if b.get("course") == course["id"]] for course in running}
    for bookings in own.values():
        instance.book(bookings, -1)
    if len(running) == 1:
        return _single(instance, running[0])
    alone = {course["id"]: solve(instance.problem(course)) for course in running}
    for bookings in own.values():
        instance.book(bookings)
    placed = {}
    for course in running:
        instance.book(own[course["id"]], -1)
        placed[course["id"]] = _place(instance, course)
    whole = all(placed.values())
    impossible = not all(alone.values())
    return {
        "courses": {name: found and found[0] for name, found in placed.items()},
        "status": "feasible" if whole else "infeasible" if impossible else "unsolved",
        "cost": sum(found[1] for found in placed.values() if found) if whole else None,
        "bound": None if impossible else sum(solution.cost for solution in alone.values() if solution),
    }
