"""Compile the new courses of an instance file for admission."""

from dataclasses import replace
from fractions import Fraction
from math import lcm

import numpy as np

from .admission_floor import Candidate, Floor, Use
from .instance import Instance
from .instance_cells import Json
from .problem import Costs, Problem
from .trace import Places, Solution


class InstanceFloor(Floor):
    """Hold the new courses of an instance, and write them down as its answers."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        chairs = np.moveaxis(instance.taken == 0, 1, 0)
        pools = np.moveaxis(np.maximum(instance.units, 0), 1, 0)
        ranks = [Fraction(str(course.get("priority", 1))) for course in instance.courses]
        self.parts = lcm(*(rank.denominator for rank in ranks))  # priorities are counted in this many parts
        self._whole = [instance.problem(course) for course in instance.courses]
        candidates = [self._candidate(*pair) for pair in zip(instance.courses, self._whole, strict=True)]
        super().__init__(candidates, np.concatenate([chairs.astype(np.int16), pools]))

    def rank(self, priority: int) -> float:
        """Return a priority as the file counts it."""
        return priority / self.parts if priority % self.parts else priority // self.parts

    def sessions(self, number: int, places: Places) -> list[dict[str, str]]:
        """Write the places of a course as the sessions of an answer."""
        problem = self._whole[number]
        chairs = np.flatnonzero(problem.chairs)
        back = tuple(replace(place, chair=int(chairs[place.chair])) for place in places)
        return self.instance.sessions(Solution(places=back, cost=0, anchor=0, home=0), problem)

    def _candidate(self, course: Json, problem: Problem) -> Candidate:
        """Compile a course for those chairs only that it may use."""
        chairs = np.flatnonzero(problem.chairs)
        roles = tuple(replace(role, room=role.room[:, chairs]) for role in problem.roles)
        pools = course.get("pools", ())
        named = [pools, [*pools, *course.get("first_pools", ())]]
        return Candidate(
            name=course["id"],
            priority=int(Fraction(str(course.get("priority", 1))) * self.parts),
            problem=replace(problem, roles=roles, chairs=problem.chairs[chairs], staffed=problem.staffed[:, chairs]),
            uses=tuple(
                (
                    Use(rows=chairs, length=role.length),
                    *(self._pool(name, names.count(name), chairs, role.length) for name in dict.fromkeys(names)),
                )
                for role, names in zip(roles, named, strict=True)
            ),
            step=problem.step,
            shift=self.instance.days - problem.days,
        )

    def _pool(self, name: str, count: int, chairs: Costs, length: int) -> Use:
        data, pools = self.instance.data["chairs"], self.instance.pools
        names = [name if name in pools else f"{data[chair]['site']}/{name}" for chair in chairs]
        rows = np.array([len(data) + pools[own] for own in names], dtype=np.int64)
        return Use(rows=rows, length=length, count=count)
