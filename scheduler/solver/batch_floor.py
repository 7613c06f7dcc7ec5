"""Running courses of an instance on one floor: who stands where, and what each of them costs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from scheduler.hours import clock

from .best import solve
from .instance import Instance
from .problem import Costs, Problem

NEVER = 10_000  # dearer than any shift within a day

Json = Mapping[str, Any]
Sessions = tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Hold the sessions of one course, and what it costs to have them there instead of where they were."""

    sessions: Sessions
    cost: int


class Floor:
    """Hold an instance from which all running courses are withdrawn, to stand them up again one by one."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.courses = {course["id"]: course for course in instance.courses if course.get("repair")}
        self.standing: dict[str, Sessions] = {}
        self._judged: dict[tuple[str, tuple[tuple[str, str, str], ...]], Kept | None] = {}
        instance.book([booking for booking in instance.bookings if booking.get("course") in self.courses], -1)
        self.empty = {name: instance.problem(course) for name, course in self.courses.items()}
        self._old = {name: _in_order(course["repair"]["old"]) for name, course in self.courses.items()}
        self._rows = {name: self._rows_of(name) for name in self.courses}
        self._only = {
            name: {session["date"]: session for session in old if self.is_simple(name)}
            for name, old in self._old.items()
        }

    def old(self, name: str) -> Sessions:
        """Return the sessions of a course as they were before."""
        return self._old[name]

    def stand(self, name: str, sessions: Sessions) -> None:
        """Let a course take the places of its sessions."""
        self.instance.book(self.instance.bookings_of(self.courses[name], sessions))
        self.standing[name] = sessions

    def withdraw(self, name: str) -> None:
        """Take a course off its places."""
        if sessions := self.standing.pop(name, ()):
            self.instance.book(self.instance.bookings_of(self.courses[name], sessions), -1)

    def best(self, name: str) -> Kept | None:
        """Return the cheapest sessions of a course among all that stand now."""
        return self._solved(name, self.instance.problem(self.courses[name]))

    def alone(self, name: str) -> Kept | None:
        """Return the cheapest sessions of a course if no other course stood anywhere."""
        return self._solved(name, self.empty[name])

    def leaving(self, name: str, dates: Iterable[str]) -> tuple[int, int]:
        """Return what a course pays at least for each of some old dates that it leaves, beyond the lost date itself.

        The second number is what it then pays at least for all else (below nothing when that was too much): whatever
        dates it leaves, its cost is never below the sum of both and of what its places on the other dates cost.
        """
        problem, lost = self.empty[name], self.instance.weights["moved_day"]
        keep, days = problem.keep, [self.place(name, s)[0] for s in self.old(name) if s["date"] in set(dates)]
        assert keep is not None
        each = NEVER
        while True:
            price = keep.price.copy()
            price[days] = lost + each
            solution = solve(replace(problem, keep=replace(keep, price=price)))
            if solution is None:
                return 0, 0
            rest = solution.cost - (lost + each) * len(days)
            left = len(set(days) - {place.day for place in solution.places})
            fair = (rest + each * left) // left if left else each
            if fair >= each:
                return each, rest
            each = max(fair, 0)

    def lost(self, name: str, gone: Collection[str], stay: Collection[str]) -> int:
        """Return what a course that leaves some old dates pays at least, but for its places where it stays."""
        problem = self.empty[name]
        assert problem.keep is not None
        price, room = problem.keep.price.copy(), problem.roles[0].room.copy()
        for session in self.old(name):
            day = self.place(name, session)[0]
            if session["date"] in stay:
                price[day] = 0
            if session["date"] in gone:
                room[day] = False
        roles = (replace(problem.roles[0], room=room), *problem.roles[1:])
        solution = solve(replace(problem, roles=roles, keep=replace(problem.keep, price=price)))
        return NEVER if solution is None else solution.cost

    def judge(self, name: str, sessions: Sessions) -> Kept | None:
        """Return what a course costs at given places, or None when it breaks a rule there."""
        key = name, tuple((session["date"], session["start"], session["chair"]) for session in sessions)
        if key not in self._judged:
            self._judged[key] = self._judge(name, sessions)
        return self._judged[key]

    def _judge(self, name: str, sessions: Sessions) -> Kept | None:
        problem = self.empty[name]
        only = np.zeros_like(problem.roles[0].room)
        for session in sessions:
            day, chair, start = self.place(name, session)
            if not (0 <= day < problem.days and 0 <= start < problem.starts):
                return None
            only[day, chair, start] = True
        if len(sessions) != problem.sessions or len(sessions) != only.sum():
            return None
        role = replace(problem.roles[0], room=problem.roles[0].room & only)
        return self._solved(name, replace(problem, roles=(role, *problem.roles[1:])))

    def place(self, name: str, session: Mapping[str, str]) -> tuple[int, int, int]:
        """Return (day, chair, start) of a session in the problem of its course."""
        problem, instance = self.empty[name], self.instance
        chair, minute = instance.chairs.get(session["chair"]), _minute(session["start"])
        if chair is None:
            raise ValueError(f"Course {name} names the chair {session['chair']!r}, which is not in the file.")
        day = self.day(session["date"]) - (instance.days - problem.days)
        return day, chair, (minute - instance.opens) // instance.grid

    def day(self, when: str) -> int:
        """Return the number of an ISO date on the floor."""
        return self.instance.day(date.fromisoformat(when))

    def is_simple(self, name: str) -> bool:
        """Tell whether a course has one session a day, which takes each of its pools once."""
        rows = self.rows(name)
        return self.courses[name].get("per_day", 1) == 1 and all(len(set(row)) == len(row) for row in rows.tolist())

    def only(self, name: str, day: str) -> Mapping[str, str] | None:
        """Return the old session of a simple course on a date."""
        return self._only[name].get(day)

    def moved(self, session: Mapping[str, str], chair: int, start: int) -> Mapping[str, str]:
        """Return a session at another place of its day."""
        instance = self.instance
        name, minute = tuple(instance.chairs)[chair], instance.opens + start * instance.grid
        return {"date": session["date"], "start": clock(minute), "chair": name}

    def fits(self, name: str, session: Mapping[str, str]) -> bool:
        """Tell whether the place of a session that stands is open to its course, and not taken twice."""
        instance, problem = self.instance, self.empty[name]
        day, chair, start = self.place(name, session)
        if (
            not (0 <= day < problem.days and 0 <= start < problem.starts)
            or not problem.roles[0].room[day, chair, start]
        ):
            return False
        cells = slice(start * problem.step, start * problem.step + problem.roles[0].length)
        here = self.day(session["date"])
        pools = self.rows(name)[chair, 1:] - len(instance.chairs)
        free = instance.taken[here, chair, cells].max() <= 1 and (instance.units[here, pools, cells] >= 0).all()
        return bool(free and problem.patient[day, cells].all() and problem.chairs[chair] and problem.usable()[day])

    def rows(self, name: str) -> Costs:
        """Return [chair, n]: the chair itself and the pools that a session on it takes from, chairs counted first."""
        return self._rows[name]

    @property
    def last_row(self) -> int:
        """Return the row after those of all cells of a day."""
        return self.instance.cells * (len(self.instance.chairs) + len(self.instance.pools))

    def room(self, day: str) -> Costs:
        """Return how many sessions each cell of each chair and pool can take on a date, as things stand."""
        number = self.day(day)
        chairs = (self.instance.taken[number] == 0).ravel()
        return np.concatenate([chairs, np.maximum(self.instance.units[number], 0).ravel()]).astype(np.int64)

    def _rows_of(self, name: str) -> Costs:
        chairs, pools = self.instance.data["chairs"], self.instance.pools
        names = [
            [_pool(pools, chair["site"], pool) for pool in self.courses[name].get("pools", ())] for chair in chairs
        ]
        rows = [[number, *(len(chairs) + pools[pool] for pool in row)] for number, row in enumerate(names)]
        return np.array(rows, dtype=np.int64)

    def _solved(self, name: str, problem: Problem) -> Kept | None:
        solution = solve(problem)
        if solution is None:
            return None
        return Kept(sessions=tuple(self.instance.sessions(solution, problem)), cost=solution.cost)


def _in_order(sessions: Iterable[Mapping[str, str]]) -> Sessions:
    plain = ({key: session[key] for key in ("date", "start", "chair")} for session in sessions)
    return tuple(sorted(plain, key=lambda session: (session["date"], session["start"])))


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _pool(pools: Mapping[str, int], site: str, name: str) -> str:
    return name if name in pools else f"{site}/{name}"
