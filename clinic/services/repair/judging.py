"""Looking again, under the lock: whether a course can still go on in the way that was chosen."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import scheduler
from clinic import planning
from scheduler import CourseRequest, Reason
from scheduler import Session as SessionValue

from .ways import TO_COME, Running, Way, WayLost

Key = tuple[str, Reason, tuple[Any, ...]]


def judge(way: Way, stands: Running, before: CourseRequest, now: datetime) -> None:
    """Hold a way to the rule book; what the course breaks already is not held against it.

    Raises WayLost.
    """
    if way.seen != stands.seen or any(session.when.start <= now for session in way.plan.sessions):
        raise WayLost
    kept = [value for value in stands.values if value.status not in TO_COME or value.when.start <= now]
    known = {key for key, _ in _broken(stands.values, stands, before)}
    broken = [
        reason for key, reason in _broken([*kept, *way.plan.sessions], stands, stands.request) if key not in known
    ]
    if broken:
        raise WayLost(planning.reasons_data(dict.fromkeys(broken)))


def _broken(sessions: Iterable[SessionValue], stands: Running, request: CourseRequest) -> list[tuple[Key, Reason]]:
    # What was fixed may have moved since, by hand or because it was missed.
    found = scheduler.check(sessions, stands.clinic, [replace(request, fixed=())], stands.diary)
    return [
        ((item.rule, item.reason, tuple((one.number, one.when) for one in item.sessions)), item.reason)
        for item in found
    ]
