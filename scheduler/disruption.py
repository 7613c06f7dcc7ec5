"""A disruption: replan the sessions that cannot stand, of every course, and disturb as few people as possible."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from types import MappingProxyType

from .plan import Diary, Session
from .replanner import Repair
from .replanning import Patience, ReplanFloor, Running, Strategy
from .resources import Clinic
from .solver.rest import ChangePrices

STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        "fewest calls": Strategy(fewest="people", prices=ChangePrices(moved_time=80, chair=1)),
        "nobody changes day": Strategy(fewest="days", prices=ChangePrices(moved_day=5000)),
        "keep each usual time": Strategy(fewest="times", prices=ChangePrices(moved_day=60, moved_time=120, time=12)),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Hold a course that a replan changes, or cannot keep alive, with its repair."""

    course: Running
    repair: Repair

    @property
    def is_placed(self) -> bool:
        """Tell whether every session has a place."""
        return self.repair.plan.is_complete

    @property
    def is_told(self) -> bool:
        """Tell whether the patient has to come at another time, and so has to be told."""
        return any(
            change.kind != "moved" or _when(change.before) != _when(change.after) for change in self.repair.changes
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """Hold the answer to a disruption: the courses that change, how many people and sessions move, and what is proven.

    No replan that leaves alone what is near moves fewer than `people_bound` people or `sessions_bound` sessions to
    another time.
    """

    strategy: str
    touched: tuple[Touched, ...]
    people: int
    people_bound: int
    sessions: int
    sessions_bound: int

    @property
    def unplaced(self) -> tuple[Touched, ...]:
        """Return the courses with sessions that have no place; their repairs say why."""
        return tuple(touched for touched in self.touched if not touched.is_placed)

    @property
    def gap(self) -> tuple[int, int]:
        """Return how many people and sessions more than the proven least are moved."""
        return self.people - self.people_bound, self.sessions - self.sessions_bound


def replan(
    clinic: Clinic,
    courses: Iterable[Running],
    booked: Diary | Iterable[Session] = (),
    *,
    now: datetime,
    strategy: str = "fewest calls",
    protect: timedelta = timedelta(hours=24),
    seed: int = 0,
    steps: int = 40,
    left: Patience = lambda: inf,
) -> Replan:
    """Return how the courses go on in a clinic in which some of their sessions can no longer stand.

    `clinic` has the disruption in it: the closures and absences are the truth, whatever becomes of the plan. `booked`
    is what else stands in the diary. Sessions that have begun stay; those within `protect` of now move only if they
    must.
    When no seconds are `left`, those who were not looked at yet are listed without a place, as still being searched
    for. The same input and seed have the same answer, unless the seconds run out before the steps do.

    Raises KeyError for a strategy that does not exist.
    """
    diary = booked if isinstance(booked, Diary) else Diary.of(booked)
    floor = ReplanFloor(clinic, tuple(courses), diary, now, STRATEGIES[strategy], protect, left)
    floor.begin()
    rng = random.Random(seed)
    if steps and floor.strategy.fewest == "people":
        floor.exchange()
    for _ in range(steps):
        if left() <= 0 or not floor.improve(rng):
            break
    floor.explain()
    return _answer(floor, strategy)


def _answer(floor: ReplanFloor, strategy: str) -> Replan:
    touched = tuple(
        Touched(course=floor.courses[number], repair=repair)
        for number, repair in sorted(floor.repairs.items())
        if repair.changes or repair.plan.unplaced
    )
    moved = (change for item in touched for change in item.repair.changes)
    lost = [floor.affected.get(number, []) for number, repair in floor.repairs.items() if not repair.plan.sessions]
    return Replan(
        strategy=strategy,
        touched=touched,
        people=sum(item.is_told for item in touched) + len(lost),
        people_bound=floor.seats.people,
        sessions=sum(_when(change.before) != _when(change.after) for change in moved) + sum(map(len, lost)),
        sessions_bound=floor.seats.sessions,
    )


def _when(session: Session | None) -> object:
    return session and session.when
