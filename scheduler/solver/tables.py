"""What every pattern of days in every week costs, for each stretch of a course."""

from dataclasses import dataclass, replace

import numpy as np

from .days import Columns, Days, Visits, visits_of
from .patterns import Patterns, patterns_of
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


def tables_of(days: Days, columns: Columns, weeks: Weeks, residue: int | None) -> list[Tables]:
    """Return the tables of all stretches; those that differ only in numbers share one."""
    shared: dict[Stretch, Tables] = {}
    for number, stretch in enumerate(days.problem.stretches):
        if _shape(stretch) not in shared:
            shared[_shape(stretch)] = _tables(days, number, columns, weeks, residue)
    return [shared[_shape(stretch)] for stretch in days.problem.stretches]


def day_visits(problem: Problem, number: int, residue: int | None) -> dict[str, Visits]:
    """Return what a treatment day of a stretch can be."""
    stretch = problem.stretches[number]
    visits = {"plain": visits_of(problem, stretch)}
    if residue is not None:
        visits["due"] = visits_of(problem, stretch, problem.due_role)
    if number == 0 and problem.fresh:
        free = not problem.opening_counts and stretch.per_day == 1
        visits["opening"] = visits_of(problem, stretch, problem.opening, free)
    return visits


def waiting(problem: Problem, weeks: Weeks, residue: int | None) -> Costs:
    """Return [week, position, 1]: what it costs to begin the course on that day."""
    day = WEEK * np.arange(weeks.count)[:, None] + np.array(weeks.positions, dtype=int)
    wait = problem.prices.wait * np.maximum(day - problem.earliest, 0)
    if residue is not None:
        wait = np.where(day % problem.due_every == residue, wait, 1 << 58)
    return np.asarray(wait[..., None])


def last_due(day: Costs | int, residue: int, every: int) -> Costs:
    """Return the latest due day on or before a day."""
    return np.asarray(day - (np.asarray(day) - residue) % every)


def falls_due(problem: Problem, residue: int | None, week: Costs | int, before: int, position: int) -> Mask:
    """Tell whether a redetermination falls due after one day of a week, up to another one."""
    start = WEEK * np.asarray(week)
    if residue is None:
        return np.zeros(start.shape, dtype=bool)
    return np.asarray(last_due(start + position, residue, problem.due_every) > start + before)


def _tables(days: Days, number: int, columns: Columns, weeks: Weeks, residue: int | None) -> Tables:
    problem, positions, stretch = days.problem, weeks.positions, days.problem.stretches[number]
    alike = [other for other in problem.stretches if _shape(other) == _shape(stretch)]
    most = max(other.per_week_max for other in alike)
    patterns = patterns_of(positions, most, _shape(stretch))
    visits = day_visits(problem, number, residue)
    by_day = {}
    for kind, what in visits.items():
        costs = days.costs(what, columns)
        by_day[kind] = costs[: weeks.count * WEEK].reshape(weeks.count, WEEK, -1)[:, positions]
    if "opening" in by_day:
        # The mapping may cost the same in all columns.
        by_day["opening"] = np.broadcast_to(by_day["opening"], by_day["plain"].shape)
        waited = by_day["opening"] + waiting(problem, weeks, residue)
        by_day["opening"] = np.minimum(waited, days.infinity).astype(days.dtype)

    def after(before: int, position: int) -> Costs:
        plain = by_day["plain"][:, position]
        if residue is None:
            return plain
        due = falls_due(problem, residue, np.arange(weeks.count), positions[before], positions[position])
        return np.where(due[:, None], by_day["due"][:, position], plain)

    by_row = {}
    for kind, first in by_day.items():
        totals = patterns.totals(first, after, weeks.must, days.infinity)
        by_row[kind] = np.minimum(totals, days.infinity, out=totals)
    return Tables(patterns, visits, by_day, by_row)


def _shape(stretch: Stretch) -> Stretch:
    """Return what the tables of a stretch depend on, the rest made alike."""
    return replace(
        stretch,
        days=0,
        per_week_target=0,
        per_week_max=WEEK,
        per_week_floor=0,
        one_week=False,
        max_gap=min(stretch.max_gap, WEEK),
    )
