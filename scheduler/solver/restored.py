"""From the solution for the rest of a course to its sessions: who can stay keeps number, people and all."""

from collections.abc import Iterator
from dataclasses import replace

from scheduler.constraints import PLACE, Booked
from scheduler.plan import Diary, Session
from scheduler.reasons import Reason

from .ground import Ground
from .problem import Problem
from .rest import Rest, usual
from .sessions import sessions_of
from .trace import Place, Solution
from .why import Why


def restored(rest: Rest, ground: Ground, problem: Problem, solution: Solution, diary: Diary) -> tuple[Session, ...]:
    """Return the sessions still to come, in order of time."""
    anchor, home = usual(rest, ground)
    solution = replace(solution, anchor=anchor, home=home)
    found = sessions_of(ground, solution, Why(ground, problem, solution))
    booked = Booked(ground.clinic, (), diary)
    waiting = {session.number: session for session in rest.old if session.number}
    answer: list[Session] = []
    for session, place in zip(found, solution.places, strict=True):
        order = len(rest.done) + len(answer) + 1
        due = tuple(item.name for item in rest.request.protocol.assessments if item.at_session == order)
        new = replace(session, assessments=due, reasons=tuple(_reasons(rest, ground, problem, place, session)))
        old = _same_day(rest, waiting, new)
        if old is not None:
            waiting.pop(old.number)
        answer.append(_matched(new, old, booked))
    return _numbered(rest, answer)


def _same_day(rest: Rest, waiting: dict[int, Session], new: Session) -> Session | None:
    """Return the old session of the same date that is nearest in time."""
    here = [old for old in waiting.values() if rest.day(old) == rest.day(new)]
    return min(here, key=lambda old: abs(old.when.start - new.when.start), default=None)


def _matched(new: Session, old: Session | None, booked: Booked) -> Session:
    """Return the session as it was, where it can stay; else the new one, under the old number if it has one."""
    if old is None:
        return replace(new, number=0)
    same = (old.when, old.chair, old.kind, old.phase) == (new.when, new.chair, new.kind, new.phase)
    if same and all(rule(old, booked) is None for rule in PLACE):
        return old
    return replace(new, number=old.number, status=old.status)


def _numbered(rest: Rest, sessions: list[Session]) -> tuple[Session, ...]:
    """Give the sessions of new dates the numbers that no other session has, in order."""
    total = len(rest.done) + len(sessions) + len(rest.old)
    used = {session.number for session in (*rest.done, *sessions)}
    free = iter(number for number in range(1, total + 1) if number not in used)
    return tuple(session if session.number else replace(session, number=next(free)) for session in sessions)


def _reasons(rest: Rest, ground: Ground, problem: Problem, place: Place, session: Session) -> Iterator[Reason]:
    """Yield the reasons of a session; what falls due is counted from the beginning of the whole course."""
    yield from (reason for reason in session.reasons if reason.code != "redetermination-due")
    again = rest.request.protocol.redetermination
    if again and problem.due_day is not None and place.role == problem.due_role:
        due = place.day - (place.day - problem.due_day) % again.every_days
        yield Reason.of("redetermination-due", due_date=ground.frame.date(due), every_days=again.every_days)
