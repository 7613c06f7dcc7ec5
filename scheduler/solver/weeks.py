"""The weekly rules in numbers: what a week costs or forbids, and how far a course can have come by then."""

from dataclasses import dataclass

import numpy as np

from .problem import WEEK, Mask, Problem


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

    @classmethod
    def of(cls, problem: Problem, open_days: Mask, last: int) -> "Weeks":
        """Build the weeks up to the day `last`; `open_days` [stretch, day] tells where a day of a stretch fits."""
        count = last // WEEK + 1
        edges = tuple(int(edge) for edge in np.cumsum([0, *(stretch.days for stretch in problem.stretches)]))
        fits = open_days[:, : count * WEEK].reshape(len(problem.stretches), count, WEEK)
        bits = np.arange(WEEK)
        allowed = np.array([[stretch.weekdays >> bit & 1 for bit in bits] for stretch in problem.stretches], dtype=bool)
        possible = (problem.possible()[: count * WEEK].reshape(1, count, WEEK) & allowed[:, None]).sum(axis=2)
        room = np.minimum(
            (fits & allowed[:, None]).sum(axis=2), np.array([[s.per_week_max] for s in problem.stretches])
        ).tolist()
        extra = [0] * count
        for day in problem.done:
            if 0 <= day // WEEK < count:
                extra[day // WEEK] += 1
        return cls(
            problem=problem,
            count=count,
            edges=edges,
            positions=tuple(int(p) for p in np.flatnonzero(fits.any(axis=(0, 1)))),
            possible=tuple(map(tuple, possible.tolist())),
            extra=tuple(extra),
            most=_most(edges, room, count),
            need=_need(edges, room, count),
        )

    def stretch_at(self, given: int) -> int:
        """Return the stretch that the next treatment day belongs to."""
        return next(f for f in range(len(self.edges) - 1) if given < self.edges[f + 1])

    def must(self) -> tuple[int, ...]:
        """Return for each week the forced positions as bits."""
        bits = [0] * self.count
        for day in self.problem.forced:
            if day // WEEK < self.count:
                bits[day // WEEK] |= 1 << self.positions.index(day % WEEK)
        return tuple(bits)

    def shortfall(self, stretch: int, week: int, days: int) -> int | None:
        """Return the price of an unfinished week with so many days, or None below the floor."""
        rule, possible = self.problem.stretches[stretch], self.possible[stretch][week]
        have = days + (self.extra[week] if stretch == 0 else 0)
        if have < min(rule.per_week_floor, possible):
            return None
        return self.problem.prices.short * max(0, min(rule.per_week_target, possible) - have)

    def skipping(self, given: int, week: int) -> int | None:
        """Return the price of a week without any treatment day after `given` of them, or None where it must not be."""
        if any(day // WEEK == week for day in self.problem.forced):
            return None
        stretch = self.stretch_at(given)
        if given == self.edges[stretch] and (stretch > 0 or not self.problem.done):
            return None if self.problem.stretches[stretch].next_week else 0
        return self.shortfall(stretch, week, 0)


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
