"""Booking a follow-up that has no date yet: where it could be, and putting it there."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

import scheduler
from clinic import planning
from clinic.models import Chair, Course, Repair
from clinic.selectors.follow_ups import OpenFollowUp, open_follow_ups
from clinic.services import audit, repair
from clinic.services.booking.errors import NotPossible, SessionDoesNotFit
from clinic.services.booking.moving import Opening
from scheduler import Session

HAS_A_DATE = _("This follow-up has a date already, or its course was cancelled. Look at the course.")
DAYS = 14  # that are looked at in one go
MOST = 18


def follow_up_of(course: Course, position: int) -> OpenFollowUp:
    """Return a follow-up that has no date.

    Raises NotPossible when it has one.
    """
    found = [item for item in open_follow_ups(course, course.sessions.all()) if item.position == position]
    if not found:
        raise NotPossible(HAS_A_DATE)
    return found[0]


def openings(*, course: Course, follow_up: OpenFollowUp, first: date, now: datetime) -> list[Opening]:
    """Return where a follow-up could be in the days from a date on, and inside its window while that is not over.

    Raises InvalidRequest.
    """
    today = now.astimezone(course.site.zone).date()
    first = max(first, today)
    last = first + timedelta(days=DAYS - 1)
    if first <= follow_up.last:
        last = min(last, follow_up.last)
    return [_opening(place) for place in _search(course, follow_up, first, last, now)]


def book(
    *,
    course: Course,
    position: int,
    start: datetime,
    chair: Chair | None,
    by: audit.Actor,
    now: datetime,
    why: str = "",
) -> Repair:
    """Book a follow-up at a start; it can be taken back for three minutes like any change of a course.

    Raises SessionDoesNotFit when somebody has the place by now, NotPossible also when it is outside its window and
    nobody says why, WayLost, and Busy.
    """
    follow_up = follow_up_of(course, position)
    day = start.astimezone(course.site.zone).date()
    places = _search(course, follow_up, day, day, now)
    place = next((one for one in places if one.when.start == start and one.chair == (chair and str(chair.pk))), None)
    if place is None:
        raise SessionDoesNotFit([], openings(course=course, follow_up=follow_up, first=day, now=now))
    way = repair.way_with(course, place, kind="follow-up", now=now)
    return repair.apply(course=course, way=way, by=by, now=now, action="follow-up booked", why=why)


def _search(course: Course, follow_up: OpenFollowUp, first: date, last: date, now: datetime) -> Sequence[Session]:
    site, uid = course.site, str(course.uid)
    rows = [row for row in course.sessions.all() if row.status not in planning.FREES_ITS_PLACE]
    days = [row.starts_at.astimezone(site.zone).date() for row in rows]
    keys = [row.pk for row in rows]
    clinic, diary = planning.load(
        site=site, first=min([first, *days]), last=max([last, *days]), now=now, patient=course.patient, leaving_out=keys
    )
    request = repair.read_request(course, course.request, site)
    values = [planning.session_value(row, course=uid) for row in rows]
    return scheduler.follow_up_openings(
        request, clinic, diary, values, follow_up.due, first=first, last=last, not_before=now, limit=MOST
    )


def _opening(place: Session) -> Opening:
    return Opening(
        start=place.when.start,
        end=place.when.end,
        chair=place.chair,
        technician=place.technician,
        reasons=tuple(planning.reasons_data(place.reasons)),
    )
