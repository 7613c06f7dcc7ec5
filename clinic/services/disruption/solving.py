"""Setting courses right: what the scheduler decides, as moves of rows, and how each patient has to be told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import scheduler
from clinic import planning
from clinic.models import Course, Session
from clinic.models.disruptions import Contact, Strategy
from clinic.models.people import Channel
from scheduler import ChangePrices, Reason, VisitKind, repair_course
from scheduler import Session as SessionValue

from .gathering import Running, Task

A_MESSAGE_IS_ENOUGH = timedelta(minutes=20)
DAY = timedelta(days=1)
SOON = timedelta(hours=4)  # a message might not be read in time
PRICES = {
    Strategy.FEWEST_CALLS: ChangePrices(moved_day=100, moved_time=60, chair=1),
    Strategy.SAME_DAY: ChangePrices(moved_day=2000, moved_time=20, chair=1),
    Strategy.USUAL_TIME: ChangePrices(moved_day=30, moved_time=60, time=10, chair=1),
}
WORK = {Contact.CALL: 2, Contact.TEXT: 1, Contact.NOTHING: 0}


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
    """Hold how courses are set right: what moves, what has no place, and the people and sessions moved at least."""

    moves: tuple[Move, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    bounds: dict[str, int] = field(default_factory=dict)

    @property
    def work(self) -> tuple[int, int, int, float]:
        """Return what is made as small as possible: courses without a place, calls, messages, minutes."""
        by_course: dict[int, int] = {}
        for move in self.moves:
            by_course[move.course.pk] = max(by_course.get(move.course.pk, 0), WORK[Contact(move.contact)])
        calls, texts = (sum(work == much for work in by_course.values()) for much in (2, 1))
        shifts = (abs((move.after.when.start - move.row.starts_at).total_seconds()) for move in self.moves)
        return len(self.unplaced), calls, texts, sum(shifts)


def solve(task: Task, *, strategy: str, now: datetime, order: Iterable[int] | None = None) -> Answer:
    """Set the courses of a task right one after another, each exactly, around all that stands by then."""
    standing = {running.course.pk: running.unharmed for running in task.courses}
    moves: list[Move] = []
    unplaced: list[Unplaced] = []
    for number in order if order is not None else _soonest_first(task):
        running = task.courses[number]
        others = [value for pk, values in standing.items() if pk != running.course.pk for value in values]
        after, reasons = _set_right(running, task.beside(others), strategy, now)
        if after is None:
            unplaced.append(Unplaced(course=running.course, reasons=tuple(planning.reasons_data(reasons))))
            continue
        moves += _moves(running, after, now)
        standing[running.course.pk] = tuple(after.values())
    people = {running.course.patient_id for running in task.courses}
    sessions = sum(len(running.hit) for running in task.courses)
    return Answer(moves=tuple(moves), unplaced=tuple(unplaced), bounds={"people": len(people), "sessions": sessions})


def _soonest_first(task: Task) -> list[int]:
    def first(number: int) -> datetime:
        running = task.courses[number]
        return min(row.starts_at for row in running.rows if row.number in running.hit)

    return sorted(range(len(task.courses)), key=first)


def _set_right(
    running: Running, task: Task, strategy: str, now: datetime
) -> tuple[dict[int, SessionValue] | None, tuple[Reason, ...]]:
    """Return all sessions of a course by number as they can stand, or None and why there is no such way."""
    values = {value.number: value for value in running.values}
    hit_sessions = [values[number] for number in running.hit]
    if any(value.kind is not VisitKind.FOLLOW_UP for value in hit_sessions):
        best = repair_course(
            running.request, task.clinic, task.diary, running.values, now=now, prices=PRICES[Strategy(strategy)]
        )[0]
        if not best.plan.sessions or any(change.kind != "moved" for change in best.changes):
            return None, tuple(reason for item in best.plan.unplaced for reason in item.reasons)
        values |= {session.number: session for session in best.plan.sessions}
    for value in hit_sessions:
        if value.kind is VisitKind.FOLLOW_UP and values[value.number] == value:
            moved, reasons = _other_day(value, running, task, list(values.values()), now)
            if moved is None:
                return None, reasons
            values[value.number] = moved
    return values, ()


def _other_day(
    value: SessionValue, running: Running, task: Task, course: list[SessionValue], now: datetime
) -> tuple[SessionValue | None, tuple[Reason, ...]]:
    """Return the nearest place for a follow-up in its window, or None and what is in the way of the one it has."""
    others = [other for other in course if other.number != value.number]
    search = scheduler.Openings(value, running.request, task.clinic, task.diary, others)
    day = value.when.start.astimezone(task.site.zone).date()
    window = max((item.window_days for item in running.request.protocol.follow_ups), default=0)
    for away in range(2 * window + 1):
        for near in sorted({day - away * DAY, day + away * DAY}):
            if near >= now.astimezone(task.site.zone).date():
                found = search.search(near, near, not_before=now)
                if found:
                    return min(found, key=lambda place: abs(place.when.start - value.when.start)), ()
    return None, search.why_not(value.when.start)


def _moves(running: Running, after: dict[int, SessionValue], now: datetime) -> Iterator[Move]:
    before = {value.number: value for value in running.values}
    for row in running.rows:
        old, new = before[row.number], after[row.number]
        if (old.when, old.chair, old.technician, old.lane, old.prescriber, old.prescriber_when) != (
            new.when,
            new.chair,
            new.technician,
            new.lane,
            new.prescriber,
            new.prescriber_when,
        ) or (old.kind, old.phase) != (new.kind, new.phase):
            yield Move(course=running.course, row=row, after=new, contact=_contact(running, row, new, now))


def _contact(running: Running, row: Session, after: SessionValue, now: datetime) -> str:
    """Say how the patient has to be told: not at all of another chair, by a message of a small and early shift."""
    start, zone = after.when.start, running.course.site.zone
    if start == row.starts_at:
        return Contact.NOTHING
    is_same_day = start.astimezone(zone).date() == row.starts_at.astimezone(zone).date()
    is_small = is_same_day and abs(start - row.starts_at) <= A_MESSAGE_IS_ENOUGH
    is_far = min(start, row.starts_at) - now >= SOON
    can_read = running.course.patient.channel != Channel.NONE
    return Contact.TEXT if is_small and is_far and can_read else Contact.CALL
