"""Solve files of the public instance format `tms-plan/1`."""

from collections.abc import Mapping
from typing import Any

from .solver.best import solve
from .solver.instance import Instance

Json = Mapping[str, Any]


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
    courses = sorted(instance.courses, key=lambda course: -course.get("priority", 1))
    placed = {course["id"]: _place(instance, course) for course in courses}
    if len(courses) == 1:
        return _single(*placed.values(), course=courses[0])
    done = {name: found for name, found in placed.items() if found}
    return {
        "courses": {name: found and found[0] for name, found in placed.items()},
        "status": "feasible",
        "admitted": len(done),
        "cost": sum(cost for _, cost in done.values()),
        "bound": None,
    }


def _single(found: tuple[list[dict[str, str]], int] | None, *, course: Json) -> dict[str, Any]:
    if found is None:
        return {"courses": {course["id"]: None}, "status": "infeasible", "bound": None, "reasons": []}
    sessions, cost = found
    return {"courses": {course["id"]: sessions}, "status": "optimal", "cost": cost, "bound": cost}


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
    alone = {course["id"]: solve(instance.problem(course)) for course in running}
    if len(running) > 1:
        for bookings in own.values():
            instance.book(bookings)
    placed = {}
    for course in running:
        if len(running) > 1:
            instance.book(own[course["id"]], -1)
        placed[course["id"]] = _place(instance, course)
    if len(running) == 1:
        return _single(*placed.values(), course=running[0])
    whole = all(placed.values())
    impossible = not all(alone.values())
    return {
        "courses": {name: found and found[0] for name, found in placed.items()},
        "status": "feasible" if whole else "infeasible" if impossible else "unsolved",
        "cost": sum(found[1] for found in placed.values() if found) if whole else None,
        "bound": None if impossible else sum(solution.cost for solution in alone.values() if solution),
    }
