"""The cheapest plan of one course at given prices of its places, thousands of times over.

All that does not depend on prices is compiled once: the starts that the course could have, and the steps from week to
week as arrays of arcs. The exact search of `course.py` follows the same rules for many columns at once; a course that
has more than one session on a day, redeterminations or blocks of days is left to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .admission_steps import NEVER, Steps
from .best import solve
from .problem import Costs, Keep, Prices, Problem
from .trace import Place, Solution

FREE = Prices(wait=0, end=0, dev=0, chair=0, short=0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Starts:
    """Hold the places of one role that a course could have while nobody else is there, in the order of their days."""

    day: Costs
    chair: Costs
    start: Costs
    days: Costs  # those that have any
    first: Costs  # where each of these begins
    spans: dict[int, slice]  # of each of these

    @classmethod
    def of(cls, problem: Problem, role: int) -> "Starts":
        """Find the places of a role."""
        day, chair, start = np.nonzero(problem.feasible(role))
        days, first = np.unique(day, return_index=True)
        ends = [*first[1:].tolist(), len(day)]
        spans = dict(zip(days.tolist(), map(slice, first.tolist(), ends), strict=True))
        chairs = np.flatnonzero(problem.chairs)
        return cls(day=day, chair=chairs[chair], start=start, days=days, first=first, spans=spans)

    def least(self, prices: Costs, count: int) -> Costs:
        """Return the cheapest price of each of so many days."""
        answer = np.full(count, NEVER, dtype=np.int64)
        if len(self.days):
            answer[self.days] = np.minimum.reduceat(prices, self.first)
        return answer

    def cheapest(self, prices: Costs, day: int) -> int:
        """Return the number of the cheapest place of a day."""
        span = self.spans[day]
        return int(span.start + prices[span].argmin())


class Search:
    """Find the cheapest plan of one course, whatever the prices of its places are."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.starts = [Starts.of(problem, role) for role in range(len(problem.roles))]

    @cached_property
    def steps(self) -> Steps | None:
        """Compile the steps of the course; None where it has no plan at all."""
        problem = self.problem
        fits = np.zeros((len(problem.stretches), problem.days), dtype=bool)
        for number, stretch in enumerate(problem.stretches):
            fits[number, self.starts[stretch.role].days] = True
        too_many = problem.units is not None and problem.sessions > problem.units
        if too_many or problem.first > problem.last or not fits.any():
            return None
        steps = Steps(replace(problem, prices=FREE), fits)
        return None if steps.weeks.need[0] > 0 else steps

    @property
    def has_plan(self) -> bool:
        """Tell whether the course has any plan where nobody else comes."""
        return self.cheapest([np.zeros(len(starts.day), dtype=np.int64) for starts in self.starts]) is not None

    def cheapest(self, prices: Sequence[Costs]) -> Solution | None:
        """Return the plan whose places are cheapest by the prices [role][place]; those from NEVER on cannot be had."""
        if not _is_plain(self.problem):
            return self._in_general(prices)
        if self.steps is None:
            return None
        problem, opening = self.problem, self._opening
        least = [starts.least(price, problem.days) for starts, price in zip(self.starts, prices, strict=True)]
        found = self.steps.cheapest(least, least[opening])
        if found is None:
            return None
        cost, days = found
        places = []
        for number, (day, stretch) in enumerate(days):
            role = problem.stretches[stretch].role if number else opening
            starts = self.starts[role]
            index = starts.cheapest(prices[role], day)
            chair, start = int(starts.chair[index]), int(starts.start[index])
            places.append(Place(day=day, start=start, chair=chair, role=role, stretch=stretch))
        return Solution(places=tuple(places), cost=cost, anchor=0, home=0)

    @property
    def _opening(self) -> int:
        return self.problem.stretches[0].role if self.problem.opening is None else self.problem.opening

    def _in_general(self, prices: Sequence[Costs]) -> Solution | None:
        """Ask the search that knows every rule."""
        problem, roles = self.problem, []
        for role, starts, price in zip(self.problem.roles, self.starts, prices, strict=True):
            dense, room = np.zeros(role.room.shape, dtype=np.int32), np.zeros_like(role.room)
            where = starts.day, starts.chair, starts.start
            room[where], dense[where] = price < NEVER, np.minimum(price, NEVER >> 20)
            roles.append(replace(role, room=room, price=dense))
        keep = Keep(price=np.zeros((1, 1, 1), dtype=np.int64), constant=0, old_last=problem.earliest)
        keep = replace(keep, price=np.broadcast_to(keep.price, problem.roles[0].room.shape))
        priced = replace(problem, roles=tuple(roles), prices=FREE, usual=None, keep=keep, scale=1)
        return solve(priced)


def _is_plain(problem: Problem) -> bool:
    """Tell whether the steps know all rules of a course."""
    odd = problem.due_role is not None or problem.done or problem.fixed or not problem.fresh
    return not odd and all(
        stretch.per_day == 1 and stretch.blocks is None and stretch.per_week_max > 0 for stretch in problem.stretches
    )
