"""The front of the search: the best solution of a problem, or the proof that there is none."""

import numpy as np

from .course import Search
from .days import visits_of
from .problem import Problem
from .trace import Solution, trace
from .weeks import Weeks


def solve(problem: Problem) -> Solution | None:
    """Return the cheapest solution, or None when no plan keeps every rule."""
    if problem.first > problem.last or (problem.units is not None and problem.sessions > problem.units):
        return None
    search = Search(problem)
    fits = np.stack([search.days.bound(visits_of(problem, s)).min(axis=1) < search.infinity for s in problem.stretches])
    weeks = Weeks.of(problem, fits, problem.last)
    residues = [None] if problem.due_role is None else range(problem.due_every)
    best = None
    for residue in residues:
        run = search.run(range(search.days.columns()), weeks, residue)
        if run.best.min() < search.infinity and (best is None or run.best.min() < best.best.min()):
            best = run
    return trace(search, best) if best is not None else None
