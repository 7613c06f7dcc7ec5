"""How a running course stands on a day: what was held, what is to come, what is missing, and when it would end."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from .constraints import on_the_wall
from .course import CourseRequest
from .hours import week_start
from .plan import Session
from .protocols import Phase, VisitKind
from .resources import Site

DAY = timedelta(days=1)
MISSED = frozenset({"noshow", "cancelled"})
LONGEST_FORECAST = timedelta(days=730)


class Standing:
    """Gather what is asked about a running course: the sessions that stand, those it lacks, the dates of its site.

    What lies before today and was neither missed nor cancelled counts as held, whether or not anybody has noted it.
    """

    def __init__(
        self,
        request: CourseRequest,
        site: Site,
        sessions: tuple[Session, ...],
        today: date,
        closed: frozenset[date],
        declined: frozenset[str],
        undecided: frozenset[str],
    ) -> None:
        self.request, self.site, self.today, self.closed = request, site, today, closed
        self.declined, self.undecided = declined, undecided
        self.all = sorted(sessions, key=lambda session: (session.when.start, session.number))
        standing = [session for session in self.all if session.takes_its_place]
        self.main = [session for session in standing if session.kind is not VisitKind.FOLLOW_UP]
        self.follow_ups = {session.phase for session in standing if session.kind is VisitKind.FOLLOW_UP}
        self.held = [session for session in self.main if session.status == "fulfilled" or self.day(session) < today]
        held = {id(session) for session in self.held}
        self.to_come = [session for session in self.main if id(session) not in held]
        self.days = sorted({self.day(session) for session in self.main})
        self.phases = {phase.name: phase for phase in request.planned_phases}
        placed = Counter(session.phase for session in self.main)
        self.missing = {phase: max(0, phase.sessions - placed[phase.name]) for phase in request.planned_phases}
        stand = {session.number for session in self.main}
        lost = (
            s for s in self.all if s.status in MISSED and s.kind is not VisitKind.FOLLOW_UP and s.number not in stand
        )
        self.lost = next(lost, None)  # the first session that was missed or cancelled and not made up
        self.made_up = list(self._made_up())  # a date for each missing session, as far as can be foreseen

    def day(self, session: Session) -> date:
        """Return the date of a session at the site."""
        return on_the_wall(session.when, self.site.timezone).day

    def week(self, day: date) -> date:
        """Return the first date of a week, as the site counts weeks."""
        return week_start(day, self.site.week_starts_on)

    def next_phase(self) -> Phase | None:
        """Return the phase that goes on next: of the next session, or of the first one that has no time."""
        lacking = next((phase for phase, count in self.missing.items() if count), None)
        return self.phases.get(self.to_come[0].phase) if self.to_come else lacking

    @property
    def end(self) -> date:
        """Return the last date of the course, if the missing sessions are made up at its end."""
        return max([*self.days, *self.made_up], default=self.today)

    def is_open(self, day: date) -> bool:
        """Tell whether the site is open on a date."""
        return bool(self.site.hours.on(day)) and day not in self.closed

    def is_possible(self, day: date, phase: Phase) -> bool:
        """Tell whether a treatment day of a phase could be on a date, whatever is booked."""
        can_come = self.request.availability.hours
        return (
            day.weekday() in phase.weekdays
            and self.is_open(day)
            and day not in self.request.availability.away | self.request.skipped
            and (can_come is None or bool(can_come.on(day)))
        )

    def _made_up(self) -> Iterator[date]:
        """Yield the dates on which the missing sessions would be, one after another, at the pace of their phase."""
        last = max([*self.days, self.today])
        a_week = Counter(self.week(day) for day in self.days)
        for phase, count in self.missing.items():
            day, until, left = last, last + LONGEST_FORECAST, count
            while left and day < until:
                day += DAY
                is_far = (day - last).days >= phase.min_days_between
                has_room = a_week[self.week(day)] < max(phase.per_week_target or 0, 1)
                if is_far and has_room and self.is_possible(day, phase):
                    held = min(phase.sessions_per_day, left)
                    last, left = day, left - held
                    a_week[self.week(day)] += 1
                    yield from [day] * held
