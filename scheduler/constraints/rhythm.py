"""The rules of a course's rhythm: days, gaps, weeks, tapers and blocks, phase by phase."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from scheduler.hours import WEEKDAYS
from scheduler.protocols import Phase
from scheduler.reasons import Reason

from .course import Broken
from .view import WEEK, CourseView

DAY = timedelta(days=1)


def phases_follow_each_other(course: CourseView) -> Broken:
    """Begin each phase in a later week than the one in which the phase before it ends."""
    phases = [(phase, sessions) for phase, sessions in course.by_phase() if sessions]
    for (_, before), (phase, after) in pairwise(phases):
        if course.week(course.day(after[0])) <= course.week(course.day(before[-1])):
            yield Reason.of("phase-order", phase=phase.name), (before[-1], after[0])


def weekdays_are_allowed(course: CourseView) -> Broken:
    """Keep to the weekdays of the phase."""
    for phase, sessions in course.by_phase():
        for session in sessions:
            weekday = course.day(session).weekday()
            if weekday not in phase.weekdays:
                yield Reason.of("wrong-weekday", weekday=WEEKDAYS[weekday], phase=phase.name), (session,)


def days_are_full(course: CourseView) -> Broken:
    """Hold exactly the sessions a day that the phase asks for."""
    for phase, sessions in course.by_phase():
        for day, held in course.by_day(sessions).items():
            if len(held) > phase.sessions_per_day:
                reason = Reason.of("too-many-a-day", date=day, sessions=len(held), allowed=phase.sessions_per_day)
                yield reason, tuple(held)
            if len(held) < phase.sessions_per_day:
                reason = Reason.of("too-few-a-day", date=day, sessions=len(held), needed=phase.sessions_per_day)
                yield reason, tuple(held)


def days_stay_on_one_chair(course: CourseView) -> Broken:
    """Hold all sessions of one day on one chair."""
    for _, sessions in course.by_phase():
        for held in course.by_day(sessions).values():
            for session in held[1:]:
                if session.chair != held[0].chair:
                    yield Reason.of("other-chair", chair=session.chair, usual_chair=held[0].chair), (session,)


def starts_keep_their_distance(course: CourseView) -> Broken:
    """Leave enough minutes between two starts of one day."""
    for phase, sessions in course.by_phase():
        for held in course.by_day(sessions).values():
            for before, after in pairwise(held):
                minutes = (after.when.start - before.when.start) // timedelta(minutes=1)
                if minutes < phase.minutes_between_starts:
                    reason = Reason.of("too-soon", minutes=minutes, needed=phase.minutes_between_starts)
                    yield reason, (before, after)


def gaps_are_kept(course: CourseView) -> Broken:
    """Keep the dates of two treatment days close, but not too close; the later session's phase rules."""
    phases = {phase.name: phase for phase in course.request.planned_phases}
    firsts = [held[0] for held in course.by_day(course.sessions).values()]
    for before, after in pairwise(firsts):
        days = (course.day(after) - course.day(before)).days
        phase = phases.get(after.phase)
        if phase and days < phase.min_days_between:
            yield Reason.of("days-too-close", days=days, needed=phase.min_days_between), (before, after)
        if phase and days > phase.max_days_between:
            yield Reason.of("gap-too-long", days=days, allowed=phase.max_days_between), (before, after)


def weeks_are_not_overfull(course: CourseView) -> Broken:
    """Hold no more treatment days a week than the phase allows."""
    for phase, sessions in course.by_phase():
        for week, days in course.weeks(sessions).items():
            allowed = course.request.most_a_week(phase, week)
            if days > allowed and not phase.taper:
                reason = Reason.of("too-many-a-week", week_start=week, days=days, allowed=allowed)
                yield reason, ()


def weeks_are_not_too_thin(course: CourseView) -> Broken:
    """Hold enough treatment days a week, or all possible days of a week that has fewer."""
    for phase, week, days in judged_weeks(course):
        needed = min(phase.per_week_min, course.possible_days(phase, week))
        if days < needed:
            yield Reason.of("too-few-a-week", week_start=week, days=days, needed=needed), ()


def judged_weeks(course: CourseView) -> Iterator[tuple[Phase, date, int]]:
    """Yield (phase, week, treatment days) for the weeks that must be full enough.

    They run from the phase's first week to the one before its last; the week in which a course begins is exempt.
    """
    for index, (phase, sessions) in enumerate(course.by_phase()):
        days = course.weeks(sessions)
        if not days or phase.taper:
            continue
        week = min(days) + WEEK if index == 0 else min(days)
        while week < max(days):
            yield phase, week, days[week]
            week += WEEK


def tapers_count_down(course: CourseView) -> Broken:
    """Hold exactly the days of each taper week, in their order."""
    for phase, sessions in course.by_phase():
        weeks = sorted(course.weeks(sessions).items())
        for index, (week, days) in enumerate(weeks if phase.taper else ()):
            needed = phase.taper[index] if index < len(phase.taper) else 0
            if days != needed:
                reason = Reason.of("wrong-weekly-count", phase=phase.name, week_start=week, days=days, needed=needed)
                yield reason, ()


def blocks_hold_together(course: CourseView) -> Broken:
    """Hold treatment days in runs of consecutive dates, with few days off between two runs."""
    for phase, sessions in course.by_phase():
        if phase.blocks is None or not sessions:
            continue
        runs = _runs(sorted(course.by_day(sessions)))
        shortest, longest = phase.blocks.min_days, phase.blocks.max_days
        for run in runs:
            if not shortest <= len(run) <= longest:
                yield Reason.of("block-broken", days=len(run), minimum=shortest, maximum=longest), ()
        for before, after in pairwise(runs):
            off = (after[0] - before[-1]).days - 1
            if off > phase.blocks.max_break_days:
                yield Reason.of("gap-too-long", days=off, allowed=phase.blocks.max_break_days), ()


def _runs(days: list[date]) -> list[list[date]]:
    """Split dates in order into runs of consecutive ones."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
