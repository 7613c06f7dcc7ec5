"""Setting courses right: what the scheduler decides, as moves of rows, and how each patient has to be told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import scheduler
from clinic import planning
from clinic.models import Course, Session
from clinic.models.disruptions import Contact, Strategy
from clinic.models.people import Channel
from scheduler import Session as SessionValue

from .gathering import Running, Task

A_MESSAGE_IS_ENOUGH = timedelta(minutes=20)
SOON = timedelta(hours=4)  # a message might not be read in time
SECONDS_AT_ONCE = 1.2
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
    found = scheduler.replan(
        task.clinic,
        [running.value for running in task.courses],
        task.diary,
        now=now,
        strategy=STRATEGIES[Strategy(strategy)],
        seed=seed,
        steps=steps,
        left=lambda: until - monotonic(),
    )
    by_uid = {str(running.course.uid): running for running in task.courses}
    moves: list[Move] = []
    unplaced = [Unplaced(course=course, reasons=()) for course in task.lost]
    for touched in found.touched:
        running = by_uid[touched.course.request.course]
        if touched.is_placed and all(change.kind == "moved" for change in touched.repair.changes):
            moves += _moves(running, touched.repair.plan.sessions, now)
        else:
            reasons = (reason for item in touched.repair.plan.unplaced for reason in item.reasons)
            unplaced.append(Unplaced(course=running.course, reasons=tuple(planning.reasons_data(reasons))))
    names = ("people", "people_bound", "sessions", "sessions_bound")
    bounds = {name: getattr(found, name) for name in names}
    return Answer(moves=tuple(moves), unplaced=tuple(unplaced), bounds=bounds)


def _moves(running: Running, sessions: tuple[SessionValue, ...], now: datetime) -> Iterator[Move]:
    before = {value.number: value for value in running.value.sessions}
    rows = {row.number: row for row in running.rows}
    for after in sessions:
        if _what(before[after.number]) != _what(after):
            row = rows[after.number]
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
