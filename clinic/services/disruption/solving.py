"""Setting courses right: what the scheduler decides, as moves of rows, and how each patient has to be told."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import scheduler
from clinic import planning
from clinic.models import Course, Session
from clinic.models.disruptions import Contact, Strategy
from clinic.models.people import Channel
from clinic.selectors.disruptions import TO_COME
from scheduler import Diary, VisitKind
from scheduler import Session as SessionValue

from .gathering import Running, Task

A_MESSAGE_IS_ENOUGH = timedelta(minutes=20)
SOON = timedelta(hours=4)  # a message might not be read in time
SECONDS_AT_ONCE = 1.5
STEPS_AT_ONCE = 40
STRATEGIES = {
    Strategy.FEWEST_CALLS: "fewest calls",
    Strategy.SAME_DAY: "nobody changes day",
    Strategy.USUAL_TIME: "keep each usual time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Hold one session that changes its place, and how the patient has to be told."""

    course: Course
    row: Session
    after: SessionValue
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """Hold a course for which there is no place, and why."""

    course: Course
    reasons: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Hold how courses are set right: what moves, what has no place, and what is proven.

    `bounds` has the people and sessions that come at another time, and the least that any answer moves.
    """

    moves: tuple[Move, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    bounds: dict[str, int] = field(default_factory=dict)

    @property
    def work(self) -> tuple[int, int, int, float]:
        """Return what is made as small as possible: courses without a place, calls, messages, seconds of shift."""
        by_contact: dict[str, set[int]] = {Contact.CALL: set(), Contact.TEXT: set(), Contact.NOTHING: set()}
        for move in self.moves:
            by_contact[move.contact].add(move.course.pk)
        calls = by_contact[Contact.CALL]
        shift = sum(abs((move.after.when.start - move.row.starts_at).total_seconds()) for move in self.moves)
        return len(self.unplaced), len(calls), len(by_contact[Contact.TEXT] - calls), shift


def solve(
    task: Task,
    *,
    strategy: str,
    now: datetime,
    seed: int = 0,
    steps: int = STEPS_AT_ONCE,
    seconds: float = SECONDS_AT_ONCE,
) -> Answer:
    """Set the courses of a task right, with what can be found in some seconds."""
    until = monotonic() + seconds
    free, moves, stuck, bounds = list(task.courses), list[Move](), dict[str, Unplaced](), dict[str, int]()
    standing = {running.uid: list(running.value.sessions) for running in task.courses}
    while free:
        at_work = {running.uid: running for running in free}
        stay = (value for uid, values in standing.items() if uid not in at_work for value in values)
        found = scheduler.replan(
            task.clinic,
            [running.value for running in free],
            task.beside(stay).diary,
            now=now,
            strategy=STRATEGIES[Strategy(strategy)],
            seed=seed,
            steps=steps,
            left=lambda: until - monotonic(),
        )
        bounds = bounds or {"people_bound": found.people_bound, "sessions_bound": found.sessions_bound}
        placed, without = _read(found, at_work, now)
        stuck |= without
        # Who has no place goes on taking what is booked, until somebody has decided about it.
        booked = Diary.of(value for uid in stuck for value in standing[uid])
        clashing = {str(move.course.uid) for move in placed if _clashes(move.after, booked)}
        free = [at_work[uid] for uid in sorted(clashing)]
        for move in placed:
            if (uid := str(move.course.uid)) not in clashing:
                moves.append(move)
                standing[uid] = [move.after if v.name == move.row.name else v for v in standing[uid]]
    lost = tuple(Unplaced(course=course, reasons=()) for course in task.lost)
    unplaced = (*lost, *stuck.values())
    return Answer(moves=tuple(moves), unplaced=unplaced, bounds=bounds | _counts(moves, unplaced, task))


def _clashes(value: SessionValue, booked: Diary) -> bool:
    """Tell whether a session takes what is booked."""
    return any(
        lane == other and scheduler.epoch_minute(when.start) < end and start < scheduler.epoch_minute(when.end)
        for resource, lane, when in value.claims()
        for other, start, end in booked.taken.get(resource, ())
    )


def _read(
    found: scheduler.Replan, courses: Mapping[str, Running], now: datetime
) -> tuple[list[Move], dict[str, Unplaced]]:
    """Return what moves, and which courses have no place."""
    moves: list[Move] = []
    without: dict[str, Unplaced] = {}
    for touched in found.touched:
        running = courses[touched.course.request.course]
        repair = touched.repair
        pairs = _pairs(running, (*repair.stay, *repair.plan.sessions), now) if repair.plan.is_complete else None
        if pairs is None:
            reasons = (reason for item in repair.plan.unplaced for reason in item.reasons)
            without[running.uid] = Unplaced(course=running.course, reasons=tuple(planning.reasons_data(reasons)))
        else:
            moves += _moves(running, pairs, now)
    return moves, without


def _pairs(
    running: Running, planned: Collection[SessionValue], now: datetime
) -> list[tuple[Session, SessionValue]] | None:
    """Return each session to come with its new place, or None when there is not one for each.

    Follow-ups that nobody has booked yet stay so.
    """
    rows = {row.name: row for row in running.rows if row.status in TO_COME and row.starts_at > now}
    pairs = [(rows.pop(value.name), value) for value in planned if value.name in rows]
    known = {value.name for _, value in pairs}
    left = sorted(rows.values(), key=lambda row: row.starts_at)
    new = [value for value in planned if value.name not in known and value.kind is not VisitKind.FOLLOW_UP]
    if len(left) != len(new) or any(row.kind == VisitKind.FOLLOW_UP for row in left):
        return None
    return [*pairs, *zip(left, sorted(new, key=lambda value: value.when.start), strict=True)]


def _counts(moves: Sequence[Move], unplaced: Sequence[Unplaced], task: Task) -> dict[str, int]:
    """Count the people and the sessions that do not stay at their time."""
    told = [move for move in moves if move.contact != Contact.NOTHING]
    keys = {item.course.pk for item in unplaced}
    lost = sum(len(running.hit) for running in task.courses if running.course.pk in keys)
    people = {move.course.patient_id for move in told} | {item.course.patient_id for item in unplaced}
    return {"people": len(people), "sessions": len(told) + lost}


def _moves(running: Running, pairs: Iterable[tuple[Session, SessionValue]], now: datetime) -> Iterator[Move]:
    before = {value.name: value for value in running.value.sessions}
    for row, after in pairs:
        if _what(before[row.name]) != _what(after):
            yield Move(course=running.course, row=row, after=after, contact=_contact(running.course, row, after, now))


def _what(value: SessionValue) -> tuple[Any, ...]:
    """Return all about a session that a row keeps, but for the reasons."""
    place = (value.when, value.chair, value.technician, value.lane, value.prescriber, value.prescriber_when)
    return (*place, value.kind, value.phase, value.assessments, value.turnaround_minutes)


def _contact(course: Course, row: Session, after: SessionValue, now: datetime) -> str:
    """Say how the patient has to be told: not at all of another chair, by a message of a small and early shift."""
    start, zone = after.when.start, course.site.zone
    if start == row.starts_at:
        return Contact.NOTHING
    is_same_day = start.astimezone(zone).date() == row.starts_at.astimezone(zone).date()
    is_small = is_same_day and abs(start - row.starts_at) <= A_MESSAGE_IS_ENOUGH
    is_far = min(start, row.starts_at) - now >= SOON
    can_read = course.patient.channel != Channel.NONE
    return Contact.TEXT if is_small and is_far and can_read else Contact.CALL
