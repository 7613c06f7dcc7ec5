"""The exact search: the cheapest treatment days for many usual starts and home chairs at once.

Weeks are taken in order. A state is (treatment days given, date of the last one); one week's pattern of days leads from
state to state. All columns go through the same steps side by side, as the last axis of every array.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .days import Days, Visits, visits_of
from .patterns import Group, Patterns, patterns_of
from .problem import WEEK, Costs, Mask, Problem, Stretch
from .weeks import Weeks


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Hold the costs of one stretch, by what its first day of a week is.

    That day is "plain", "due" (a redetermination) or "opening" (the first of the course). `by_day` is [week, position,
    column], `by_row` [week, row of the patterns, column].
    """

    patterns: Patterns
    visits: dict[str, Visits]
    by_day: dict[str, Costs]
    by_row: dict[str, Costs]


@dataclass(slots=True, eq=False)
class Run:
    """Hold one pass over the weeks for some columns, with all that is needed to trace a plan back."""

    weeks: Weeks
    columns: Sequence[int]
    residue: int | None  # redeterminations are due on days with this remainder
    infinity: int
    tables: list[Tables]
    best: Costs  # [column]
    final: Costs  # [column]: the last day of the cheapest plan
    made: list[Costs] = field(default_factory=list)  # [week][position, given, column], as first reached


