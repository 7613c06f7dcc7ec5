"""What follows a course: when each follow-up is due, and the free place nearest to that date."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from .constraints import Booked, due_date, on_the_wall
from .course import CourseRequest
from .hours import MINUTES_A_DAY, WeeklyHours, days_between, instant
from .intervals import Interval
from .places import with_resources
from .plan import Diary, Session, Unplaced
from .protocols import Protocol, Visit, VisitKind
from .reasons import Reason
from .resources import Clinic, Prescriber, Site, Technician

APART_MINUTES, A_DAY = 30, 3  # between the openings of a date, and how many of them


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFollowUp:
    """Hold one follow-up with its due date and the days allowed on either side."""

    name: str
    visit: Visit
    due_date: date
    window_days: int

    def dates(self) -> Iterator[date]:
        """Yield the dates of the window, nearest to the due date first; of two equally near, the earlier."""
        for distance in range(self.window_days + 1):
            yield from sorted({self.due_date - timedelta(days=distance), self.due_date + timedelta(days=distance)})


def due_follow_ups(protocol: Protocol, last_day: date) -> tuple[DueFollowUp, ...]:
    """Return the follow-ups of a course whose last session is on `last_day`, in order of their dates."""
    due = (
        DueFollowUp(name=item.name, visit=item.visit, due_date=due_date(item, last_day), window_days=item.window_days)
        for item in protocol.follow_ups
    )
    return tuple(sorted(due, key=lambda item: item.due_date))


def place_follow_ups(
    request: CourseRequest, clinic: Clinic, diary: Diary, sessions: Iterable[Session]
) -> tuple[tuple[Session, ...], tuple[Unplaced, ...]]:
    """Place each follow-up of a planned course at the site of its last session, or say why it cannot be placed.

    Each stands at the free place nearest its due date, then nearest the usual time of the course.
    """
    course = sorted(sessions, key=lambda session: session.when.start)
    if not course:
        return (), ()
    booked = Booked(clinic, course, diary)
    site = clinic.site(course[-1].site)
    usual = _usual(course, site)
    placed: list[Session] = []
    unplaced: list[Unplaced] = []
    first = max(session.number for session in course) + 1
    last_day = on_the_wall(course[-1].when, site.timezone).day
    for number, due in enumerate(due_follow_ups(request.protocol, last_day), first):
        session = next(_places(number, due, request, site, booked, usual, course[-1]), None)
        if session is None:
            reason = _why_not(due, clinic, site)
            unplaced.append(Unplaced(first_number=number, kind=VisitKind.FOLLOW_UP, reasons=(reason,)))
        else:
            booked.add(session)
            placed.append(session)
    return tuple(placed), tuple(unplaced)


def follow_up_openings(
    request: CourseRequest,
    clinic: Clinic,
    diary: Diary,
    sessions: Iterable[Session],
    due: DueFollowUp,
    *,
    first: date,
    last: date,
    not_before: datetime,
    limit: int = 12,
) -> tuple[Session, ...]:
    """Return free places for one follow-up of a course on dates from first to last, in order of time.

    Of each date those nearest the usual time of the course are given, some minutes apart.
    """
    course = sorted((one for one in sessions if one.takes_its_place), key=lambda session: session.when.start)
    if not course:
        return ()
    booked, site = Booked(clinic, course, diary), clinic.site(course[-1].site)
    blank = _blank(max(session.number for session in course) + 1, due, course[-1])
    found: list[Session] = []
    for day in days_between(first, last):
        of_day: dict[int, Session] = {}
        for start in _starts(day, due.visit, request, site, clinic, _usual(course, site)):
            when = Interval.lasting(due.visit.minutes, instant(day, start, site.timezone))
            is_near = any(abs(start - other) < APART_MINUTES for other in of_day)
            if day in request.skipped or is_near or when.start <= not_before:
                continue
            if place := next(with_resources(replace(blank, when=when), due.visit, booked), None):
                of_day[start] = place
            if len(of_day) == A_DAY:
                break
        found += [of_day[start] for start in sorted(of_day)]
        if len(found) >= limit:
            break
    return tuple(found[:limit])


def _places(
    number: int, due: DueFollowUp, request: CourseRequest, site: Site, booked: Booked, usual: int, before: Session
) -> Iterator[Session]:
    """Yield every place that breaks no rule, best first."""
    if due.due_date > _rota_ends(due.visit, booked.clinic, site):
        return
    blank = _blank(number, due, before)
    for day in due.dates():
        if day in request.skipped:
            continue
        for start in _starts(day, due.visit, request, site, booked.clinic, usual):
            when = Interval.lasting(due.visit.minutes, instant(day, start, site.timezone))
            yield from with_resources(replace(blank, when=when), due.visit, booked)


def _blank(number: int, due: DueFollowUp, before: Session) -> Session:
    """Return a follow-up after a session of its course, at no time of its own yet."""
    return replace(
        before,
        number=number,
        kind=VisitKind.FOLLOW_UP,
        phase=due.name,
        status="proposed",
        turnaround_minutes=due.visit.turnaround_minutes,
        assessments=(),
        reasons=(Reason.of("follow-up-due", due_date=due.due_date, window_days=due.window_days),),
    )


def _usual(course: Iterable[Session], site: Site) -> int:
    """Return the minute of the day at which a course usually begins."""
    return Counter(on_the_wall(session.when, site.timezone).start for session in course).most_common(1)[0][0]


def _starts(day: date, visit: Visit, request: CourseRequest, site: Site, clinic: Clinic, usual: int) -> Iterator[int]:
    """Yield the minutes of a date at which patient and people could be there, nearest to the usual time first."""
    grid = range(0, MINUTES_A_DAY - visit.minutes + 1, clinic.grid_minutes)
    technicians = _rota(clinic.technicians, site, day)
    prescribers = _rota(clinic.prescribers, site, day)
    for start in sorted(grid, key=lambda minute: (abs(minute - usual), minute)):
        with_prescriber = start + visit.prescriber_offset
        if (
            request.availability.allows(day, start, start + visit.minutes)
            and (not visit.needs_technician or _someone(technicians, day, start, visit.minutes))
            and (not visit.prescriber_minutes or _someone(prescribers, day, with_prescriber, visit.prescriber_minutes))
        ):
            yield start


def _rota(people: Iterable[Technician | Prescriber], site: Site, day: date) -> list[WeeklyHours]:
    """Return what each person works at a site on a date, absences not counted."""
    return [
        WeeklyHours(
            tuple(
                w
                for shift in person.shifts
                if shift.site == site.id and shift.holds_on(day)
                for w in shift.hours.windows
            )
        )
        for person in people
    ]


def _someone(rota: list[WeeklyHours], day: date, start: int, minutes: int) -> bool:
    return any(hours.covers(day, start, start + minutes) for hours in rota)


def _rota_ends(visit: Visit, clinic: Clinic, site: Site) -> date:
    """Return the last date for which the people that a visit needs have shifts at a site."""
    teams: list[tuple[Technician | Prescriber, ...]] = []
    if visit.needs_technician:
        teams.append(clinic.technicians)
    if visit.prescriber_minutes:
        teams.append(clinic.prescribers)
    return min((_last_shift(team, site) for team in teams), default=date.max)


def _last_shift(team: Iterable[Technician | Prescriber], site: Site) -> date:
    shifts = [shift for person in team for shift in person.shifts if shift.site == site.id]
    return max((shift.last_date or date.max for shift in shifts), default=date.min)


def _why_not(due: DueFollowUp, clinic: Clinic, site: Site) -> Reason:
    if due.due_date > _rota_ends(due.visit, clinic, site):
        return Reason.of("beyond-rota", due_date=due.due_date)
    last_date = due.due_date + timedelta(days=due.window_days)
    return Reason.of("no-place", placed=0, sessions=1, last_date=last_date)
