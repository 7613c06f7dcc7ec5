"""Repair many running courses together: the fewest dates lost, then the smallest shifts, with a proven bound.

First every course is repaired by itself, so that there is an answer soon. Then each affected day is packed as a whole,
and courses that lose a day are repaired exactly. At last pieces of the days are rearranged as well as can be, and
groups of courses are taken off and stood up again in another order, for as long as the caller likes.
"""

import random
from collections.abc import Iterator
from math import inf

from .batch_days import Days, Patience
from .batch_floor import Floor
from .batch_standing import Standing
from .instance import Instance

SHUFFLED = 0.3  # how often the course that pays does not choose first
NEAR_MINUTES = 90
TRIES = 10  # to place each course that has no place
# Minutes of a day that are rearranged at once, and how dear the options are that are looked at.
PIECES = ((90, 12), (120, 12), (180, 12))
SEARCHES = 20  # of days, before anything else is tried
ORDERS = 40  # groups of courses that are tried one after another


class Batch:
    """Hold the best repair so far of all running courses of an instance; `steps` makes it better.

    With `domino` at most so many sessions a day that nothing happened to may move; 0 leaves all other courses alone.
    """

    def __init__(
        self, instance: Instance, *, domino: int | None = None, seed: int = 0, left: Patience = lambda: inf
    ) -> None:
        self.floor, self._left, self._rng = Floor(instance), left, random.Random(seed)
        self._standing = Standing(self.floor, domino)
        self._days = Days(self._standing, domino, seed, left)

    @property
    def affected(self) -> list[str]:
        """Return the courses that something happened to."""
        return self._standing.affected

    @property
    def hit(self) -> list[tuple[str, str]]:
        """Return the old sessions that cannot stand, by date and course."""
        return sorted((date, name) for date, names in self._standing.dates.items() for name in names)

    @property
    def missing(self) -> list[str]:
        """Return the courses without a place."""
        return self._standing.missing

    @property
    def impossible(self) -> list[str]:
        """Return the courses that would have no place even if no other course stood anywhere."""
        return [name for name in self.missing if self.floor.alone(name) is None]

    def sessions(self, name: str) -> list[dict[str, str]] | None:
        """Return the sessions of a course, or None when it has no place."""
        kept = self._standing.kept.get(name)
        return [dict(session) for session in kept.sessions] if kept else None

    @property
    def cost(self) -> int:
        """Return what the courses with a place cost together."""
        return self._standing.cost

    @property
    def bound(self) -> int:
        """Return a cost that no repair of all courses is below."""
        return max(0, self._days.bound)

    @property
    def value(self) -> tuple[int, int]:
        """Return what is made as small as possible: courses without a place, then the cost."""
        return self._standing.value

    def steps(self) -> Iterator[None]:
        """Improve the answer step by step; after each step it is valid, and never worse than before."""
        self._one_by_one()
        yield
        if self.impossible:
            return
        yield from self._days.relax()
        self._days.dive()
        self._fill_in()
        yield
        while self.value > (0, self.bound):
            yield from self._search()
            yield from self._polish(self._rng.randrange(PIECES[0][0]))
            yield from self._shake()

    def _search(self) -> Iterator[None]:
        """Look for better packings of the days, mostly of those of which least is known."""
        for _ in range(SEARCHES):
            gaps = self._days.gaps
            if self.value > (0, self.bound) and any(gaps):
                self._days.search(self._rng.choices(range(len(gaps)), gaps)[0])
                yield

    def _one_by_one(self) -> None:
        """Let the others stand as they were, and repair the affected courses one after another."""
        standing = self._standing
        for name, kept in standing.old.items():
            if kept is not None and name not in standing.affected:
                standing.put(name, kept)
        standing.repair(standing.affected)
        self._fill_in()

    def _polish(self, shift: int = 0) -> Iterator[None]:
        """Rearrange pieces of the affected days, longer ones where shorter ones do not help, until none does."""
        width = 0
        while width < len(PIECES) and self._left() > 0:
            before, (minutes, near) = self.value, PIECES[width]
            for number in range(len(self._days)):
                for begin, end in self._pieces(minutes, shift):
                    self._days.mend(number, begin, end, near)
                    yield
            self._descend()
            width = 0 if self.value < before else width + 1

    def _pieces(self, minutes: int, shift: int) -> Iterator[tuple[int, int]]:
        """Yield the cells of overlapping pieces of a day."""
        unit, cells = self.floor.instance.unit, self.floor.instance.cells
        length = max(2, minutes // unit)
        yield from ((begin, begin + length) for begin in range(-(shift // unit), cells, length // 2))

    def _descend(self) -> None:
        """Repair each course that costs anything among the others, until that helps no more."""
        better = True
        while better and self._left() > 0:
            before = self.value
            for name in self._standing.paying():
                self._standing.again([name])
            better = self.value < before

    def _shake(self) -> Iterator[None]:
        """Try groups of courses in another order."""
        for _ in range(ORDERS):
            if self.value > (0, self.bound):
                self._disturb()
                yield

    def _disturb(self) -> None:
        """Take two or three courses that are in each other's way off the floor, and stand them up in another order."""
        paying = self._standing.paying()
        focus = self._rng.choice([name for name in paying if name in self.missing] or paying)
        others = self._neighbours(focus)
        group = [focus, *self._rng.sample(others, min(len(others), self._rng.choice((1, 1, 2, 2, 3))))]
        if self._rng.random() < SHUFFLED:
            self._rng.shuffle(group)
        self._standing.again(group)

    def _neighbours(self, focus: str) -> list[str]:
        """Return the courses that stand about where this one would like to be on one of the dates that cost it."""
        wished = {session["date"]: session["start"] for session in self.floor.old(focus)}
        now = self.sessions(focus) or []
        same = {session["date"] for session in now if session in self.floor.old(focus)}
        dates = sorted((wished.keys() | {session["date"] for session in now}) - same)
        if not dates:
            return []
        date = self._rng.choice(dates)
        time = _minute(wished.get(date, self.floor.courses[focus]["repair"]["usual_start"]))
        return [
            name
            for name in self._standing.movable()
            for session in self.floor.standing.get(name, ())
            if name != focus and session["date"] == date and abs(_minute(session["start"]) - time) <= NEAR_MINUTES
        ]

    def _fill_in(self) -> None:
        """Try to place the courses that have no place, at the expense of others, even if the time is up by then."""
        for _ in range(TRIES * len(self.missing)):
            if self.missing:
                self._disturb()


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])
