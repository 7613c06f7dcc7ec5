"""Repair many running courses together: the fewest dates lost, then the smallest shifts, with a proven bound.

First every course is repaired by itself, so that there is an answer soon. Then each affected day is packed as a whole,
courses that lose a day are repaired exactly, and at last groups of courses are taken off and stood up again, in
another order, for as long as the caller likes.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from .batch_day import Day, day_of
from .batch_floor import Floor, Kept, Sessions
from .batch_packing import Packed, Relaxed, improve, pack, prove, relax
from .instance import Instance

SHUFFLED = 0.3  # how often the course that pays does not choose first
NEAR_MINUTES = 90
TRIES = 30
AGAIN = 2

Patience = Callable[[], float]  # the seconds that are left


@dataclass(slots=True, eq=False)
class _Affected:
    """Hold an affected day with what is known about it."""

    day: Day
    relaxed: Relaxed
    packed: Packed


class Batch:
    """Hold the best repair so far of all running courses of an instance; `steps` makes it better.

    With `domino` at most so many sessions a day that nothing happened to may move; 0 leaves all other courses alone.
    """

    def __init__(
        self, instance: Instance, *, domino: int | None = None, seed: int = 0, left: Patience = lambda: inf
    ) -> None:
        self.floor, self.domino, self._left, self._rng = Floor(instance), domino, left, random.Random(seed)
        self.kept: dict[str, Kept] = {}
        self.bound = 0
        self._old = {name: self.floor.judge(name, self.floor.old(name)) for name in self.floor.courses}
        self._affected = self._affected_sessions()
        self._days: list[_Affected] = []
        self._leaving: dict[str, int] = {}
        self._rest: dict[str, int] = {}
        self._paid: dict[str, int] = {}
        broken = {name for name, kept in self._old.items() if kept is None}
        self.affected = sorted(broken | {name for names in self._affected.values() for name in names})

    @property
    def missing(self) -> list[str]:
        """Return the courses without a place."""
        return [name for name in self.floor.courses if name not in self.kept]

    @property
    def impossible(self) -> list[str]:
        """Return the courses that would have no place even if no other course stood anywhere."""
        return [name for name in self.missing if self.floor.alone(name) is None]

    def sessions(self, name: str) -> list[dict[str, str]] | None:
        """Return the sessions of a course, or None when it has no place."""
        return [dict(session) for session in self.kept[name].sessions] if name in self.kept else None

    @property
    def cost(self) -> int:
        """Return what the courses with a place cost together."""
        return sum(kept.cost for kept in self.kept.values())

    @property
    def value(self) -> tuple[int, int]:
        """Return what is made as small as possible: courses without a place, then the cost."""
        return len(self.floor.courses) - len(self.kept), self.cost

    def steps(self) -> Iterator[None]:
        """Improve the answer step by step; after each step it is valid, and never worse than before."""
        self._one_by_one()
        yield
        if self.impossible:
            return
        self._price_leaving()
        self._pack_days()
        yield
        self._descend()
        yield
        for _ in range(AGAIN):
            self._pack_again()
            yield
        for better in (improve, prove):
            for known in self._days:
                known.packed = better(known.day.packing, known.relaxed, known.packed, self._left())
                self._sum_bounds()
                yield
            self._stand_as_packed([(known.day, known.packed) for known in self._days])
            self._descend()
            yield
        while self.value > (0, self.bound):
            self._disturb()
            yield

    # -- beginnings

    def _affected_sessions(self) -> dict[str, set[str]]:
        """Return for each date the courses whose old session cannot stand, by itself or beside all the others."""
        floor, found = self.floor, dict[str, set[str]]()
        for name in floor.courses:
            floor.stand(name, floor.old(name))
        for name in floor.courses:
            for session in floor.old(name):
                if not floor.fits(name, session):
                    found.setdefault(session["date"], set()).add(name)
        for name in floor.courses:
            floor.withdraw(name)
        return found

    def _one_by_one(self) -> None:
        """Let the others stand as they were, and repair the affected courses one after another."""
        for name, kept in self._old.items():
            if kept is not None and name not in self.affected:
                self._put(name, kept)
        for name in self.affected:
            if (kept := self.floor.best(name)) is not None:
                self._put(name, kept)

    def _price_leaving(self) -> None:
        """Find out what leaving an affected day costs each course at least, and the rest of its cost."""
        floor = self.floor
        for name in floor.courses:
            dates = [date for date in self._affected if floor.only(name, date)]
            if dates or name in self.affected:
                self._leaving[name], self._rest[name] = floor.leaving(name, dates)
        self._paid.update(self._leaving)

    # -- whole days

    def _pack_days(self) -> None:
        """Pack every affected day, and take the outcome if it is better."""
        best = dict(self.kept)
        self._clear()
        if self.domino is not None:
            for name in self.floor.courses:
                if name not in self.affected and not self.floor.is_simple(name):
                    self.floor.stand(name, self.floor.old(name))
        for date, names in sorted(self._affected.items()):
            day = day_of(self.floor, date, names, self.domino, self._leaving)
            relaxed = relax(day.packing)
            self._days.append(_Affected(day, relaxed, pack(day.packing, relaxed)))
        self._sum_bounds()
        self._stand_up(best)
        self._stand_as_packed([(known.day, known.packed) for known in self._days])

    def _pack_again(self) -> None:
        """Pack the days with what leaving them really cost those that left, which may make others leave instead."""
        floor, days = self.floor, list[tuple[Day, Packed]]()
        best = dict(self.kept)
        self._clear()
        for date, names in sorted(self._affected.items()):
            day = day_of(floor, date, names, self.domino, self._paid)
            days.append((day, pack(day.packing, relax(day.packing))))
        self._stand_up(best)
        self._stand_as_packed(days)
        self._descend()

    def _learn(self, names: Iterable[str]) -> None:
        """Note what leaving cost those that left an affected day: all that they pay but for their other places."""
        for name in names:
            dates = {date for date in self._affected if self.floor.only(name, date)}
            kept, keep = self.kept.get(name), self.floor.empty[name].keep
            here = [session for session in (kept.sessions if kept else ()) if session["date"] in dates]
            if kept and keep and len(here) < len(dates):
                paid = kept.cost - sum(int(keep.price[self.floor.place(name, session)]) for session in here)
                each = paid // (len(dates) - len(here)) - self.floor.instance.weights["moved_day"]
                self._paid[name] = max(self._paid.get(name, 0), each)

    def _stand_as_packed(self, days: Sequence[tuple[Day, Packed]]) -> None:
        """Stand all courses where the packings of the days have them; repair those that lose a day around them."""
        before = dict(self.kept)
        chosen = {day.date: day.chosen(packed) for day, packed in days}
        left: dict[str, Sessions] = {}
        self._clear()
        for name, old in self._old.items():
            sessions = self._moved(name, chosen)
            same = sessions == self.floor.old(name)
            kept = old if same else self.floor.judge(name, sessions)
            if kept is not None:
                self._put(name, kept)
            else:
                self.floor.stand(name, sessions)
                left[name] = sessions
        for name in sorted(left, key=lambda name: (len(left[name]), name)):
            self.floor.withdraw(name)
            if (kept := self.floor.best(name)) is not None:
                self._put(name, kept)
        self._learn(left)
        self._fill_in()
        if self.value > (len(self.floor.courses) - len(before), sum(kept.cost for kept in before.values())):
            self._stand_up(before)

    def _moved(self, name: str, chosen: dict[str, dict[str, tuple[int, int] | None]]) -> Sessions:
        """Return the old sessions of a course as the packings have them, without those that leave their day."""
        if not self.floor.is_simple(name) and (self.domino is None or name in self.affected):
            return ()
        found = []
        for session in self.floor.old(name):
            place = chosen.get(session["date"], {}).get(name, self.floor.place(name, session)[1:])
            if place is not None:
                found.append(self.floor.moved(session, *place))
        return tuple(found)

    # -- courses

    def _descend(self) -> None:
        """Repair each course that costs anything among the others, until that helps no more."""
        better = True
        while better and self._left() > 0:
            before = self.value
            for name in [name for name in self._movable() if name not in self.kept or self.kept[name].cost]:
                self._again([name])
            better = self.value < before

    def _disturb(self) -> None:
        """Take two or three courses that are in each other's way off the floor, and stand them up in another order."""
        paying = [name for name in self._movable() if name not in self.kept or self.kept[name].cost]
        focus = self._rng.choice([name for name in paying if name not in self.kept] or paying)
        others = self._neighbours(focus)
        group = [focus, *self._rng.sample(others, min(len(others), self._rng.choice((1, 1, 2, 2, 3))))]
        if self._rng.random() < SHUFFLED:
            self._rng.shuffle(group)
        self._again(group)

    def _neighbours(self, focus: str) -> list[str]:
        """Return the courses that stand about where this one would like to be on one of the dates that cost it."""
        wished = {session["date"]: session["start"] for session in self.floor.old(focus)}
        now = self.kept[focus].sessions if focus in self.kept else ()
        same = {session["date"] for session in now if session in self.floor.old(focus)}
        dates = sorted((wished.keys() | {session["date"] for session in now}) - same)
        if not dates:
            return []
        date = self._rng.choice(dates)
        time = _minute(wished.get(date, self.floor.courses[focus]["repair"]["usual_start"]))
        return [
            name
            for name in self._movable()
            for session in self.floor.standing.get(name, ())
            if name != focus and session["date"] == date and abs(_minute(session["start"]) - time) <= NEAR_MINUTES
        ]

    def _movable(self) -> list[str]:
        """Return the courses that may be changed: all, or those that something happened to or that have moved."""
        old, kept = self._old, self.kept
        return [
            name
            for name in self.floor.courses
            if self.domino is None or name in self.affected or kept.get(name) != old[name]
        ]

    def _again(self, group: Sequence[str]) -> None:
        """Repair some courses in this order, and keep that unless it is worse."""
        floor, before, value = self.floor, {name: self.kept.get(name) for name in group}, self.value
        for name in group:
            self._drop(name)
        for name in group:
            if (kept := floor.best(name)) is not None:
                self._put(name, kept)
        if self.value > value:
            for name in group:
                self._drop(name)
            for name, kept in before.items():
                if kept is not None:
                    self._put(name, kept)

    def _fill_in(self) -> None:
        """Try to place the courses that have no place, at the expense of others."""
        for _ in range(TRIES * len(self.missing)):
            if self.missing and self._left() > 0:
                self._disturb()

    # -- the floor

    def _put(self, name: str, kept: Kept) -> None:
        self.kept[name] = kept
        self.floor.stand(name, kept.sessions)

    def _drop(self, name: str) -> None:
        self.kept.pop(name, None)
        self.floor.withdraw(name)

    def _clear(self) -> None:
        for name in self.floor.courses:
            self._drop(name)

    def _stand_up(self, kept: dict[str, Kept]) -> None:
        self._clear()
        for name, value in kept.items():
            self._put(name, value)

    def _sum_bounds(self) -> None:
        """Add up what is proven of each affected day, and of what each course pays beside."""
        days = sum(max(known.relaxed.bound, known.packed.bound) for known in self._days)
        self.bound = max(self.bound, days + sum(self._rest.values()))


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
