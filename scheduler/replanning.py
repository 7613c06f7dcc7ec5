"""Running courses on the floor of a clinic that has changed: repaired one by one, then again in other orders."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from math import inf
from typing import Literal

from .constraints import PLACE, Booked
from .course import CourseRequest
from .plan import Diary, Plan, Score, Session, Unplaced
from .protocols import VisitKind
from .reasons import Reason
from .replanner import Effect, Repair, repair_rest
from .resources import Clinic
from .solver.rest import GIVEN, ChangePrices, Rest
from .solver.seats import Seats, seats
from .taken import Spans, Taken

EXPLAINED = 6  # who have no place are told why, however late it is
PROOF_SECONDS = 0.5  # even when the time is up; it rarely takes a tenth of that
INSTEAD = 0.7  # how often one who is in the way is moved instead of some who are badly off

Patience = Callable[[], float]  # the seconds that are left
Value = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """Hold what a replan makes as small as possible once everybody has a place, and what each change costs beyond."""

    fewest: Literal["people", "days", "times"]
    prices: ChangePrices


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Hold a running course: what is asked, and all its sessions, given, missed and to come."""

    request: CourseRequest
    sessions: tuple[Session, ...]


class ReplanFloor:
    """Hold the courses while they are replanned, with what each of them takes."""

    def __init__(
        self,
        clinic: Clinic,
        courses: tuple[Running, ...],
        diary: Diary,
        now: datetime,
        strategy: Strategy,
        protect: timedelta,
        left: Patience = lambda: inf,
    ) -> None:
        self.clinic, self.courses, self.diary, self.now, self.strategy = clinic, courses, diary, now, strategy
        self._left, self._protect = left, protect
        self.to_come = [self._to_come(course) for course in courses]
        self.affected = self._affected()
        self._taken = Taken(diary, [course.sessions for course in courses], now)
        self._rests: dict[int, Rest] = {}
        self._nears: dict[int, list[int]] = {}
        self.repairs: dict[int, Repair] = {}

    def begin(self) -> None:
        """Repair the affected courses one after another, soonest first, for as long as there is time."""
        order = sorted(self.affected, key=lambda number: (min(s.when.start for s in self.affected[number]), number))
        for number in order:
            self._taken.put(number, self._standing(number))
        for number in order:
            if self._left() > 0:
                self._repair(number)
            else:
                self.repairs[number] = _postponed(self._rest(number))

    def exchange(self) -> None:
        """Let as many people as possible keep their times on other chairs, and repair the others; keep what is better.

        A chair is no reason to call anybody, so that those may change it to whom nothing happened.
        """
        if self._left() <= 0:
            return
        seated, group = self.seats.chairs, list[tuple[bool, int]]()
        value, repairs, taken = self._value(), dict(self.repairs), self._taken.copy()
        before, there = dict[int, list[Session]](), dict[int, list[Session]]()
        for place, (number, session) in enumerate(self._crowd) if seated else ():
            if session.chair:
                before.setdefault(number, []).append(session)
            if place in seated:
                there.setdefault(number, []).append(replace(session, chair=seated[place]))
        for number, mine in before.items():
            if (now := there.get(number, [])) != mine or number in self.affected:
                self._taken.put(number, [*(s for s in self.courses[number].sessions if s not in mine), *now])
                group.append((len(now) < len(mine), number))
        self._renew([number for _, number in sorted(group)], value, repairs, taken)

    def improve(self, rng: random.Random) -> bool:
        """Try some courses in another order; return False when there is nothing left to try."""
        numbers = sorted(self.repairs)
        bad = [number for number in numbers if not self.repairs[number].plan.is_complete]
        worst = bad or [number for number in numbers if self._broken(number)]
        paying = worst or [number for number in numbers if self.repairs[number].cost]
        if not paying or (len(numbers) < 2 and not worst):
            return False
        focus = rng.choice(paying)
        if worst and rng.random() < INSTEAD:
            group = self._instead(focus, worst, rng)
        else:
            others = [number for number in numbers if number != focus]
            group = [focus, *rng.sample(others, min(len(others), rng.choice((1, 2))))]
        self._again(group)
        return True

    def _instead(self, focus: int, worst: list[int], rng: random.Random) -> list[int]:
        """Return a course that is badly off, others like it, and last the one that is in the way of all of them."""
        others = [number for number in self._near(focus) if number not in worst]
        if not others:
            return [focus]
        other = rng.choice(others)
        alike = [number for number in worst if number != focus and other in self._near(number)]
        return [focus, *rng.sample(alike, min(len(alike), 2)), other]

    def explain(self) -> None:
        """Find out why some have no place: a few in any case, the others for as long as there is time."""
        without = [number for number, repair in sorted(self.repairs.items()) if self._is_stuck(repair)]
        for count, number in enumerate(without):
            if count < EXPLAINED or self._left() > 0:
                self._repair(number, explain=True)

    def _is_stuck(self, repair: Repair) -> bool:
        """Tell whether a place was looked for in vain, and nobody knows why yet."""
        return not repair.plan.is_complete and not any(item.reasons for item in repair.plan.unplaced)

    @cached_property
    def seats(self) -> Seats:
        """Return how few people and sessions have to move where any session cannot stand, and who could stay."""
        people = {self.courses[number].request.patient for number in self.affected}
        crowd, fits, seconds = [session for _, session in self._crowd], self._fits, max(self._left(), PROOF_SECONDS)
        return seats(self.clinic, crowd, self.diary, affected=people, fits=fits, seconds=seconds)

    @cached_property
    def _crowd(self) -> list[tuple[int, Session]]:
        """Return the sessions to come on the (UTC) dates on which any session cannot stand, each with its course."""
        dates = {session.when.start.date() for sessions in self.affected.values() for session in sessions}
        return [(n, s) for n, sessions in enumerate(self.to_come) for s in sessions if s.when.start.date() in dates]

    def _fits(self, place: int, chair: str) -> bool:
        """Tell whether a chair has what a session needs, as far as its phase says; what is near stays where it is."""
        number, session = self._crowd[place]
        if session.number in self._rest(number).held:
            return chair == session.chair
        phases = self.courses[number].request.planned_phases if session.kind is VisitKind.TREATMENT else ()
        visits = [phase.visit for phase in phases if phase.name == session.phase]
        return all(visit.chair_kinds <= self.clinic.chair(chair).kinds for visit in visits)

    def _to_come(self, course: Running) -> tuple[Session, ...]:
        return tuple(
            s for s in course.sessions if s.takes_its_place and s.status not in GIVEN and s.when.start > self.now
        )

    def _affected(self) -> dict[int, list[Session]]:
        """Return the sessions to come that break a rule of their place, by course."""
        standing = [s for course in self.courses for s in course.sessions if s.takes_its_place]
        booked = Booked(self.clinic, [s for s in standing if s.when.end > self.now], self.diary)
        found: dict[int, list[Session]] = {}
        for number, sessions in enumerate(self.to_come):
            if broken := [s for s in sessions if any(rule(s, booked) is not None for rule in PLACE)]:
                found[number] = broken
        return found

    def _rest(self, number: int) -> Rest:
        if number not in self._rests:
            course, broken = self.courses[number], {s.number for s in self.affected.get(number, ())}
            until = self.now + self._protect
            near = (s for s in self.to_come[number] if s.when.start < until and s.number not in broken)
            held = frozenset(s.number for s in near if s.kind is not VisitKind.FOLLOW_UP)
            self._rests[number] = Rest.of(course.request, self.clinic, course.sessions, self.now, held)
        return self._rests[number]

    def _repair(self, number: int, explain: bool = False) -> None:
        course, rest, beside = self.courses[number], self._rest(number), self._taken.beside(number)
        repair = repair_rest(rest, self.clinic, beside, course.sessions, self.strategy.prices, explain=explain)
        self.repairs[number] = repair
        begun = [s for s in course.sessions if s.takes_its_place and s not in self.to_come[number]]
        placed = [*begun, *rest.done, *repair.plan.sessions] if repair.plan.sessions else self._standing(number)
        self._taken.put(number, placed)

    def _standing(self, number: int) -> list[Session]:
        """Return the sessions of a course that nothing happened to."""
        broken = self.affected.get(number, ())
        return [session for session in self.courses[number].sessions if session not in broken]

    def _again(self, group: list[int]) -> None:
        """Repair some courses in this order, and keep that if it is better and nobody has lost a place by it.

        Who has no place holds what can stand meanwhile, and so has lost no more than it must.
        """
        value, repairs, taken = self._value(), dict(self.repairs), self._taken.copy()
        for number in group:
            self._taken.put(number, () if self._is_placed(number) else self._standing(number))
        self._renew(group, value, repairs, taken)

    def _renew(self, group: list[int], value: Value, repairs: dict[int, Repair], taken: list[dict[str, Spans]]) -> None:
        """Repair some courses in this order; go back to what was before unless that is better."""
        placed = [number for number in group if number not in repairs or repairs[number].plan.is_complete]
        for number in group:
            if self._left() > 0:
                self._repair(number)
        if self._left() <= 0 or self._value() >= value or not all(map(self._is_placed, placed)):
            self.repairs = repairs
            self._taken.restore(taken)

    def _is_placed(self, number: int) -> bool:
        return number not in self.repairs or self.repairs[number].plan.is_complete

    def _value(self) -> Value:
        """Return what is made small: courses without a place, what the strategy promises, people to tell, the cost."""
        repairs = self.repairs.values()
        missing = sum(not repair.plan.is_complete for repair in repairs)
        told = sum(bool(repair.effect.moved_days or repair.effect.moved_times) for repair in repairs)
        return missing, sum(map(self._broken, self.repairs)), told, sum(repair.cost for repair in repairs)

    def _broken(self, number: int) -> int:
        """Count how often the repair of a course does what the strategy would avoid."""
        effect, fewest = self.repairs[number].effect, self.strategy.fewest
        if fewest == "people":
            return int(bool(effect.moved_days or effect.moved_times))
        return effect.moved_days if fewest == "days" else effect.moved_times

    def _near(self, focus: int) -> list[int]:
        """Return the other courses with a session at about the time of one that has to move."""
        if focus not in self._nears:
            wished = [session.when for session in self.affected.get(focus, ())]
            self._nears[focus] = [
                number
                for number, sessions in enumerate(self.to_come)
                if number != focus and any(when.overlaps(session.when) for session in sessions for when in wished)
            ]
        return self._nears[focus]


def _postponed(rest: Rest) -> Repair:
    """Return that there was no time yet to repair a course."""
    wait = Unplaced(first_number=len(rest.done) + 1, count=len(rest.old), reasons=(Reason.of("still-searching"),))
    plan = Plan(kind="fewest changes", unplaced=(wait,), score=Score(), timezone=rest.timezone)
    effect = Effect(ends_before=None, ends_after=None, units_left=None, longest_gap=0, moved_days=0, moved_times=0)
    stay = tuple(s for s in rest.done if s.status not in GIVEN and s.when.start > rest.now)
    return Repair(kind=plan.kind, plan=plan, stay=stay, changes=(), effect=effect, cost=0)
