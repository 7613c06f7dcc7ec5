"""Other places for one session of a course, while the rest of the course stays."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from .constraints import COURSE, PLACE, Booked, CourseView, on_the_wall
from .course import CourseRequest
from .hours import MINUTES_A_DAY, clock, days_between, instant
from .intervals import Interval
from .places import with_resources
from .plan import Diary, Session
from .protocols import Visit
from .reasons import Reason
from .resources import Clinic

APART_MINUTES = 15
DEPENDS_ON_TIME = {"patient-unavailable", "too-soon", "other-chair"}


class Openings:
    """Look for places for one session; what the course breaks already is not held against a new place.

    `diary` must not hold the session itself, and may hold the others of its course.
    """

    def __init__(
        self, session: Session, request: CourseRequest, clinic: Clinic, diary: Diary, others: Iterable[Session] = ()
    ) -> None:
        self.session, self.request, self.clinic = session, request, clinic
        self.others = [other for other in others if other.takes_its_place]
        self._site = clinic.site(session.site)
        self.timezone = self._site.timezone
        self._booked = Booked(clinic, self.others, diary)
        self._visit = self._visit_asked_for()
        self._broken_already = self._broken(session)

    def search(self, first: date, last: date, *, not_before: datetime, limit: int = 12) -> tuple[Session, ...]:
        """Return places on dates from first to last, soonest date first, then nearest to the session's own time."""
        a_day = max(3, limit // ((last - first).days + 1))
        found: list[Session] = []
        for day in days_between(first, last):
            if len(found) < limit:
                found += self._on(day, not_before, min(a_day, limit - len(found)))
        return tuple(found)

    def at(self, start: datetime, chair: str | None = None) -> Session | None:
        """Return the session moved to a start, with free people and the chair, or a free one; None when none fits."""
        return next(self._at(start, chair), None)

    def why_not(self, start: datetime, chair: str | None = None) -> tuple[Reason, ...]:
        """Return the rules that the session would newly break at a start, with its own people."""
        moved = self._moved(start)
        moved = replace(moved, chair=chair or moved.chair)
        if moved.chair is not None and not self.clinic.has(moved.chair):
            return (Reason.of("unknown-resource", resource=moved.chair),)
        places = [reason for rule in PLACE if (reason := rule(moved, self._booked))]
        return (*places, *sorted(self._broken(moved) - self._broken_already, key=lambda reason: reason.code))

    def _on(self, day: date, not_before: datetime, most: int) -> list[Session]:
        """Return places on one date that lie some minutes apart, in order of time."""
        usual = on_the_wall(self.session.when, self.timezone).start
        if self._is_hopeless(instant(day, usual, self.timezone)):
            return []
        length = self.session.when.minutes
        opened = {self.clinic.hours_of(chair) for chair in self.clinic.chairs} | {self._site.hours}
        grid = [
            minute
            for minute in range(0, MINUTES_A_DAY, self.clinic.grid_minutes)
            if any(hours.covers(day, minute, minute + length) for hours in opened)
        ]
        found: dict[int, Session] = {}
        for minute in sorted(grid, key=lambda minute: (abs(minute - usual), minute)):
            start = instant(day, minute, self.timezone)
            is_near = any(abs(minute - other) < APART_MINUTES for other in found)
            if is_near or start <= not_before or start == self.session.when.start:
                continue
            if place := self.at(start):
                found[minute] = place
            if len(found) == most:
                break
        return [found[minute] for minute in sorted(found)]

    def _is_hopeless(self, start: datetime) -> bool:
        """Tell whether the course has no place for the session on the date of a start, whatever the time."""
        new = self._broken(self._moved(start)) - self._broken_already
        return any(reason.code not in DEPENDS_ON_TIME for reason in new)

    def _at(self, start: datetime, chair: str | None) -> Iterator[Session]:
        wished = replace(self._moved(start), chair=chair or self.session.chair)
        suits: dict[str | None, bool] = {}  # by chair: to the course it is all one who attends
        for place in with_resources(wished, self._visit, self._booked):
            if chair is not None and place.chair != chair:
                continue
            if place.chair not in suits:
                suits[place.chair] = self._broken(place) <= self._broken_already
            if suits[place.chair]:
                yield replace(place, reasons=(*self._reasons(place), *self._lasting_reasons()))

    def _moved(self, start: datetime) -> Session:
        when = Interval.lasting(self.session.when.minutes, start)
        by = when.start - self.session.when.start
        needed = self.session.prescriber_when
        return replace(self.session, when=when, prescriber_when=needed and needed.shifted(by))

    def _broken(self, session: Session) -> set[Reason]:
        """Return what the whole course breaks with the session at its place."""
        course = CourseView.of(self.request, self.clinic, [*self.others, session])
        return {reason for rule in COURSE for reason, _ in rule(course)}

    def _visit_asked_for(self) -> Visit:
        """Return the visit that the protocol asks for where the session stands now."""
        for follow_up in self.request.protocol.follow_ups:
            if follow_up.name == self.session.phase and follow_up.visit.kind is self.session.kind:
                return follow_up.visit
        course = CourseView.of(self.request, self.clinic, [*self.others, self.session])
        for session, visit in course.visits():
            if session is self.session:
                return visit
        return Visit(
            kind=self.session.kind,
            minutes=self.session.when.minutes,
            turnaround_minutes=self.session.turnaround_minutes,
            needs_chair=self.session.chair is not None,
            needs_technician=self.session.technician is not None,
        )

    def _reasons(self, place: Session) -> Iterator[Reason]:
        """Say how a place differs from what is usual in the course."""
        course = self.others or [self.session]
        usual = Counter(on_the_wall(other.when, self.timezone).start for other in course).most_common(1)[0][0]
        chair = Counter(other.chair for other in course).most_common(1)[0][0]
        start = on_the_wall(place.when, self.timezone).start
        if start == usual:
            yield Reason.of("usual-time", time=clock(start), chair=place.chair)
        else:
            minutes = abs(start - usual)
            yield Reason.of("other-time", time=clock(start), usual_time=clock(usual), minutes=minutes)
        if place.chair != chair:
            yield Reason.of("other-chair", chair=place.chair, usual_chair=chair)

    def _lasting_reasons(self) -> Iterator[Reason]:
        """Yield the reasons that have nothing to do with the time, such as a redetermination that is due."""
        return (reason for reason in self.session.reasons if reason.code.endswith("-due"))
