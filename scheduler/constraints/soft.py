"""What makes one plan better than another: each function counts points, and fewer are better."""

from collections import Counter

from scheduler.hours import minute_of
from scheduler.plan import Session

from .rhythm import judged_weeks
from .view import CourseView


def starts_late(course: CourseView) -> int:
    """Count the days from the earliest date to the first session."""
    return course.request.preference.weights.wait * _days_after_earliest(course, course.sessions[0])


def ends_late(course: CourseView) -> int:
    """Count the days from the earliest date to the last session."""
    return course.request.preference.weights.end * _days_after_earliest(course, course.sessions[-1])


def strays_from_the_usual_time(course: CourseView) -> int:
    """Count the grid steps between each session and the usual time."""
    return _time_points(course, usual_time(course))


def changes_chair(course: CourseView) -> int:
    """Count the sessions that are not on the usual chair; the first visit is free to be anywhere."""
    chairs = Counter(session.chair for session in _compared(course))
    return course.request.preference.weights.chair * (sum(chairs.values()) - max(chairs.values(), default=0))


def falls_short(course: CourseView) -> int:
    """Count the treatment days that full enough weeks miss of their target."""
    short = 0
    for phase, week, days in judged_weeks(course):
        short += max(0, min(phase.per_week_target or 0, course.possible_days(phase, week)) - days)
    return course.request.preference.weights.short * short


def misses_the_wish(course: CourseView) -> int:
    """Count the grid steps between the wished time and the usual time, once for the course."""
    return _wish_points(course, usual_time(course))


def usual_time(course: CourseView) -> int:
    """Return the minute of the day that costs the least as the usual time; of equals, the earliest."""
    wished = course.request.preference.time
    candidates = {*_day_starts(course), *([minute_of(wished)] if wished else [])}
    return min(sorted(candidates), key=lambda minute: _time_points(course, minute) + _wish_points(course, minute))


def _time_points(course: CourseView, usual: int) -> int:
    minutes = sum(abs(start - usual) for start in _day_starts(course))
    return course.request.preference.weights.time * minutes // course.clinic.grid_minutes


def _wish_points(course: CourseView, usual: int) -> int:
    wished = course.request.preference.time
    if wished is None:
        return 0
    return course.request.preference.weights.wish * abs(usual - minute_of(wished)) // course.clinic.grid_minutes


def _day_starts(course: CourseView) -> list[int]:
    """Return, for each compared session, when its day begins: the i-th session of a day counts i distances earlier."""
    distances = {phase.name: phase.minutes_between_starts for phase in course.request.planned_phases}
    starts = []
    for held in course.by_day(_compared(course)).values():
        starts += [course.wall(s).start - i * distances.get(s.phase, 0) for i, s in enumerate(held)]
    return starts


def _compared(course: CourseView) -> tuple[Session, ...]:
    """Return the sessions held to the usual time and chair: all but the first, which waits for a prescriber.

    With several sessions a day the first counts as well, because its day is one chain.
    """
    several = any(phase.sessions_per_day > 1 for phase in course.request.planned_phases)
    return course.sessions if several or len(course.sessions) == 1 else course.sessions[1:]


def _days_after_earliest(course: CourseView, session: Session) -> int:
    return (course.day(session) - course.request.earliest_date).days
