"""Costs that no plan of a column can beat, so that most columns need no search."""

import numpy as np

from .days import Days, Visits, visits_of
from .problem import WEEK, Costs, Stretch
from .tables import day_visits, waiting
from .weeks import Weeks


def week_bounds(days: Days, weeks: Weeks, residue: int | None) -> Costs:
    """Return [week, column] a cost that no plan that ends in that week can beat.

    Weeks are taken in order, as in the search, but only the number of treatment days is remembered: each week gives its
    cheapest days, whichever they are, and no gaps are looked at.
    """
    problem, infinity, total = days.problem, days.infinity, weeks.edges[-1]
    shared: dict[tuple[Visits, int], Costs] = {}
    cheapest = []
    for stretch in problem.stretches:
        key = visits_of(problem, stretch), stretch.weekdays
        if key not in shared:
            shared[key] = _cheapest(days, weeks, stretch)
        cheapest.append(shared[key][:, : stretch.per_week_max])
    opening = _openings(days, weeks, cheapest[0], residue) if problem.fresh else cheapest[0]
    given = np.full((total + 1, days.columns()), infinity, dtype=days.dtype)
    answer = np.full((weeks.count, days.columns()), infinity, dtype=days.dtype)
    for week in range(weeks.count):
        after = np.full_like(given, infinity)
        for number, costs in enumerate(cheapest):
            low = max(weeks.edges[number], weeks.need[week], 1)
            high = min(weeks.edges[number + 1] - 1, weeks.most[week])
            for count in range(1, costs.shape[1] + 1):
                for first, last, price in weeks.pieces(number, week, low, high, count):
                    rows = after[first + count : last + 1 + count]
                    np.minimum(rows, given[first : last + 1] + (costs[week, count - 1] + price), out=rows)
        for count in range(1, opening.shape[1] + 1):
            starting, paid = weeks.price(0, week, 0, count), weeks.before(week)
            if starting is not None and paid is not None and weeks.need[week + 1] <= count:
                np.minimum(after[count], opening[week, count - 1] + (starting + paid), out=after[count])
        end = problem.prices.end * max(0, weeks.day(week, 0) - problem.end_from)
        answer[week] = np.minimum(after[total] + (days.usual() + end), infinity)
        skipped, charge = weeks.skips(week)
        after[skipped] = np.minimum(after[skipped], given[skipped] + charge)
        given = np.minimum(after, infinity, out=after)
    return answer


def _cheapest(days: Days, weeks: Weeks, stretch: Stretch) -> Costs:
    """Return [week, n, column]: the cost of the n + 1 cheapest days."""
    problem = days.problem
    costs = days.costs(visits_of(problem, stretch))
    if problem.due_role is not None:
        costs = np.minimum(costs, days.costs(visits_of(problem, stretch, problem.due_role)))
    allowed = [p for p in weeks.positions if stretch.weekdays >> p & 1]
    by_week = costs[: weeks.count * WEEK].reshape(weeks.count, WEEK, -1)[:, allowed]
    totals = np.cumsum(np.sort(by_week, axis=1), axis=1, dtype=days.dtype)
    return np.asarray(np.minimum(totals, days.infinity))


def _openings(days: Days, weeks: Weeks, cheapest: Costs, residue: int | None) -> Costs:
    """Return [week, n, column]: the cost of the first day of the course and n more."""
    costs = days.costs(day_visits(days.problem, 0, None)["opening"])
    by_week = costs[: weeks.count * WEEK].reshape(weeks.count, WEEK, -1)[:, weeks.positions]
    best = np.minimum(by_week + waiting(days.problem, weeks, residue), days.infinity).astype(days.dtype)
    first = best.min(axis=1, keepdims=True)
    others = np.concatenate([np.zeros_like(cheapest[:, :1]), cheapest[:, :-1]], axis=1)
    return np.asarray(np.minimum(others + first, days.infinity, out=others))
