"""The front of the search: the best solution of a problem, or the proof that there is none."""

from collections.abc import Sequence

import numpy as np

from .bounds import week_bounds
from .course import Run, run
from .days import Days, Known, visits_of
from .problem import WEEK, Costs, Mask, Problem
from .trace import Solution, trace
from .weeks import Weeks

SPARE_WEEKS = 4  # searched at first, after the first week in which the course could end
PIONEERS = 24  # columns searched first, for a cost to beat
CHUNK = 192  # columns searched side by side: wide enough for numpy, narrow enough for the cache


def solve(problem: Problem, *, known: Known | None = None, below: int | None = None) -> Solution | None:
    """Return the cheapest solution, or None when no plan keeps every rule (or none costs less than `below`).

    The most promising columns are searched first; the others only where their bound is below what was found, and only
    in the weeks in which they could still beat it.
    """
    too_many = problem.units is not None and problem.sessions > problem.units
    if too_many or problem.first > problem.last or not problem.chairs.any():
        return None
    days = Days(problem, known)
    fits = np.stack([days.fits(visits_of(problem, stretch)) for stretch in problem.stretches])
    whole = Weeks.of(problem, fits, problem.last)
    if whole.need[0] > 0 or not whole.positions:
        return None
    near = min(problem.last, WEEK * (whole.most.index(whole.edges[-1]) + SPARE_WEEKS) - 1)
    limit = days.infinity if below is None else below * problem.scale
    best = _best_run(days, fits, near, None, limit)
    # A plan that ends later costs at least its end; only if that is cheap the weeks beyond are looked at too.
    beyond = problem.prices.end * max(0, near + 1 - problem.end_from)
    if near < problem.last and (best is None or int(best.best.min()) > beyond):
        best = _best_run(days, fits, problem.last, best, limit)
    return None if best is None else trace(days, best)


def _best_run(days: Days, fits: Mask, last: int, best: Run | None, limit: int) -> Run | None:
    """Search for a plan that ends by the day `last` and is cheaper than the best so far."""
    weeks = Weeks.of(days.problem, fits, last)
    residues = _residues(days.problem)
    bounds = {residue: week_bounds(days, weeks, residue) for residue in residues}
    for residue in sorted(residues, key=lambda residue: int(bounds[residue].min())):
        best = _improve(days, fits, bounds[residue], residue, best, limit)
    return best


def _residues(problem: Problem) -> Sequence[int | None]:
    """Return the remainders that the days on which redeterminations fall due could have."""
    if problem.due_role is None:
        return (None,)
    return range(problem.due_every) if problem.due_day is None else (problem.due_day % problem.due_every,)


def _improve(days: Days, fits: Mask, bounds: Costs, residue: int | None, best: Run | None, limit: int) -> Run | None:
    """Search columns in the order of their bounds, each as far as it could still beat the best."""
    order = np.argsort(bounds.min(axis=0), kind="stable")
    week, seen = np.arange(len(bounds))[:, None], np.full(bounds.shape[1], -1)
    width, last = CHUNK, len(bounds)
    if best is not None:
        limit = int(best.best.min())
    else:
        # The first columns are searched little further than they are likely to go.
        width, last = PIONEERS, int(bounds.min(axis=1).argmin()) + 1
    while True:
        hopeful: Mask = np.less(bounds, limit) & np.greater(week, seen)
        columns = order[np.any(hopeful, axis=0, keepdims=True)[0, order]][:width]
        if not len(columns):
            return best
        last = min(last, int(np.flatnonzero(hopeful[:, columns].any(axis=1))[-1]))
        weeks = Weeks.of(days.problem, fits, min(days.problem.last, WEEK * last + WEEK - 1))
        found = run(days, columns, weeks, residue)
        if found.best.min() < limit:
            best, limit = found, int(found.best.min())
        seen[columns] = last
        width, last = CHUNK, len(bounds)
