"""The steps from week to week of one course, compiled once, so that its cheapest days are found soon at any prices.

The exact search of `course.py` follows the same rules, for many usual starts at once. Here there are arrays of arcs:
some lead from the last treatment day to the first one of a week, and others on to the last one of that week.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from .patterns import patterns_of
from .problem import WEEK, Costs, Mask, Problem, Stretch
from .weeks import Weeks

NEVER = 1 << 40  # the price of what cannot be had


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Hold the ways to treat in a week by their count of days, first and last day; all of them for one stretch."""

    role: int
    count: Costs  # [row]
    first: Costs  # [row], as positions in the week
    last: Costs  # [row]
    rest: Costs  # [position, pattern]: 1 where a pattern has a day after its first one
    never: Costs  # [pattern]: NEVER where a row has none
    bounds: Costs  # where each row begins among the patterns
    masks: Costs  # [pattern]

    @classmethod
    def of(cls, positions: tuple[int, ...], stretch: Stretch) -> "Rows":
        """List the ways to treat in a week that keep the rule of a stretch."""
        patterns = patterns_of(positions, stretch.per_week_max, stretch)
        keys = [
            (group.count, group.first, group.slot + n)
            for group in patterns.groups
            for n in range(group.rows.stop - group.rows.start)
        ]
        count, first, last = np.array(keys, dtype=np.int64).reshape(-1, 3).T
        lowest = patterns.masks & -patterns.masks
        rest = (patterns.masks ^ lowest) >> np.arange(len(positions))[:, None] & 1
        never = np.where(patterns.masks == 0, NEVER, 0)
        common = {"rest": rest, "never": never, "bounds": patterns.bounds, "masks": patterns.masks}
        return cls(role=stretch.role, count=count, first=first, last=last, **common)

    def least(self, by_day: Costs) -> Costs:
        """Return [week, row] what the days after the first cost at least."""
        return np.minimum.reduceat(by_day @ self.rest + self.never, self.bounds, axis=1)

    def pattern(self, row: int, by_day: Costs) -> list[int]:
        """Return the positions of the cheapest pattern of a row in a week."""
        part = slice(self.bounds[row], self.bounds[row + 1] if row + 1 < len(self.bounds) else None)
        mask = int(self.masks[part][np.argmin(by_day @ self.rest[:, part] + self.never[part])])
        return [position for position in range(len(by_day)) if mask >> position & 1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arcs:
    """Hold steps that lead from some values to others, in the order of where they lead; `into` has each target once."""

    source: Costs
    price: Costs
    row: Costs  # the ways to treat that it takes
    into: Costs
    bounds: Costs

    @classmethod
    def of(cls, found: Sequence[tuple[Costs, ...]]) -> "Arcs":
        """Put arcs (target, source, price, row) in order."""
        none = np.zeros((4, 0), dtype=np.int64)
        target, source, price, row = np.hstack([none, *(np.stack(np.broadcast_arrays(*one)) for one in found)])
        order = np.argsort(target, kind="stable")
        into, bounds = np.unique(target[order], return_index=True)
        return cls(source=source[order], price=price[order], row=row[order], into=into, bounds=bounds)

    def best(self, values: Costs, target: int) -> int:
        """Return the number of the arc by which a target is reached at the least of `values`, one for each arc."""
        index = int(np.searchsorted(self.into, target))
        begin = int(self.bounds[index])
        until = int(self.bounds[index + 1]) if index + 1 < len(self.bounds) else len(values)
        return begin + int(np.argmin(values[begin:until]))


class Steps:
    """Find the cheapest treatment days of a course by what each day costs."""

    def __init__(self, problem: Problem, fits: Mask) -> None:
        self.problem, self.weeks = problem, Weeks.of(problem, fits, problem.last)
        self.positions, self._given = self.weeks.positions, self.weeks.edges[-1] + 1
        self._skipped = self._skips()
        alike = [replace(stretch, days=0, per_week_target=0, per_week_floor=0) for stretch in problem.stretches]
        kinds = list(dict.fromkeys(alike))
        self._rows = [Rows.of(self.positions, kind) for kind in kinds]
        self._table = [kinds.index(kind) for kind in alike]
        self._offset = np.cumsum([0, *(len(rows.count) for rows in self._rows)]).tolist()
        self._reach = [self._reached(week) for week in range(self.weeks.count)]
        self._take = [self._taken(week) for week in range(self.weeks.count)]

    def cheapest(self, by_day: Sequence[Costs], opening: Costs) -> tuple[int, list[tuple[int, int]]] | None:
        """Return the least cost, and (day, stretch) of its treatment days, the first of which is the opening.

        `by_day` [role][day] and `opening` [day] are what each day costs at least.
        """
        count, width = self.weeks.count, self._given
        costs = [self._by_week(by_day[rows.role]) for rows in self._rows]
        row = self._by_row(costs, self._by_week(opening))
        last = np.full(count * len(self.positions) * width, NEVER, dtype=np.int64)
        ways: list[tuple[Costs, Costs]] = []
        for week, (reach, take) in enumerate(zip(self._reach, self._take, strict=True)):
            first = np.full(len(self.positions) * width, NEVER, dtype=np.int64)
            first[::width] = 0
            coming = last[reach.source] + reach.price
            if len(reach.into):
                first[reach.into] = np.minimum.reduceat(coming, reach.bounds)
            going = first[take.source] + take.price + row[week, take.row]
            if len(take.into):
                last[take.into] = np.minimum.reduceat(going, take.bounds)
            ways.append((coming, going))
        end = int(last[width - 1 :: width].argmin()) * width + width - 1
        return None if last[end] >= NEVER else (int(last[end]), self._back(end, ways, costs))

    def _back(self, end: int, ways: Sequence[tuple[Costs, Costs]], costs: Sequence[Costs]) -> list[tuple[int, int]]:
        """Find the days by which the end was reached, from the last week to the first."""
        found: list[tuple[int, int]] = []
        node = end
        while True:
            week = node // (len(self.positions) * self._given)
            (reach, take), (coming, going) = (self._reach[week], self._take[week]), ways[week]
            arc = take.best(going, node)
            table, row = self._row(int(take.row[arc]))
            source = int(take.source[arc])
            given = source % self._given
            pattern = self._rows[table].pattern(row, costs[table][week])
            found = [(self.weeks.day(week, position), self.weeks.stretch_at(given)) for position in pattern] + found
            if not given:
                return found
            node = int(reach.source[reach.best(coming, source)])

    def _by_row(self, costs: Sequence[Costs], opening: Costs) -> Costs:
        """Return [week, row] what the ways to treat in a week cost; those that begin with the opening come last."""
        rest = [rows.least(cost) for rows, cost in zip(self._rows, costs, strict=True)]
        found = [more + cost[:, rows.first] for more, cost, rows in zip(rest, costs, self._rows, strict=True)]
        return np.hstack([*found, rest[0] + opening[:, self._rows[0].first]])

    def _row(self, row: int) -> tuple[int, int]:
        """Return the table of a row, and its number there."""
        if row >= self._offset[-1]:
            return 0, row - self._offset[-1]
        table = next(n for n in range(len(self._rows)) if row < self._offset[n + 1])
        return table, row - self._offset[table]

    def _by_week(self, costs: Costs) -> Costs:
        return costs[: WEEK * self.weeks.count].reshape(-1, WEEK)[:, self.positions]

    def _skips(self) -> Costs:
        """Return [week, given] what it costs to pass all weeks before one without treatment."""
        found = np.zeros((self.weeks.count + 1, self._given), dtype=np.int64)
        for week in range(self.weeks.count):
            for given in range(1, self._given - 1):
                price = self.weeks.skipping(given, week)
                found[week + 1, given] = NEVER if price is None else price
        return np.cumsum(found, axis=0)

    def _spans(self, week: int) -> Iterator[tuple[int, Costs]]:
        """Yield each stretch that can be under way in a week, with the days given before: those from 1 on."""
        low, high = max(1, self.weeks.need[week]), self.weeks.most[week]
        for number, (begin, end) in enumerate(pairwise(self.weeks.edges)):
            yield number, np.arange(max(low, begin), min(high + 1, end))

    def _reached(self, week: int) -> Arcs:
        """List the ways from the last day before a week to its first day."""
        found = []
        for number, given in self._spans(week):
            rule = self.problem.stretches[number]
            for p in range(len(self.positions)):
                day = self.weeks.day(week, p)
                for before in range(max(0, day - rule.max_gap), min(day - max(rule.min_gap, 1) + 1, WEEK * week)):
                    if before % WEEK in self.positions:
                        last = before // WEEK * len(self.positions) + self.positions.index(before % WEEK)
                        price = self._skipped[week, given] - self._skipped[before // WEEK + 1, given]
                        found.append((p * self._given + given, last * self._given + given, price, np.array(0)))
        return Arcs.of(found)

    def _taken(self, week: int) -> Arcs:
        """List the ways to treat in a week, from its first day to its last."""
        found = []
        for number, given in self._spans(week):
            table = self._table[number]
            rows = np.arange(len(self._rows[table].count))
            found.append(self._ways(week, number, rows + self._offset[table], table, given))
            if number == 0 and self.weeks.need[week] == 0:
                found.append(self._ways(week, 0, rows + self._offset[-1], table, np.zeros(1, dtype=np.int64)))
        return Arcs.of(found)

    def _ways(self, week: int, stretch: int, row: Costs, table: int, given: Costs) -> tuple[Costs, ...]:
        """Return (target, source, price, row) of all ways that the rules allow."""
        rows = self._rows[table]
        many = [self._price(stretch, week, before, count) for before in given.tolist() for count in range(WEEK + 1)]
        price = np.array(many, dtype=np.int64).reshape(-1, WEEK + 1)[:, rows.count]
        which, index = np.nonzero(price < NEVER)
        after = (week * len(self.positions) + rows.last[index]) * self._given + given[which] + rows.count[index]
        return after, rows.first[index] * self._given + given[which], price[which, index], row[index]

    def _price(self, stretch: int, week: int, given: int, count: int) -> int:
        price = self.weeks.price(stretch, week, given, count)
        return NEVER if price is None or given + count < self.weeks.need[week + 1] else price
