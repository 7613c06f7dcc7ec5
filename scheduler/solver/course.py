"""The exact search: the cheapest treatment days for many usual starts and home chairs at once.

Weeks are taken in order. A state is (treatment days given, date of the last one); one week's pattern of days leads from
state to state. All columns go through the same steps side by side, as the last axis of every array.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from .days import Columns, Days
from .patterns import Group, open_blocks
from .problem import WEEK, Costs, Problem, Stretch
from .tables import Tables, last_due, tables_of
from .weeks import Weeks

# The last treatment day, how long the block is that runs on from it (0 is none), and [given, column] what it cost.
State = tuple[int, int, Costs]


@dataclass(slots=True, eq=False)
class Run:
    """Hold one pass over the weeks for some columns, with all that is needed to trace a plan back."""

    weeks: Weeks
    columns: Columns
    residue: int | None  # redeterminations are due on days with this remainder
    infinity: int
    tables: list[Tables]
    usual: Costs  # [column]: what its usual start costs, once
    best: Costs  # [column]
    final: Costs  # [column]: the last day of the cheapest plan
    made: list[Costs] = field(default_factory=list)  # [week][position, given, column], as first reached


def run(days: Days, columns: Columns, weeks: Weeks, residue: int | None = None) -> Run:
    """Find the cheapest plan of each column whose last day lies within the weeks."""
    tables = tables_of(days, columns, weeks, residue)
    best = np.full(len(columns), days.infinity, dtype=days.dtype)
    final = np.zeros(len(columns), dtype=np.intp)
    this = Run(weeks, columns, residue, days.infinity, tables, days.usual()[columns], best, final)
    size = len(weeks.positions)
    blocks = max(open_blocks(weeks.positions, stretch) for stretch in weeks.problem.stretches)
    shape = (size + blocks, weeks.edges[-1] + 1, len(columns))
    live: list[State] = []
    for week in range(weeks.count):
        new = np.full(shape, days.infinity, dtype=days.dtype)
        if weeks.need[week] == 0:
            _begin(this, week, new)
        for number in range(len(tables)):
            _continue(this, week, number, live, new)
        _finish(this, week, new)
        this.made.append(new)
        live = _skip(this, week, live) + [
            (weeks.day(week, min(slot, size - 1)), max(slot - size + 1, 0), state) for slot, state in enumerate(new)
        ]
    return this


def variants(run: Run, day: int, stretch: Stretch, inside: bool, block: int) -> list[tuple[str, int, int]]:
    """Return (kind of first day, earliest, latest last day before), split where a redetermination falls due.

    `inside` says that the stretch has begun before: then at least one day, and not too many, lie between two blocks.
    """
    least, most = max(stretch.min_gap, 1), stretch.max_gap
    if block:
        least, most = 1, 1
    elif stretch.blocks and inside:
        least, most = max(least, 2), min(most, stretch.blocks[2] + 1)
    after, before = day - most, day - least
    if run.residue is None:
        return [("plain", after, before)]
    due = int(last_due(day, run.residue, run.weeks.problem.due_every))
    return [("due", after, min(before, due - 1)), ("plain", max(after, due), before)]


def start_price(problem: Problem, weeks: Weeks, week: int, day: int) -> int | None:
    """Return what the weeks before cost when the first treatment day is `day`, or None where it must not be."""
    stretch, done = problem.stretches[0], problem.done
    if done and not stretch.min_gap <= day - max(done) <= stretch.max_gap:
        return None
    return weeks.before(week)


def first_kind(run: Run, day: int) -> str:
    """Return what the first treatment day is: the opening of a new course, or the next day of a running one."""
    problem = run.weeks.problem
    if problem.fresh:
        return "opening"
    if run.residue is None or not problem.done:
        return "plain"
    return "due" if int(last_due(day, run.residue, problem.due_every)) > max(problem.done) else "plain"


def _begin(run: Run, week: int, new: Costs) -> None:
    """Place the first treatment days: nothing was given before, or only what was delivered of a running course."""
    table, weeks = run.tables[0], run.weeks
    for group in table.patterns.groups:
        day = weeks.day(week, group.first)
        costs = table.by_row[first_kind(run, day)][week]
        price = weeks.price(0, week, 0, group.count)
        paid = start_price(weeks.problem, weeks, week, day)
        if price is not None and paid is not None and not group.block:
            rows = new[group.slot : group.slot + group.rows.stop - group.rows.start, group.count]
            np.minimum(rows, costs[group.rows] + (price + paid), out=rows)


def _continue(run: Run, week: int, number: int, live: list[State], new: Costs) -> None:
    """Extend every live state by each pattern of the week."""
    weeks, stretch = run.weeks, run.weeks.problem.stretches[number]
    edge = weeks.edges[number]
    low = max(edge, 1, weeks.need[week])
    high = min(weeks.edges[number + 1] - 1, weeks.most[week])
    if low <= edge < high and stretch.blocks:
        _extend_all(run, week, number, live, new, edge, edge)
        low = edge + 1
    if low <= high and live:
        _extend_all(run, week, number, live, new, low, high)


def _extend_all(run: Run, week: int, number: int, live: list[State], new: Costs, low: int, high: int) -> None:
    """Extend the states with `low` to `high` days given."""
    weeks, table = run.weeks, run.tables[number]
    inside = low > weeks.edges[number]
    bases: dict[tuple[int, int], list[tuple[str, Costs]]] = {}
    for group in table.patterns.groups:
        if group.block and not inside:
            continue
        key = group.first, group.block
        if key not in bases:
            spans = variants(run, weeks.day(week, group.first), weeks.problem.stretches[number], inside, group.block)
            bases[key] = list(_bases(live, spans, group.block, low, high))
        for kind, base in bases[key]:
            _extend(weeks, week, number, group, base, low, table.by_row[kind][week, group.rows], new)


def _bases(
    live: list[State], spans: list[tuple[str, int, int]], block: int, low: int, high: int
) -> Iterator[tuple[str, Costs]]:
    """Yield (kind of first day, cheapest states) for each span of last days, where there are any."""
    for kind, after, before in spans:
        near = [state[low : high + 1] for last, length, state in live if length == block and after <= last <= before]
        if near:
            yield kind, np.minimum.reduce(near)


def _extend(
    weeks: Weeks, week: int, number: int, group: Group, base: Costs, low: int, costs: Costs, new: Costs
) -> None:
    """Add a group of patterns to the states `base`, whose first row has `low` days given."""
    count = group.count
    for first, last, price in weeks.pieces(number, week, low, low + len(base) - 1, count):
        rows = new[group.slot : group.slot + len(costs), first + count : last + 1 + count]
        np.minimum(rows, base[None, first - low : last + 1 - low] + (costs + price)[:, None], out=rows)


def _finish(run: Run, week: int, new: Costs) -> None:
    """Record the plans that are complete in this week."""
    problem, weeks = run.weeks.problem, run.weeks
    if weeks.most[week + 1] < weeks.edges[-1]:
        return
    for j in range(len(weeks.positions)):
        day = weeks.day(week, j)
        if day < max(problem.fixed, default=0):
            continue
        total = new[j, -1] + run.usual + problem.prices.end * max(0, day - problem.end_from)
        run.final[total < run.best] = day
        np.minimum(run.best, total, out=run.best)


def _skip(run: Run, week: int, live: list[State]) -> list[State]:
    """Return the states that may pass a week without treatment, with what that costs."""
    weeks = run.weeks
    reach = max(stretch.max_gap for stretch in weeks.problem.stretches)
    next_day = WEEK * (week + 1) + weeks.positions[0]
    near = [(last, state) for last, block, state in live if not block and last + reach >= next_day]
    if not near:
        return []
    rows, charge = weeks.skips(week)
    passed = []
    for last, state in near if rows else ():
        after = np.full_like(state, run.infinity)
        after[rows] = np.minimum(state[rows] + charge, run.infinity)
        passed.append((last, 0, after))
    return passed
