"""The weekly rules in numbers: what a week costs or forbids, and how far a course can have come by then."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from .problem import WEEK, Costs, Mask, Problem

Piece = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weeks:
    """Hold the weeks of a problem up to the one that holds the last useful day.

    `most[w]` and `need[w]` bound the treatment days given before week w: no course can have more, and with fewer it
    cannot be finished in time.
    """

    problem: Problem
    count: int
    edges: tuple[int, ...]  # treatment days given before each stretch, and at the end
    positions: tuple[int, ...]  # days of the week on which anything can happen
    possible: tuple[tuple[int, ...], ...]  # [stretch][week]: days that count for the floor
    extra: tuple[int, ...]  # [week]: days delivered before
    most: tuple[int, ...]
    need: tuple[int, ...]
    must: tuple[int, ...]  # [week]: the positions of fixed days as bits
    _before: list[int | None] = field(default_factory=lambda: [0])
    _pieces: dict[tuple[int, int, int, int, int], list[Piece]] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, fits: Mask, last: int) -> "Weeks":
        """Build the weeks up to the day `last`; `fits` [stretch, day] tells where a day of a stretch could be."""
        count = last // WEEK + 1
        edges = tuple(int(edge) for edge in np.cumsum([0, *(stretch.days for stretch in problem.stretches)]))
        allowed = np.array([[s.weekdays >> bit & 1 for bit in range(WEEK)] for s in problem.stretches], dtype=bool)
        most_days = np.array([[stretch.per_week_max] for stretch in problem.stretches])
        open_days = fits[:, : count * WEEK].reshape(-1, count, WEEK) & allowed[:, None]
        room = np.minimum(open_days.sum(axis=2), most_days).tolist()
        possible = np.stack([problem.possible(stretch)[: count * WEEK] for stretch in problem.stretches])
        possible = possible.reshape(-1, count, WEEK) & allowed[:, None]
        positions = [int(position) for position in np.flatnonzero(open_days.any(axis=(0, 1)))]
        extra, must = [0] * count, [0] * count
        for day in problem.done:
            if 0 <= day // WEEK < count:
                extra[day // WEEK] += 1
        for day in problem.fixed:
            # A fixed day on which nothing fits gets a bit that no pattern has.
            if day // WEEK < count:
                must[day // WEEK] |= 1 << (positions.index(day % WEEK) if day % WEEK in positions else WEEK)
        return cls(
            problem=problem,
            count=count,
            edges=edges,
            positions=tuple(positions),
            possible=tuple(map(tuple, possible.sum(axis=2).tolist())),
            extra=tuple(extra),
            most=_most(edges, room, count),
            need=_need(edges, room, count),
            must=tuple(must),
        )

    def day(self, week: int, index: int) -> int:
        """Return the day at an index of `positions`."""
        return WEEK * week + self.positions[index]

    def stretch_at(self, given: int) -> int:
        """Return the stretch that the next treatment day belongs to."""
        return next(f for f in range(len(self.edges) - 1) if given < self.edges[f + 1])

    def price(self, stretch: int, week: int, given: int, count: int) -> int | None:
        """Return what the rules charge for `count` days in a week after `given`, or None when they forbid it."""
        rule, end = self.problem.stretches[stretch], self.edges[stretch + 1]
        extra = self.extra[week] if stretch == 0 else 0
        # A week in which more was given than is allowed by now has to pass, with nothing added.
        if given + count > end or (count and count + extra > rule.per_week_max):
            return None
        if rule.one_week and (given, given + count) != (self.edges[stretch], end):
            return None
        begins = given == 0 and not self.problem.done
        return 0 if begins or given + count == end else self._shortfall(stretch, week, count + extra)

    def pieces(self, stretch: int, week: int, first: int, last: int, count: int) -> list[Piece]:
        """Return (first, last, price) of the numbers given before that may be followed by `count` days this week.

        The last week of a stretch is exempt from the floor and the target, so its row may stand apart.
        """
        key = (stretch, week, first, last, count)
        if key not in self._pieces:
            self._pieces[key] = list(self._find_pieces(*key))
        return self._pieces[key]

    def _find_pieces(self, stretch: int, week: int, first: int, last: int, count: int) -> Iterator[Piece]:
        first, last = max(first, self.need[week + 1] - count), min(last, self.edges[stretch + 1] - count)
        finishing = self.edges[stretch + 1] - count
        unfinished = (first, min(last, finishing - 1))
        price = self.price(stretch, week, first, count) if first <= last else None
        if price == 0 and first <= unfinished[1]:
            unfinished, finishing = (first, last), last + 1
        if price is not None and unfinished[0] <= unfinished[1]:
            yield *unfinished, price
        if first <= finishing <= last and self.price(stretch, week, finishing, count) is not None:
            yield finishing, finishing, 0

    def skipping(self, given: int, week: int) -> int | None:
        """Return the price of a week without any treatment day after `given` of them, or None where it must not be."""
        if self.must[week]:
            return None
        stretch = self.stretch_at(given)
        if given == self.edges[stretch] and (stretch > 0 or not self.problem.done):
            return 0
        return self._shortfall(stretch, week, self.extra[week] if stretch == 0 else 0)

    def skips(self, week: int) -> tuple[list[int], Costs]:
        """Return the numbers given that may pass a week without treatment, and a column of what that costs."""
        low, high = max(1, self.need[week + 1]), min(self.most[week], self.edges[-1] - 1)
        rows: list[int] = []
        prices: list[int] = []
        for begin, end in pairwise(self.edges):
            # All numbers inside a stretch cost the same; where one begins, nothing is missed yet.
            for part in (range(begin, begin + 1), range(begin + 1, end)):
                given = range(max(part.start, low), min(part.stop, high + 1))
                price = self.skipping(given[0], week) if given else None
                if price is not None:
                    rows.extend(given)
                    prices.extend([price] * len(given))
        return rows, np.array(prices, dtype=np.int64)[:, None]

    def before(self, week: int) -> int | None:
        """Return what it costs to begin in this week and not before, or None where it must not be."""
        while len(self._before) <= week:
            paid, skipped = self._before[-1], self.skipping(0, len(self._before) - 1)
            self._before.append(None if paid is None or skipped is None else paid + skipped)
        return self._before[week]

    def _shortfall(self, stretch: int, week: int, have: int) -> int | None:
        rule, possible = self.problem.stretches[stretch], self.possible[stretch][week]
        if have < min(rule.per_week_floor, possible):
            return None
        return self.problem.prices.short * max(0, min(rule.per_week_target, possible) - have)


def _most(edges: tuple[int, ...], room: list[list[int]], weeks: int) -> tuple[int, ...]:
    given, answer = 0, [0]
    for week in range(weeks):
        for stretch in range(len(edges) - 1):
            if edges[stretch] <= given < edges[stretch + 1]:
                given += min(room[stretch][week], edges[stretch + 1] - given)
                break
        answer.append(given)
    return tuple(answer)


def _need(edges: tuple[int, ...], room: list[list[int]], weeks: int) -> tuple[int, ...]:
    given, answer = edges[-1], [edges[-1]]
    for week in reversed(range(weeks)):
        for stretch in range(len(edges) - 1):
            if edges[stretch] < given <= edges[stretch + 1]:
                given -= min(room[stretch][week], given - edges[stretch])
                break
        answer.append(given)
    return tuple(reversed(answer))
