"""Keep a running course alive: what was missed, moved or asked anew is placed with as little change as possible."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

import numpy as np

from .constraints import PLACE, Booked, on_the_wall
from .course import CourseRequest
from .followups import place_follow_ups
from .intervals import Interval
from .plan import Change, Diary, Plan, Score, Session, Unplaced
from .protocols import VisitKind
from .reasons import Reason
from .resources import Clinic
from .solver.best import solve
from .solver.ground import Ground
from .solver.problem import Problem
from .solver.refusal import reasons_why_not
from .solver.rest import GIVEN, ChangePrices, Rest, ground_of, is_standing, problem_of, usual
from .solver.restored import restored

DEFAULT = ChangePrices()
MOST_WAYS = 4
OTHER_TIME_MINUTES = 60  # from the usual time, before a make-up counts as one at another time of day


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Hold what a repair means for the course; a date is None when there is nothing to come."""

    ends_before: date | None
    ends_after: date | None
    units_left: int | None
    longest_gap: int
    moved_days: int
    moved_times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Hold one way to go on with a running course: its sessions to come, what changes, and what that means.

    `kind` says what is special about this way: fewest changes, at the end, inside, other time (what is new stands at
    another time of day), or further day (the patient would have to come at hours that were not offered). A plan without
    sessions says why there is no such way. Those that `stay` are to come too, on a day that has begun.
    """

    kind: str
    plan: Plan
    stay: tuple[Session, ...]
    changes: tuple[Change, ...]
    effect: Effect
    cost: int


def repair_course(
    request: CourseRequest,
    clinic: Clinic,
    booked: Diary | Iterable[Session],
    sessions: Iterable[Session],
    *,
    now: datetime,
    held: frozenset[int] = frozenset(),
    prices: ChangePrices = DEFAULT,
) -> tuple[Repair, ...]:
    """Return the ways to go on with a course: the one with the fewest changes, then the others that differ.

    `request` is what is asked now, so that other hours, dates or another protocol are repairs like any other.
    `sessions` are all of this course, given, missed and to come; `booked` is everything else. Sessions whose numbers
    are `held` do not move. The first answer has the least cost that any way can have.
    """
    diary, sessions = booked if isinstance(booked, Diary) else Diary.of(booked), tuple(sessions)
    rest = Rest.of(request, clinic, _counted(sessions, request), now, held)
    first = repair_rest(rest, clinic, diary, sessions, prices)
    found = [first]
    for kind in ("at the end", "inside", "other time", "further day"):
        other = repair_rest(rest, clinic, diary, sessions, prices, kind, explain=False)
        if other.plan.sessions and all(_places(other) != _places(known) for known in found):
            found.append(other)
    return tuple(found[:MOST_WAYS])


def _counted(sessions: Iterable[Session], request: CourseRequest) -> tuple[Session, ...]:
    """Take away the numbers that a course which was made shorter has no longer, so that all below them are borne."""
    return tuple(
        replace(session, number=0) if is_standing(session) and session.number > request.sessions else session
        for session in sessions
    )


def repair_rest(
    rest: Rest,
    clinic: Clinic,
    diary: Diary,
    sessions: tuple[Session, ...],
    prices: ChangePrices,
    kind: str = "fewest changes",
    explain: bool = True,
) -> Repair:
    """Return the cheapest way of one kind to go on with a course; to explain why there is none takes longer."""
    if kind == "further day":
        wide = replace(rest.request.availability, hours=None)
        rest = replace(rest, request=replace(rest.request, availability=wide))
    asked = rest.asked()
    if asked is None:
        left = rest.request.sessions - len(rest.done)
        late = Reason.of("no-place", placed=0, sessions=left, last_date=rest.request.latest_date)
        if left > 0:
            unplaced = (Unplaced(first_number=len(rest.done) + 1, count=left, reasons=(late,)),)
            return _repair(rest, kind, (), unplaced, sessions, 0)
        return _repair(rest, kind, *_follow_ups(rest, clinic, diary, (), sessions), sessions, 0)
    ground = ground_of(rest, asked, clinic, diary)
    problem = _limited(rest, ground, problem_of(rest, ground, prices), kind)
    solution = solve(problem)
    if solution is None:
        reasons = reasons_why_not(ground, problem, diary) if explain else ()
        unplaced = (Unplaced(first_number=len(rest.done) + 1, count=asked.sessions, reasons=reasons),)
        return _repair(rest, kind, (), unplaced, sessions, 0)
    found = restored(rest, ground, problem, solution, diary)
    follow_ups, missing = _follow_ups(rest, clinic, diary, found, sessions)
    missing = (*_lost(rest, (*found, *follow_ups)), *missing)
    return _repair(rest, kind, (*found, *follow_ups), missing, sessions, solution.cost)


def _lost(rest: Rest, found: tuple[Session, ...]) -> tuple[Unplaced, ...]:
    """Return what is missing on days that were begun; the protocol has no day for so few sessions."""
    if not rest.lost:
        return ()
    first = max(session.number for session in (*rest.done, *found)) + 1
    many = max(phase.sessions_per_day for phase in rest.request.planned_phases)
    reason = Reason.of("too-few-a-day", sessions=rest.lost, needed=many)
    return (Unplaced(first_number=first, count=rest.lost, reasons=(reason,)),)


def _limited(rest: Rest, ground: Ground, problem: Problem, kind: str) -> Problem:
    """Return the problem with only the places that are of the kind."""
    if kind == "fewest changes" or not rest.old or problem.keep is None:
        return problem
    last = problem.keep.old_last
    if kind not in ("at the end", "other time"):
        return replace(problem, last=min(problem.last, last))
    day = np.arange(problem.days)
    old = np.isin(day, [ground.frame.day(rest.day(session)) for session in rest.old])[:, None, None]
    if kind == "at the end":
        new = (day > last)[:, None, None]
    else:
        apart = np.abs(np.arange(problem.starts) - usual(rest, ground)[0]) * ground.frame.grid
        new = (apart >= OTHER_TIME_MINUTES)[None, None, :]
    return replace(problem, roles=tuple(replace(role, room=role.room & (old | new)) for role in problem.roles))


def _follow_ups(
    rest: Rest, clinic: Clinic, diary: Diary, found: tuple[Session, ...], sessions: tuple[Session, ...]
) -> tuple[tuple[Session, ...], tuple[Unplaced, ...]]:
    """Keep the follow-ups that are to come if the course ends on the same date; place them anew if it does not."""
    old = tuple(s for s in sessions if s.kind is VisitKind.FOLLOW_UP and s.takes_its_place)
    before, after = (*rest.done, *rest.old), (*rest.done, *found)
    booked = Booked(clinic, (), diary)
    to_come = tuple(session for session in old if session.when.start > rest.now)
    stand = all(_can_come(rest, s) and all(rule(s, booked) is None for rule in PLACE) for s in to_come)
    if stand and before and after and rest.day(before[-1]) == rest.day(after[-1]):
        return to_come, ()
    placed, missing = place_follow_ups(rest.request, clinic, diary, (*rest.done, *found))
    numbers = {session.phase: (session.number, session.status) for session in old}
    again = []
    for session in placed:
        number, status = numbers.get(session.phase, (session.number, session.status))
        again.append(replace(session, number=number, status=status))
    return tuple(again), missing


def _can_come(rest: Rest, session: Session) -> bool:
    """Tell whether a session suits what is asked now."""
    wall = on_the_wall(session.when, rest.timezone)
    request = rest.request
    return wall.day not in request.skipped and request.availability.allows(wall.day, wall.start, wall.end)


def _repair(
    rest: Rest,
    kind: str,
    found: tuple[Session, ...],
    unplaced: tuple[Unplaced, ...],
    sessions: tuple[Session, ...],
    cost: int,
) -> Repair:
    plan = Plan(kind=kind, sessions=found, unplaced=unplaced, score=Score(), timezone=rest.timezone)
    before = [s for s in sessions if s.takes_its_place and s not in rest.done and s.when.start > rest.now]
    changes = plan.changes(before) if found else ()
    stay = tuple(s for s in rest.done if s.status not in GIVEN and s.when.start > rest.now)
    return Repair(kind=kind, plan=plan, stay=stay, changes=changes, effect=_effect(rest, found, changes), cost=cost)


def _effect(rest: Rest, found: tuple[Session, ...], changes: tuple[Change, ...]) -> Effect:
    course = [session for session in found if session.kind is not VisitKind.FOLLOW_UP]
    days = sorted({rest.day(session) for session in (*rest.done, *course)})
    permit = rest.request.authorisation
    moved = [(c.before, c.after) for c in changes if c.before and c.after]
    other_day = sum(rest.day(before) != rest.day(after) for before, after in moved)
    return Effect(
        ends_before=rest.day(rest.old[-1]) if rest.old else None,
        ends_after=days[-1] if course else None,
        units_left=permit.units - len(rest.done) - len(course) if permit and permit.units is not None else None,
        longest_gap=max(((after - before).days for before, after in pairwise(days)), default=0),
        moved_days=other_day + sum(change.kind != "moved" for change in changes),
        moved_times=sum(before.when != after.when for before, after in moved) - other_day,
    )


def _places(repair: Repair) -> list[tuple[Interval, str | None]]:
    return [(session.when, session.chair) for session in repair.plan.sessions]
