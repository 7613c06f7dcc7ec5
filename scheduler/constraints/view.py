"""One course as the rules see it: its sessions in order of time, by phase, by date and by week."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from scheduler.course import CourseRequest
from scheduler.hours import local_days, week_start
from scheduler.plan import Session
from scheduler.protocols import Phase, Visit, VisitKind
from scheduler.resources import Chair, Clinic, Closure, Site

from .booked import Wall, on_the_wall

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CourseView:
    """Look at the sessions of one course beside its request; dates and weeks are those of the site."""

    request: CourseRequest
    clinic: Clinic
    sessions: tuple[Session, ...]
    follow_ups: tuple[Session, ...]

    @classmethod
    def of(cls, request: CourseRequest, clinic: Clinic, sessions: Iterable[Session]) -> "CourseView":
        """Build the view from any sessions: the request's own are picked out, those without a place left out."""
        own = [session for session in sessions if session.takes_its_place and belongs(session, request)]
        own.sort(key=lambda session: (session.when.start, session.number))
        return cls(
            request,
            clinic,
            tuple(session for session in own if session.kind is not VisitKind.FOLLOW_UP),
            tuple(session for session in own if session.kind is VisitKind.FOLLOW_UP),
        )

    def wall(self, session: Session) -> Wall:
        """Return the date and minutes of a session as the clock of its site shows them."""
        return on_the_wall(session.when, self.clinic.site(session.site).timezone)

    def day(self, session: Session) -> date:
        """Return the date of a session at its site."""
        return self.wall(session).day

    def week(self, day: date) -> date:
        """Return the first date of the week of a date, as the site of the first session counts weeks."""
        return week_start(day, self.clinic.site(self.sessions[0].site).week_starts_on)

    def by_phase(self) -> Iterator[tuple[Phase, tuple[Session, ...]]]:
        """Yield each planned phase with its sessions, told by the phase that each session names."""
        for phase in self.request.planned_phases:
            yield phase, tuple(session for session in self.sessions if session.phase == phase.name)

    def by_day(self, sessions: Iterable[Session]) -> dict[date, list[Session]]:
        """Return sessions gathered by date, in order of time."""
        days: dict[date, list[Session]] = {}
        for session in sessions:
            days.setdefault(self.day(session), []).append(session)
        return days

    def weeks(self, sessions: Iterable[Session]) -> Counter[date]:
        """Count the treatment days of each week that has any."""
        return Counter(self.week(day) for day in self.by_day(sessions))

    def visits(self) -> Iterator[tuple[Session, Visit]]:
        """Yield each session with the visit that the protocol asks for on that day."""
        phases = {phase.name: phase for phase in self.request.planned_phases}
        protocol = self.request.protocol
        previous: date | None = None
        for session in self.sessions:
            day = self.day(session)
            if previous is None and protocol.first_visit:
                yield session, protocol.first_visit
            elif previous is not None and protocol.redetermination and self._is_due(previous, day):
                yield session, protocol.redetermination.visit
            elif session.phase in phases:
                yield session, phases[session.phase].visit
            previous = day

    def _is_due(self, previous: date, day: date) -> bool:
        """Tell whether start + k x every_days lies after the previous treatment day and not after this one."""
        start, redetermination = self.day(self.sessions[0]), self.request.protocol.redetermination
        assert redetermination is not None
        return (day - start).days // redetermination.every_days > (previous - start).days // redetermination.every_days

    def possible_days(self, phase: Phase, week: date) -> int:
        """Count the dates of a week on which a session of the phase could stand if nothing were booked."""
        return sum(self._is_possible(phase, week + timedelta(days=offset)) for offset in range(7))

    def _is_possible(self, phase: Phase, day: date) -> bool:
        request = self.request
        limits = [(request.earliest_date, request.latest_date or date.max)]
        if request.authorisation:
            limits.append((request.authorisation.first_date, request.authorisation.last_date))
        hours = request.availability.hours
        return (
            all(first <= day <= last for first, last in limits)
            and day not in request.availability.away | request.skipped
            and (hours is None or bool(hours.on(day)))
            and day.weekday() in phase.weekdays
            and any(opens(self.clinic, place, day) for place in self._places(phase.visit))
        )

    def _places(self, visit: Visit) -> Iterator[Chair | Site]:
        """Yield the chairs that fit a visit at the sites asked for, or the sites when it needs no chair."""
        for site in self.clinic.sites:
            if not self.request.sites or site.id in self.request.sites:
                if visit.needs_chair:
                    yield from (c for c in self.clinic.chairs if c.site == site.id and visit.chair_kinds <= c.kinds)
                else:
                    yield site


def belongs(session: Session, request: CourseRequest) -> bool:
    """Tell whether a session is of the course asked for: of the same id or, without ids, of the same patient."""
    return session.course == request.course and (bool(request.course) or session.patient == request.patient)


def opens(clinic: Clinic, place: Chair | Site, day: date) -> bool:
    """Tell whether a chair (or a site) has opening hours on a date that closures leave at least partly standing."""
    site = place if isinstance(place, Site) else clinic.site(place.site)
    hours = place.hours if isinstance(place, Site) else clinic.hours_of(place)
    closures = (*site.closures, *(() if isinstance(place, Site) else place.closures))
    return any(not _wholly_shut(day, window, closures, site.timezone) for window in hours.on(day))


def _wholly_shut(day: date, window: tuple[int, int], closures: Iterable[Closure], timezone: str) -> bool:
    """Tell whether closures, joined, leave no minute of a window."""
    whole = local_days(day, day, timezone)
    reached = window[0]
    for closure in sorted(closures, key=lambda closure: closure.when.start):
        if closure.when.overlaps(whole):
            shut = on_the_wall(closure.when, timezone)
            offset = (shut.day - day).days * 24 * 60
            if shut.start + offset <= reached:
                reached = max(reached, shut.end + offset)
    return reached >= window[1]
