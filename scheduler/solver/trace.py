"""From tables to a plan: which days the cheapest column used, and where on each day."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .course import Run, first_kind, start_price, variants
from .days import Days, Visits, later
from .problem import WEEK, Mask
from .tables import falls_due
from .weeks import Weeks

NEVER = 1 << 60
State = tuple[int, int]  # week, and slot of its tables
Prices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Hold one session of a solution: its day, start in steps, chair and role; `stretch` it belongs to."""

    day: int
    start: int
    chair: int
    role: int
    stretch: int


Places = tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Hold the cheapest plan: its places in order, its cost, and the usual start and home chair it was priced with."""

    places: Places
    cost: int
    anchor: int
    home: int


def trace(days: Days, run: Run) -> Solution:
    """Read the cheapest plan of a run back from its tables."""
    column = int(np.argmin(run.best))
    home, anchor = days.column(run.columns[column])
    places: list[Place] = []
    prices: dict[Visits, list[Prices]] = {}
    for day, stretch, visits in _walk(run, column):
        if visits not in prices:
            prices[visits] = _prices(days, visits, home, anchor)
        places += [
            Place(day=day, start=start, chair=int(days.homes[chair]), role=role, stretch=stretch)
            for role, (chair, start) in zip(visits.roles, _spots(days, visits, day, prices[visits]), strict=True)
        ]
    keep = days.problem.keep
    return Solution(
        places=tuple(places),
        cost=(int(run.best[column]) + (keep.constant if keep else 0)) // days.problem.scale,
        anchor=anchor,
        home=int(days.homes[home]),
    )


def _walk(run: Run, column: int) -> list[tuple[int, int, Visits]]:
    """Return (day, stretch, visits) of each treatment day, found from the last week back to the first."""
    weeks, found = run.weeks, []
    week, position = divmod(int(run.final[column]), WEEK)
    state: State | None = (week, weeks.positions.index(position))
    given = weeks.edges[-1]
    while state is not None:
        number = weeks.stretch_at(given - 1)
        row, before, variant = _step(run, column, number, state, given)
        pattern = _pattern(run, column, number, row, state[0], variant)
        found.append([(day, number, visits) for day, visits in pattern])
        given, state = given - len(pattern), before
    return [step for week in reversed(found) for step in week]


def _step(run: Run, column: int, number: int, state: State, given: int) -> tuple[int, State | None, str]:
    """Return the group row, the state before it and the kind of table by which a state was reached."""
    weeks, table = run.weeks, run.tables[number]
    week, slot = state
    value = int(run.made[week][slot, given, column])
    # Of equally cheap ways the one with few days late and an early day before: a course fills up from its start.
    for group in table.patterns.groups:
        row = group.rows.start + slot - group.slot
        before = given - group.count
        if not group.rows.start <= row < group.rows.stop or before < weeks.edges[number]:
            continue
        price = weeks.price(number, week, before, group.count)
        if price is None:
            continue
        first = WEEK * week + weeks.positions[group.first]
        if before == 0 and not group.block:
            start = start_price(weeks.problem, weeks, week, first)
            kind = first_kind(run, first)
            if start is not None and int(table.by_row[kind][week, row, column]) + price + start == value:
                return row, None, kind
            continue
        inside = before > weeks.edges[number]
        for kind, after, until in variants(run, first, weeks.problem.stretches[number], inside, group.block):
            rest = value - price - int(table.by_row[kind][week, row, column])
            for earlier in _states(weeks, week, after, until, group.block):
                if _reached(run, column, week, earlier, before) == rest:
                    return row, earlier, kind
    raise AssertionError("A table entry has no origin.")


def _states(weeks: Weeks, week: int, after: int, until: int, block: int) -> Iterator[State]:
    """Yield the states before a week whose last day lies between two days, with a block of that length running on."""
    for day in range(max(after, 0), min(until, WEEK * week - 1) + 1):
        if day % WEEK in weeks.positions:
            yield day // WEEK, len(weeks.positions) + block - 1 if block else weeks.positions.index(day % WEEK)


def _reached(run: Run, column: int, week: int, state: State, given: int) -> int | None:
    """Return the price of having given so many days by a state, and then none before `week`."""
    value = int(run.made[state[0]][state[1], given, column])
    for skipped in range(state[0] + 1, week):
        price = run.weeks.skipping(given, skipped)
        if price is None:
            return None
        value += price
    return value if value < run.infinity else None


def _pattern(run: Run, column: int, number: int, row: int, week: int, kind: str) -> list[tuple[int, Visits]]:
    """Return the days of the cheapest pattern in a group row, each with its visits."""
    table, positions = run.tables[number], run.weeks.positions
    bounds = [*table.patterns.bounds.tolist(), len(table.patterns.masks)]
    value, must = int(table.by_row[kind][week, row, column]), run.weeks.must[week]
    for mask in table.patterns.masks[bounds[row] : bounds[row + 1]].tolist():
        chosen = [p for p in range(len(positions)) if mask >> p & 1]
        kinds = [kind]
        for p, q in pairwise(chosen):
            kinds.append(
                "due" if falls_due(run.weeks.problem, run.residue, week, positions[p], positions[q]) else "plain"
            )
        costs = [int(table.by_day[what][week, p, column]) for what, p in zip(kinds, chosen, strict=True)]
        if chosen and mask & must == must and sum(costs) == value:
            return [(WEEK * week + positions[p], table.visits[what]) for what, p in zip(kinds, chosen, strict=True)]
    raise AssertionError("A pattern cost has no pattern.")


def _spots(days: Days, visits: Visits, day: int, prices: list[Prices]) -> list[tuple[int, int]]:
    """Return (chair, start) of each session of a day: cheapest, then nearest to the usual time, then at home."""
    if days.problem.keep:
        places = [days.problem.place_price(number, role, day) for number, role in enumerate(visits.roles)]
        prices = [price[days.homes].astype(np.int64) << 16 for price in places]
    best = min((_way(visits, way, prices) for way in days.ways(visits, day)), key=lambda way: int(way[-1].min()))
    chair = int(np.argmin(best[-1].min(axis=1)))
    spots, limit = [], days.problem.starts
    for number in reversed(range(len(best))):
        start = int(np.argmin(best[number][chair, :limit]))
        spots.append((chair, start))
        limit = start - visits.gaps[number - 1] + 1 if number else 0
    return spots[::-1]


def _prices(days: Days, visits: Visits, home: int, anchor: int) -> list[Prices]:
    """Return for each session of a day what each [chair, start] costs, with a little added to break ties."""
    problem, answer = days.problem, []
    away = (np.arange(len(days.homes)) != home)[:, None]
    for number in range(len(visits.roles)):
        off = np.abs(np.arange(problem.starts) - number * visits.nominal - anchor)[None, :]
        if problem.keep:
            answer.append(np.zeros((len(away), problem.starts), dtype=np.int64))
        else:
            price = 0 * off if visits.free else off * problem.prices.dev + away * problem.prices.chair
            answer.append((price << 16) + 2 * off + away)
    return answer


def _way(visits: Visits, way: list[Mask], prices: list[Prices]) -> list[Prices]:
    """Return for each session [chair, start] what it and those before it cost."""
    tables: list[Prices] = []
    for number, (feasible, price) in enumerate(zip(way, prices, strict=True)):
        total = np.where(feasible, price, NEVER)
        if tables:
            total += later(np.minimum.accumulate(tables[-1], axis=1), visits.gaps[number - 1], NEVER)
            np.minimum(total, NEVER, out=total)
        tables.append(total)
    return tables
