"""Which courses are in danger, told from the diary alone: gaps, lagging weeks, missing sessions, limits, dates due."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from .course import CourseRequest
from .followups import due_follow_ups
from .hours import days_between
from .plan import Session
from .protocols import Phase
from .reasons import Reason
from .resources import Site
from .standing import Standing

DAY, WEEK = timedelta(days=1), timedelta(days=7)
WEEKS_LOOKED_BACK = 2
DAYS_TOO_FEW = 2  # treatment days below the target in those weeks before anybody is told
WORKING_DAYS_SLACK = 2  # a course that ends closer to its authorisation cannot make up for a bad week
FOLLOW_UP_AHEAD, FOLLOW_UP_GIVEN_UP = timedelta(days=60), timedelta(days=90)
DECISION_AHEAD = timedelta(days=5)


class Level(StrEnum):
    """Say how bad a risk is: red has reached a limit, amber is on its way there."""

    RED = "red"
    AMBER = "amber"


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Hold what endangers a course, and the number of the session that the next step is about, if it is about one."""

    level: Level
    reason: Reason
    session: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Hold how a running course stands today; `missing` counts its sessions without a time, `risks` is worst first."""

    done: int
    to_come: int
    missing: int
    days_since: int | None
    longest_gap: int
    forecast_end: date
    risks: tuple[Risk, ...] = ()

    @property
    def level(self) -> Level | None:
        """Return the level of the worst risk."""
        return self.risks[0].level if self.risks else None


def watch_course(
    request: CourseRequest,
    sessions: Iterable[Session],
    site: Site,
    *,
    today: date,
    closed: frozenset[date] = frozenset(),
    declined: frozenset[str] = frozenset(),
    undecided: frozenset[str] = frozenset(),
) -> Watch:
    """Look at one running course.

    `closed` are the dates on which its site is shut in spite of its hours, `declined` the conditional phases with which
    it was decided not to go on. `undecided` is what else is to be decided at its end, such as more sessions.
    """
    course = Standing(request, site, tuple(sessions), today, closed, declined, undecided)
    found = [risk for rule in RISKS for risk in rule(course)]
    return Watch(
        done=len(course.held),
        to_come=len(course.to_come),
        missing=sum(course.missing.values()),
        days_since=(today - course.day(course.held[-1])).days if course.held else None,
        longest_gap=max(((after - before).days for before, after in pairwise(course.days)), default=0),
        forecast_end=course.end,
        risks=tuple(sorted(found, key=lambda risk: list(Level).index(risk.level))),
    )


def gap_has_run_out(course: Standing) -> Iterator[Risk]:
    """Tell that a course stands still: nothing is booked any more, although sessions are missing."""
    phase = course.next_phase()
    if course.held and not course.to_come and phase:
        last = course.day(course.held[-1])
        days, allowed = (course.today - last).days, phase.max_days_between
        level = Level.RED if days >= allowed else Level.AMBER
        reason = Reason.of("standing-still", days=days, last_date=last, allowed=allowed)
        yield Risk(level=level, reason=reason, session=course.lost.number if course.lost else None)


def gaps_ahead_are_short(course: Standing) -> Iterator[Risk]:
    """Tell a gap that lies ahead and is longer than the phase of the later session allows."""
    firsts = {course.day(session): session for session in reversed(course.main)}
    for before, after in pairwise(course.days):
        phase, days = course.phases.get(firsts[after].phase), (after - before).days
        if phase and after >= course.today and days > phase.max_days_between:
            dates = {"first_date": before, "last_date": after}
            reason = Reason.of("gap-ahead", days=days, allowed=phase.max_days_between, **dates)
            yield Risk(level=Level.RED, reason=reason, session=firsts[after].number)


def authorisation_lasts(course: Standing) -> Iterator[Risk]:
    """Tell units or dates that do not reach to the end of the course, or only just."""
    allowed, left = course.request.authorisation, len(course.to_come) + sum(course.missing.values())
    if allowed is None or not left:
        return
    needed, end = len(course.held) + left, course.end
    if allowed.units is not None and needed > allowed.units:
        yield Risk(level=Level.RED, reason=Reason.of("too-many-units", units=allowed.units, sessions=needed))
    working = [day for day in days_between(end + DAY, allowed.last_date) if course.is_open(day)]
    if end > allowed.last_date:
        dates = {"last_date": allowed.last_date, "needed_date": end}
        ahead = [*(course.day(session) for session in course.to_come), *course.made_up]
        over = sum(day > allowed.last_date for day in ahead)
        yield Risk(level=Level.RED, reason=Reason.of("authorisation-too-short", sessions_over=over, **dates))
    elif len(working) <= WORKING_DAYS_SLACK:
        reason = Reason.of("authorisation-slack", working_days=len(working), last_date=allowed.last_date)
        yield Risk(level=Level.AMBER, reason=reason)


def sessions_have_times(course: Standing) -> Iterator[Risk]:
    """Tell how many sessions were missed or cancelled and not made up."""
    if count := sum(course.missing.values()):
        reason = Reason.of("sessions-missing", sessions=count, last_date=course.end)
        yield Risk(level=Level.AMBER, reason=reason, session=course.lost.number if course.lost else None)


def weeks_keep_up(course: Standing) -> Iterator[Risk]:
    """Tell that the last whole weeks of a phase had clearly fewer treatment days than the protocol aims at."""
    phase, this_week = course.next_phase(), course.week(course.today)
    if phase is None or phase.taper:
        return
    began = min((course.day(session) for session in course.main if session.phase == phase.name), default=course.today)
    weeks = [this_week - WEEK * back for back in range(1, WEEKS_LOOKED_BACK + 1)]
    weeks = [week for week in weeks if week > course.week(began)]
    held = sum(course.week(day) in weeks for day in {course.day(session) for session in course.held})
    target = sum(min(phase.per_week_target or 0, _possible(course, phase, week)) for week in weeks)
    if target - held >= DAYS_TOO_FEW:
        yield Risk(level=Level.AMBER, reason=Reason.of("weeks-trailing", days=held, target=target, weeks=len(weeks)))


def assessments_are_made(course: Standing) -> Iterator[Risk]:
    """Tell an assessment whose session was missed, and that no later session carries instead."""
    if not any(session.assessments for session in course.all):
        return  # the diary that this course was taken over from did not say
    for name in dict.fromkeys(item.name for item in course.request.protocol.assessments):
        numbers = [item.at_session for item in course.request.protocol.assessments if item.name == name]
        due = sum(number <= len(course.held) for number in numbers)
        made = sum(name in session.assessments for session in course.held)
        if due > made and made + sum(name in session.assessments for session in course.to_come) < len(numbers):
            reason = Reason.of("assessment-overdue", name=name, session=sorted(numbers)[made])
            yield Risk(level=Level.AMBER, reason=reason, session=course.to_come[0].number if course.to_come else None)


def follow_ups_have_dates(course: Standing) -> Iterator[Risk]:
    """Tell a follow-up that is due soon, or was due, and has no date."""
    if not course.days or any(course.missing.values()):
        return
    for due in due_follow_ups(course.request.protocol, course.days[-1]):
        closes = due.due_date + timedelta(days=due.window_days)
        is_near = due.due_date - FOLLOW_UP_AHEAD <= course.today <= closes + FOLLOW_UP_GIVEN_UP
        if is_near and due.name not in course.follow_ups:
            level = Level.RED if course.today > closes else Level.AMBER
            yield Risk(level=level, reason=Reason.of("follow-up-missing", name=due.name, due_date=due.due_date))


def decisions_are_made(course: Standing) -> Iterator[Risk]:
    """Tell what is to be decided soon, or was, after the last session before it; until then the course is not over."""
    last: date | None = None
    due: list[tuple[str, date | None]] = []
    for phase in course.request.protocol.phases:
        if phase.condition and phase.name not in course.declined | course.phases.keys():
            due.append((phase.name, last))
        last = max([course.day(session) for session in course.main if session.phase == phase.name], default=last)
    due += [(name, last) for name in sorted(course.undecided)]
    for name, day in due:
        if day and day - DECISION_AHEAD <= course.today:
            level = Level.RED if course.today > day else Level.AMBER
            yield Risk(level=level, reason=Reason.of("decision-due", phase=name, due_date=day))


def attendance_is_noted(course: Standing) -> Iterator[Risk]:
    """Tell sessions of the past of which nobody has said whether they took place."""
    unknown = [session for session in course.held if session.status != "fulfilled"]
    if unknown:
        reason = Reason.of("attendance-unknown", sessions=len(unknown), first_date=course.day(unknown[0]))
        yield Risk(level=Level.AMBER, reason=reason, session=unknown[0].number)


RISKS: tuple[Callable[[Standing], Iterator[Risk]], ...] = (
    gap_has_run_out,
    gaps_ahead_are_short,
    authorisation_lasts,
    sessions_have_times,
    weeks_keep_up,
    assessments_are_made,
    follow_ups_have_dates,
    decisions_are_made,
    attendance_is_noted,
)


def _possible(course: Standing, phase: Phase, week: date) -> int:
    return sum(course.is_possible(day, phase) for day in days_between(week, week + WEEK - DAY))
