"""When a follow-up is due."""

from datetime import date, timedelta

from scheduler.hours import months_later
from scheduler.protocols import FollowUp


def due_date(follow_up: FollowUp, last_day: date) -> date:
    """Return the date on which a follow-up is due after a course that ended on `last_day`.

    The same day some months later, or the last day of a month that is too short; then the days on top.
    """
    return months_later(last_day, follow_up.months) + timedelta(days=follow_up.days)
