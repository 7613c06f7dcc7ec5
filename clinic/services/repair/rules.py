"""What a way would break that the course does not break already."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import scheduler
from clinic.models.courses import SessionStatus
from scheduler import Clinic, CourseRequest, Diary, Reason
from scheduler import Session as SessionValue

# Whoever has arrived, or sits in the chair, keeps the place.
TO_COME = (SessionStatus.PROPOSED, SessionStatus.BOOKED)
Key = tuple[str, Reason, tuple[Any, ...]]


def newly_broken(
    plan: scheduler.Plan,
    sessions: Sequence[SessionValue],
    clinic: Clinic,
    diary: Diary,
    *,
    before: CourseRequest,
    after: CourseRequest,
    now: datetime,
) -> tuple[Reason, ...]:
    """Return what a course would newly break if a plan took the place of its sessions to come.

    `before` and `after` are what is asked of the course now and then.
    """
    kept = [value for value in sessions if value.status not in TO_COME or value.when.start <= now]
    known = {key for key, _ in _broken(sessions, clinic, diary, before)}
    found = _broken([*kept, *plan.sessions], clinic, diary, after)
    return tuple(dict.fromkeys(reason for key, reason in found if key not in known))


def _broken(
    sessions: Iterable[SessionValue], clinic: Clinic, diary: Diary, request: CourseRequest
) -> list[tuple[Key, Reason]]:
    # What was fixed may have moved since, by hand or because it was missed.
    found = scheduler.check(sessions, clinic, [replace(request, fixed=())], diary)
    return [
        ((item.rule, item.reason, tuple((one.number, one.when) for one in item.sessions)), item.reason)
        for item in found
    ]
