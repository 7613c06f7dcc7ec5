"""Making up a session that was missed or cancelled: the ways side by side, and doing one of them."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.models import Course, Repair, Session, Site
from clinic.models.courses import SessionStatus
from clinic.planning import FREES_ITS_PLACE
from clinic.services import audit
from clinic.services.booking.errors import NotPossible
from clinic.services.booking.moving import read_opening
from scheduler import FixedSession

from .applying import apply
from .ways import Way, WayLost, read_request, ways_on

MISSED = (SessionStatus.NOSHOW, SessionStatus.CANCELLED)


def make_up_ways(*, session: Session, now: datetime, at: FixedSession | None = None) -> list[Way]:
    """Return the ways to make up a session, each with its effect; nothing is written. `at` is a place of all of them.

    Raises NotPossible when there is nothing to make up, and NoWay with the reasons when there is no way.
    """
    if session.status not in MISSED:
        raise NotPossible(
            _("This session is %(status)s. Only missed or cancelled ones are made up.")
            % {"status": session.get_status_display()}
        )
    course = session.course
    standing = course.sessions.exclude(status__in=FREES_ITS_PLACE)
    is_made_up = standing.filter(number=session.number).exclude(kind="follow-up").exists()
    # What was left out since, such as a taper, has numbers beyond those that the course asks for.
    is_left_out = session.number > read_request(course, course.request, course.site).sessions
    if session.kind == "follow-up" or is_made_up or is_left_out:
        raise NotPossible(_("This session does not need a make-up, or has one already. Look at the course."))
    return ways_on(course, _asked(course), now=now, fixed=[at] if at else [])


def make_up(
    *, session: Session, key: str, by: audit.Actor, now: datetime, why: str = "", at: FixedSession | None = None
) -> Repair:
    """Make a session up in the way that was shown under a key, with the place `at` which it was shown.

    Raises WayLost when there is no such way any more, NotPossible, NoWay, and Busy.
    """
    way = next((way for way in make_up_ways(session=session, now=now, at=at) if way.key == key), None)
    if way is None:
        raise WayLost
    return apply(course=session.course, way=way, by=by, now=now, action="session made up", why=why)


def place_of(key: str, *, site: Site) -> FixedSession:
    """Read the key of an opening as a place that a make-up has to take.

    Raises ValueError for a key that no opening has.
    """
    start, chair = read_opening(key, site=site)
    return FixedSession(start=start, chair=str(chair.pk) if chair else None)


def _asked(course: Course) -> dict[str, Any]:
    """Return what is asked of a course once it is known which of its days and fixed times do not suit."""
    zone = course.site.zone
    rows = list(course.sessions.exclude(status=SessionStatus.ENTERED_IN_ERROR))
    used = {row.starts_at.astimezone(zone).date() for row in rows if row.status not in FREES_ITS_PLACE}
    missed = [row.starts_at for row in rows if row.status in MISSED]
    days = {start.astimezone(zone).date() for start in missed} - used
    skipped = sorted({*course.request.get("skipped", ()), *(day.isoformat() for day in days)})
    fixed = [item for item in course.request.get("fixed", ()) if datetime.fromisoformat(item["start"]) not in missed]
    return {**course.request, "skipped": skipped, "fixed": fixed}