class Search:
    """Run the passes for one problem; day costs are computed once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.infinity, dtype = (1 << 27, np.int32) if worst_case(problem) < 1 << 26 else (1 << 56, np.int64)
        self.days = Days(problem, self.infinity, dtype)

    def run(self, columns: Sequence[int], weeks: Weeks, residue: int | None = None) -> Run:
        """Find the cheapest plan of each column whose last day lies within the weeks."""
        numbers = range(len(self.problem.stretches))
        tables = [self._tables(number, columns, weeks, residue) for number in numbers]
        fill = np.full(len(columns), self.infinity, dtype=tables[0].by_day["plain"].dtype)
        run = Run(weeks, columns, residue, self.infinity, tables, fill, np.zeros(len(columns), dtype=np.intp))
        shape = (len(weeks.positions), weeks.edges[-1] + 1, len(columns))
        live: list[tuple[int, Costs]] = []
        for week in range(weeks.count):
            new = np.full(shape, self.infinity, dtype=fill.dtype)
            if weeks.need[week] == 0:
                self._begin(run, week, new)
            for number in numbers:
                self._continue(run, week, number, live, new)
            self._finish(run, week, new)
            run.made.append(new)
            live = self._skip(run, week, live)
            live += [(WEEK * week + p, new[j]) for j, p in enumerate(weeks.positions)]
        return run

    def _tables(self, number: int, columns: Sequence[int], weeks: Weeks, residue: int | None) -> Tables:
        """Compute the pattern costs of a stretch."""
        problem, positions, stretch = self.problem, weeks.positions, self.problem.stretches[number]
        patterns = patterns_of(positions, stretch.weekdays, stretch.per_week_max, stretch.min_gap, stretch.max_gap)
        visits = {"plain": visits_of(problem, stretch)}
        if residue is not None:
            visits["due"] = visits_of(problem, stretch, problem.due_role)
        if number == 0 and problem.fresh:
            free = not problem.opening_counts and stretch.per_day == 1
            visits["opening"] = visits_of(problem, stretch, problem.opening, free)
        by_day = {}
        for kind, what in visits.items():
            costs = self.days.costs(what, columns)[: weeks.count * WEEK].reshape(weeks.count, WEEK, -1)
            by_day[kind] = costs[:, positions]
        if "opening" in by_day:
            waited = by_day["opening"] + self._waiting(weeks, residue)[..., None]
            by_day["opening"] = np.minimum(waited, self.infinity).astype(by_day["plain"].dtype)
        starts_of_weeks = np.arange(weeks.count)

        def after(before: int, position: int) -> Costs:
            plain = by_day["plain"][:, position]
            if residue is None:
                return plain
            due = self.falls_due(residue, starts_of_weeks, positions[before], positions[position])
            return np.where(due[:, None], by_day["due"][:, position], plain)

        totals = {kind: patterns.totals(first, after, weeks.must(), self.infinity) for kind, first in by_day.items()}
        by_row = {kind: np.minimum(total, self.infinity) for kind, total in totals.items()}
        return Tables(patterns, visits, by_day, by_row)

    def _waiting(self, weeks: Weeks, residue: int | None) -> Costs:
        """Return [week, position]: what it costs to begin the course on that day."""
        day = WEEK * np.arange(weeks.count)[:, None] + np.array(weeks.positions)
        wait = self.problem.prices.wait * np.maximum(day - self.problem.earliest, 0)
        if residue is not None:
            wait = np.where(day % self.problem.due_every == residue, wait, self.infinity)
        return wait

    def _begin(self, run: Run, week: int, new: Costs) -> None:
        """Place the first treatment days: nothing was given before, or only what was delivered of a running course."""
        table, weeks = run.tables[0], run.weeks
        costs = table.by_row.get("opening", table.by_row["plain"])[week]
        for group in table.patterns.groups:
            price = self.price(weeks, 0, week, 0, group.count)
            paid = self.start_price(weeks, week, WEEK * week + weeks.positions[group.first])
            if price is not None and paid is not None:
                rows = new[group.last : group.last + group.rows.stop - group.rows.start, group.count]
                np.minimum(rows, costs[group.rows] + (price + paid), out=rows)

    def _continue(self, run: Run, week: int, number: int, live: list[tuple[int, Costs]], new: Costs) -> None:
        """Extend every live state by each pattern of the week."""
        weeks, stretch, table = run.weeks, self.problem.stretches[number], run.tables[number]
        low = max(weeks.edges[number], 1, weeks.need[week])
        high = min(weeks.edges[number + 1] - 1, weeks.most[week])
        if low > high or not live:
            return
        reached: dict[tuple[int, int], Costs | None] = {}
        for group in table.patterns.groups:
            day = WEEK * week + weeks.positions[group.first]
            for kind, after, before in self.variants(run.residue, table, day, stretch):
                key = (after, before)
                if key not in reached:
                    near = [state[low : high + 1] for last, state in live if after <= last <= before]
                    reached[key] = np.minimum.reduce(near) if near else None
                base = reached[key]
                if base is not None:
                    self._extend(weeks, week, number, group, base, low, table.by_row[kind][week, group.rows], new)

    def variants(self, residue: int | None, table: Tables, day: int, stretch: Stretch) -> list[tuple[str, int, int]]:
        """Return (kind, earliest, latest last day before), split where a redetermination falls due by `day`."""
        after, before = day - stretch.max_gap, min(day - stretch.min_gap, day - 1)
        if "due" not in table.by_day or residue is None:
            return [("plain", after, before)]
        due = int(last_due(day, residue, self.problem.due_every))
        return [("due", after, min(before, due - 1)), ("plain", max(after, due), before)]

    def falls_due(self, residue: int | None, week: Costs | int, before: int, position: int) -> Mask:
        """Tell whether a redetermination falls due after one day of a week, up to another one."""
        start = WEEK * np.asarray(week)
        if residue is None:
            return np.zeros(start.shape, dtype=bool)
        return np.asarray(last_due(start + position, residue, self.problem.due_every) > start + before)

    def start_price(self, weeks: Weeks, week: int, day: int) -> int | None:
        """Return what the weeks before cost when the first treatment day is `day`, or None where it must not be."""
        stretch, done = self.problem.stretches[0], self.problem.done
        if done and not stretch.min_gap <= day - max(done) <= stretch.max_gap:
            return None
        paid = [weeks.skipping(0, skipped) for skipped in range(week)]
        return None if None in paid else sum(price for price in paid if price is not None)

    def _extend(
        self,
        weeks: Weeks,
        week: int,
        number: int,
        group: Group,
        base: Costs,
        low: int,
        costs: Costs,
        new: Costs,
    ) -> None:
        """Add a group of patterns to the states `base`, whose first row has `low` days given."""
        count, end = group.count, weeks.edges[number + 1]
        first = max(low, weeks.need[week + 1] - count)
        last = min(low + len(base) - 1, end - count)
        pieces = [(first, min(last, end - count - 1)), (end - count, last)]
        if self.price(weeks, number, week, pieces[0][0], count) == 0:
            pieces = [(first, last)]
        for begin, stop in pieces:
            if begin < first or begin > stop:
                continue
            price = self.price(weeks, number, week, begin, count)
            if price is not None:
                rows = new[group.last : group.last + len(costs), begin + count : stop + 1 + count]
                np.minimum(rows, base[None, begin - low : stop + 1 - low] + (costs + price)[:, None], out=rows)

    def price(self, weeks: Weeks, number: int, week: int, given: int, count: int) -> int | None:
        """Return what the weekly rules charge for `count` days in a week, or None when they forbid it."""
        stretch, end = self.problem.stretches[number], weeks.edges[number + 1]
        begins = given == 0 and not self.problem.done
        if given + count > end or (stretch.one_week and (given, given + count) != (weeks.edges[number], end)):
            return None
        if number == 0 and weeks.extra[week] + count > stretch.per_week_max:
            return None
        return 0 if begins or given + count == end else weeks.shortfall(number, week, count)

    def _finish(self, run: Run, week: int, new: Costs) -> None:
        """Record the plans that are complete in this week."""
        end_from = self.problem.keep.old_last if self.problem.keep else self.problem.earliest
        for j, position in enumerate(run.weeks.positions):
            day = WEEK * week + position
            if day < max(self.problem.forced, default=0):
                continue
            total = new[j, -1] + self.problem.prices.end * max(0, day - end_from)
            better = total < run.best
            run.final[better] = day
            np.minimum(run.best, total, out=run.best)

    def _skip(self, run: Run, week: int, live: list[tuple[int, Costs]]) -> list[tuple[int, Costs]]:
        """Return the states that may pass a week without treatment, with what that costs."""
        weeks = run.weeks
        reach = max(stretch.max_gap for stretch in self.problem.stretches)
        near = [(last, state) for last, state in live if last + reach >= WEEK * (week + 1) + weeks.positions[0]]
        given = range(max(1, weeks.need[week + 1]), min(weeks.most[week], weeks.edges[-1] - 1) + 1)
        prices = {k: weeks.skipping(k, week) for k in given} if near else {}
        allowed = {k: price for k, price in prices.items() if price is not None}
        if not allowed:
            return []
        rows, charge = list(allowed), np.array(list(allowed.values()))[:, None]
        passed = []
        for last, state in near:
            after = np.full_like(state, self.infinity)
            after[rows] = np.minimum(state[rows] + charge, self.infinity)
            passed.append((last, after))
        return passed


def last_due(day: Costs | int, residue: int, every: int) -> Costs:
    """Return the latest due day on or before a day."""
    return np.asarray(day - (np.asarray(day) - residue) % every)


def worst_case(problem: Problem) -> int:
    """Return a number above the cost of any plan."""
    prices, days = problem.prices, problem.days + WEEK
    sessions = sum(stretch.days * stretch.per_day for stretch in problem.stretches)
    spread = problem.starts + max(stretch.nominal * stretch.per_day for stretch in problem.stretches)
    kept = int(np.abs(problem.keep.price).max()) * sessions + problem.keep.constant if problem.keep else 0
    week = (prices.wait + prices.end) * days + prices.short * days
    return week + sessions * (prices.dev * spread + prices.chair) + kept
