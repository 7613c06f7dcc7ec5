"""How far ahead a course can reach, so that no more of the diary is read than it needs."""

from dataclasses import replace
from datetime import date, timedelta

from scheduler import CourseRequest, FollowUp, months_later, slowest_weeks


def horizon(request: CourseRequest) -> tuple[date, date]:
    """Return the first and the last date on which a course or one of its follow-ups may stand."""
    last = request.earliest_date + timedelta(weeks=slowest_weeks(request))
    limits = (request.latest_date, request.authorisation.last_date if request.authorisation else None)
    last = min([last, *(limit for limit in limits if limit)])
    return request.earliest_date, max([last, *(_latest(item, last) for item in request.protocol.follow_ups)])


def horizon_from(request: CourseRequest, day: date) -> date:
    """Return the last date on which the rest of a running course, or one of its follow-ups, may stand."""
    return horizon(replace(request, earliest_date=day, latest_date=None, authorisation=None))[1]


def _latest(follow_up: FollowUp, last: date) -> date:
    return months_later(last, follow_up.months) + timedelta(days=follow_up.days + follow_up.window_days)
