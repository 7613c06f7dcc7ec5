"""How far ahead a course can reach, so that no more of the diary is read than it needs."""

from datetime import date, timedelta

from scheduler import CourseRequest, FollowUp, Phase, months_later

SPARE_WEEKS = 8


def horizon(request: CourseRequest) -> tuple[date, date]:
    """Return the first and the last date on which a course or one of its follow-ups may stand."""
    last = request.earliest_date + timedelta(weeks=SPARE_WEEKS + sum(_weeks(phase) for phase in request.planned_phases))
    limits = [request.latest_date, request.authorisation and request.authorisation.last_date]
    last = min([last, *filter(None, limits)])
    return request.earliest_date, max([last, *(_latest(item, last) for item in request.protocol.follow_ups)])


def _weeks(phase: Phase) -> int:
    """Return how many weeks a phase takes at its slowest."""
    if phase.taper:
        return len(phase.taper)
    if phase.per_week_min:
        return -(-phase.days // phase.per_week_min)
    return -(-phase.days * phase.max_days_between // 7)


def _latest(follow_up: FollowUp, last: date) -> date:
    return months_later(last, follow_up.months) + timedelta(days=follow_up.days + follow_up.window_days)
