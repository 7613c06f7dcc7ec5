"""A disruption: replan the sessions that cannot stand, of every course, and disturb as few people as possible."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from types import MappingProxyType

from .constraints import PLACE, Booked
from .course import CourseRequest
from .plan import Diary, Session
from .protocols import VisitKind
from .replanner import Repair, repair_rest
from .resources import Clinic
from .solver.crowds import least_moves
from .solver.rest import GIVEN, ChangePrices, Rest

Patience = Callable[[], float]  # the seconds that are left
Span = tuple[int, int, int]

STRATEGIES: Mapping[str, ChangePrices] = MappingProxyType(
    {
        "fewest calls": ChangePrices(moved_time=80, chair=1),
        "nobody changes day": ChangePrices(moved_day=5000),
        "keep each usual time": ChangePrices(moved_day=60, moved_time=120, time=12),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Hold a running course: what is asked, and all its sessions, given, missed and to come."""

    request: CourseRequest
    sessions: tuple[Session, ...]


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

    No replan whatsoever moves fewer than `people_bound` people or `sessions_bound` sessions to another time.
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
    The same input and seed have the same answer, unless the seconds `left` run out before the steps do.

    Raises KeyError for a strategy that does not exist.
    """
    diary = booked if isinstance(booked, Diary) else Diary.of(booked)
    floor = _Floor(clinic, tuple(courses), diary, now, STRATEGIES[strategy], protect)
    floor.begin()
    rng = random.Random(seed)
    for _ in range(steps):
        if left() <= 0 or not floor.improve(rng):
            break
    return floor.answer(strategy)


class _Floor:
    """Hold the courses while they are replanned, with what each of them takes."""

    def __init__(
        self,
        clinic: Clinic,
        courses: tuple[Running, ...],
        diary: Diary,
        now: datetime,
        prices: ChangePrices,
        protect: timedelta,
    ) -> None:
        self.clinic, self.courses, self.diary, self.now, self.prices = clinic, courses, diary, now, prices
        self.to_come = [self._to_come(course) for course in courses]
        self.taken = [Diary.of(course.sessions).taken for course in courses]
        self.affected = self._affected()
        self.rests = [self._rest(number, protect) for number in range(len(courses))]
        self.repairs: dict[int, Repair] = {}

    def begin(self) -> None:
        """Repair the affected courses one after another, those first whose sessions are soonest."""
        order = sorted(self.affected, key=lambda number: (min(s.when.start for s in self.affected[number]), number))
        self._again(order, whatever=True)

    def improve(self, rng: random.Random) -> bool:
        """Try two or three courses in another order; return False when there is nothing left to try."""
        numbers = sorted(self.repairs)
        bad = [number for number in numbers if not self.repairs[number].plan.is_complete]
        paying = bad or [number for number in numbers if self.repairs[number].cost]
        if not paying or (len(numbers) < 2 and not bad):
            return False
        focus = rng.choice(paying)
        others = self._neighbours(focus) if bad else [number for number in numbers if number != focus]
        self._again([focus, *rng.sample(others, min(len(others), rng.choice((1, 2))))])
        return True

    def answer(self, strategy: str) -> Replan:
        """Return what was found, with reasons for what has no place."""
        for number in [number for number, repair in self.repairs.items() if not repair.plan.is_complete]:
            self._repair(number, explain=True)
        touched = tuple(
            Touched(course=self.courses[number], repair=repair)
            for number, repair in sorted(self.repairs.items())
            if repair.changes or repair.plan.unplaced
        )
        moved = (change for item in touched for change in item.repair.changes)
        lost = [self.affected.get(number, []) for number, repair in self.repairs.items() if not repair.plan.sessions]
        people, sessions = least_moves(self.clinic, self._on_affected_dates(), self.diary)
        return Replan(
            strategy=strategy,
            touched=touched,
            people=sum(item.is_told for item in touched) + len(lost),
            people_bound=people,
            sessions=sum(_when(change.before) != _when(change.after) for change in moved) + sum(map(len, lost)),
            sessions_bound=sessions,
        )

    def _on_affected_dates(self) -> list[Session]:
        """Return the sessions to come on the (UTC) dates on which any session cannot stand."""
        dates = {session.when.start.date() for sessions in self.affected.values() for session in sessions}
        return [s for sessions in self.to_come for s in sessions if s.when.start.date() in dates]

    def _to_come(self, course: Running) -> tuple[Session, ...]:
        return tuple(
            s for s in course.sessions if s.takes_its_place and s.status not in GIVEN and s.when.start > self.now
        )

    def _affected(self) -> dict[int, list[Session]]:
        """Return the sessions to come that break a rule of their place, by course."""
        booked = Booked(
            self.clinic, [s for course in self.courses for s in course.sessions if s.takes_its_place], self.diary
        )
        found: dict[int, list[Session]] = {}
        for number, sessions in enumerate(self.to_come):
            if broken := [s for s in sessions if any(rule(s, booked) is not None for rule in PLACE)]:
                found[number] = broken
        return found

    def _rest(self, number: int, protect: timedelta) -> Rest:
        course, broken = self.courses[number], {s.number for s in self.affected.get(number, ())}
        near = (s for s in self.to_come[number] if s.when.start < self.now + protect and s.number not in broken)
        held = frozenset(s.number for s in near if s.kind is not VisitKind.FOLLOW_UP)
        return Rest.of(course.request, self.clinic, course.sessions, self.now, held)

    def _others(self, number: int) -> Diary:
        """Return everything that is taken but for one course."""
        whole: dict[str, tuple[Span, ...]] = dict(self.diary.taken)
        for other, taken in enumerate(self.taken):
            if other != number:
                for resource, spans in taken.items():
                    whole[resource] = (*whole.get(resource, ()), *spans)
        return Diary(whole)

    def _repair(self, number: int, explain: bool = False) -> None:
        course, rest = self.courses[number], self.rests[number]
        others = self._others(number)
        repair = repair_rest(rest, self.clinic, others, course.sessions, self.prices, explain=explain)
        self.repairs[number] = repair
        begun = [s for s in course.sessions if s.takes_its_place and s not in self.to_come[number]]
        placed = [*begun, *rest.done, *repair.plan.sessions] if repair.plan.sessions else self._standing(number)
        self.taken[number] = Diary.of(placed).taken

    def _standing(self, number: int) -> list[Session]:
        """Return the sessions of a course that nothing happened to."""
        broken = self.affected.get(number, ())
        return [session for session in self.courses[number].sessions if session not in broken]

    def _again(self, group: list[int], whatever: bool = False) -> None:
        """Repair some courses in this order, and keep that if it is better.

        Those that wait hold what can stand, so that a course without a repair has lost no more than it must.
        """
        value, repairs, taken = self._value(), dict(self.repairs), list(self.taken)
        for number in group:
            self.taken[number] = Diary.of(self._standing(number)).taken
        for number in group:
            self._repair(number)
        if self._value() >= value and not whatever:
            self.repairs, self.taken = repairs, taken

    def _value(self) -> tuple[int, int, int]:
        """Return what is made small: courses without a place, then people to call, then the cost."""
        repairs = self.repairs.values()
        missing = sum(not repair.plan.is_complete for repair in repairs)
        told = sum(bool(repair.effect.moved_days or repair.effect.moved_times) for repair in repairs)
        return missing, told, sum(repair.cost for repair in repairs)

    def _neighbours(self, focus: int) -> list[int]:
        """Return the other courses with a session at about the time of one that has to move."""
        wished = [session.when for session in self.affected.get(focus, ())]
        return [
            number
            for number, sessions in enumerate(self.to_come)
            if number != focus and any(when.overlaps(session.when) for session in sessions for when in wished)
        ]


def _when(session: Session | None) -> object:
    return session and session.when
