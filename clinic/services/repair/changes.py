"""Asking for something else of a running course: other hours, days away, a slower pace, no taper."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import scheduler
from clinic.models import Course, Repair
from clinic.services import audit
from clinic.services.booking.errors import NotPossible

from .applying import apply
from .ways import Way, WayLost, ways_on

CHANGEABLE = frozenset({"availability", "away", "skipped", "latest_date", "without", "per_week"})


def change_ways(*, course: Course, changes: Mapping[str, Any], now: datetime) -> list[Way]:
    """Return the ways to go on with a course of which something else is asked; nothing is written.

    `changes` take the place of what was asked before. `per_week` is the most treatment days a week from now on.

    Raises NotPossible, InvalidRequest, and NoWay with the reasons.
    """
    if not changes or set(changes) - CHANGEABLE:
        raise NotPossible("Say what shall be different: hours, days away, the last date, the taper or days a week.")
    return ways_on(course, _asked(course, changes, now), now=now)


def change(
    *, course: Course, changes: Mapping[str, Any], key: str, by: audit.Actor, now: datetime, why: str = ""
) -> Repair:
    """Ask for something else of a course, and go on in the way that was shown under a key.

    Raises WayLost when there is no such way any more, NotPossible, InvalidRequest, NoWay, and Busy.
    """
    way = next((way for way in change_ways(course=course, changes=changes, now=now) if way.key == key), None)
    if way is None:
        raise WayLost
    return apply(course=course, way=way, by=by, now=now, action="course changed", why=why)


def _asked(course: Course, changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what is asked of the course then; weeks that have begun keep the pace that they had."""
    asked = course.request | {name: value for name, value in changes.items() if name != "per_week"}
    if "per_week" in changes:
        today = now.astimezone(course.site.zone).date()
        next_week = scheduler.week_start(today, course.site.week_starts_on) + timedelta(weeks=1)
        asked["pace"] = {"per_week": changes["per_week"], "since": next_week.isoformat()}
    return asked
