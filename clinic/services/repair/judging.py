"""Looking again, under the lock: whether a course can still go on in the way that was chosen."""

from datetime import datetime

from clinic import planning
from scheduler import CourseRequest

from .rules import newly_broken
from .ways import Running, Way, WayLost


def judge(way: Way, stands: Running, before: CourseRequest, now: datetime) -> None:
    """Hold a way to the rule book; what was shown as its price is not held against it.

    Raises WayLost.
    """
    if way.seen != stands.seen or any(session.when.start <= now for session in way.plan.sessions):
        raise WayLost
    broken = newly_broken(
        way.plan, stands.values, stands.clinic, stands.diary, before=before, after=stands.request, now=now
    )
    if lost := [reason for reason in broken if reason not in way.price]:
        raise WayLost(planning.reasons_data(lost))
