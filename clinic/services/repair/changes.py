"""Asking for something else of a running course: other hours, days away, a slower pace, no taper."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import scheduler
from clinic.models import Course, Repair
from clinic.planning import InvalidRequest
from clinic.selectors.course_changes import BEGUN
from clinic.services import audit
from clinic.services.booking.errors import NotPossible

from .applying import apply, insist_it_goes_on
from .rows import FOLLOW_UP
from .ways import NoWay, Way, WayLost, read_request, ways_on

HAS_BEGUN = gettext_lazy(
    "The phase “{phase}” has begun, so it cannot be left out. Leave out a later one, or cancel single sessions."
)
NOTHING_TO_COME = gettext_lazy(
    "No session of the treatment would be left to come, so there is nothing to plan anew. "
    "Move or cancel what is still booked one by one."
)
CHANGEABLE = frozenset({"availability", "away", "skipped", "latest_date", "without", "per_week"})


def change_ways(*, course: Course, changes: Mapping[str, Any], now: datetime) -> list[Way]:
    """Return the ways to go on with a course of which something else is asked; nothing is written.

    `changes` take the place of what was asked before. `per_week` is the most treatment days a week from now on; None
    goes back to what the protocol allows.

    Raises NotPossible, InvalidRequest, and NoWay with the reasons.
    """
    if not changes or set(changes) - CHANGEABLE:
        raise NotPossible(_("Say what shall be different: hours, days away, the last date, the taper or days a week."))
    insist_it_goes_on(course)
    asked = _asked(course, changes, now)
    read_request(course, asked, course.site)
    _insist_not_begun(course, changes)
    try:
        return ways_on(course, asked, now=now)
    except NoWay as none:
        if none.reasons:
            raise
        raise NotPossible(NOTHING_TO_COME) from none


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


def _insist_not_begun(course: Course, changes: Mapping[str, Any]) -> None:
    """Refuse to leave out a phase of which a session was held: what was held would be planned once more."""
    out = set(changes.get("without") or ()) - set(course.request.get("without") or ())
    begun = course.sessions.filter(status__in=BEGUN, phase__in=out).exclude(kind=FOLLOW_UP)
    if phase := begun.values_list("phase", flat=True).first():
        raise InvalidRequest({"without": HAS_BEGUN.format(phase=phase)})


def _asked(course: Course, changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what is asked of the course then; weeks that have begun keep the pace that they had."""
    asked = course.request | {name: value for name, value in changes.items() if name != "per_week"}
    if changes.get("per_week", 0) is None:
        asked["pace"] = None
    elif "per_week" in changes:
        today = now.astimezone(course.site.zone).date()
        next_week = scheduler.week_start(today, course.site.week_starts_on) + timedelta(weeks=1)
        asked["pace"] = {"per_week": changes["per_week"], "since": next_week.isoformat()}
    return asked
