"""What the tests of the scheduler build: small clinics, protocols, and courses laid out by hand."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from scheduler import Clinic, CourseRequest, Interval, Phase, Protocol, Session, Visit, check, instant
from scheduler.constraints import CourseView

MONDAY = date(2026, 3, 2)


def make_clinic(timezone: str = "Europe/Berlin", hours: str = "Mon-Fri 08:00-18:00", **changes: object) -> Clinic:
    """Build a clinic with two chairs, two technicians and a prescriber, all there during all hours."""
    values = {"chairs": ["C1", "C2"], "technicians": ["Ana", "Ben"], "prescribers": ["Dr Cole"], **changes}
    return Clinic.simple(timezone=timezone, hours=hours, **values)  # type: ignore[arg-type]


def make_phase(name: str = "acute", sessions: int = 10, **changes: object) -> Phase:
    """Build a phase of half-hour visits, three to five a week."""
    values = {"visit": Visit(), "per_week_min": 3, **changes}
    return Phase(name=name, sessions=0 if "taper" in values else sessions, **values)  # type: ignore[arg-type]


def make_protocol(*phases: Phase, **changes: object) -> Protocol:
    """Build a protocol from phases; ten sessions when none is given."""
    return Protocol(slug="made-up", name="Made up", phases=phases or (make_phase(),), **changes)  # type: ignore[arg-type]


def make_request(protocol: Protocol | None = None, **changes: object) -> CourseRequest:
    """Build Ada's wish for a course from Monday 2 March 2026 on."""
    values = {"patient": "Ada", "earliest_date": MONDAY, "course": "ada-1", **changes}
    return CourseRequest(protocol=protocol or make_protocol(), **values)  # type: ignore[arg-type]


def at(day: date, clock: str = "09:00", timezone: str = "Europe/Berlin") -> datetime:
    """Return the instant of a wall-clock time such as 09:30."""
    moment = time.fromisoformat(clock)
    return instant(day, moment.hour * 60 + moment.minute, timezone)


def make_session(start: datetime | None = None, minutes: int = 30, **changes: object) -> Session:
    """Build one session of half an hour on chair C1 with Ana, on Monday at nine."""
    when = Interval.lasting(minutes, start or at(MONDAY))
    values = {"number": 1, "site": "site", "chair": "C1", "technician": "Ana", "patient": "Ada", "course": "ada-1"}
    return Session(when=when, **{**values, "phase": "acute", **changes})  # type: ignore[arg-type]


def weekdays(first: date, count: int, skip: Iterable[date] = ()) -> list[date]:
    """Return the next `count` dates from Monday to Friday, some left out."""
    every = (first + timedelta(days=offset) for offset in range(7 * count + 70))
    return [day for day in every if day.weekday() < 5 and day not in set(skip)][:count]


def lay_out(request: CourseRequest, clinic: Clinic, days: Iterable[date], clock: str = "09:00") -> list[Session]:
    """Lay a course out by hand: one chain of sessions at one time on each date, with the visits of its protocol."""
    site, days, sessions = clinic.sites[0], iter(days), []
    for phase in request.planned_phases:
        for _ in range(phase.days):
            day = next(days)
            for index in range(phase.sessions_per_day):
                start = at(day, clock, site.timezone) + timedelta(minutes=index * phase.minutes_between_starts)
                data = {"phase": phase.name, "patient": request.patient, "course": request.course}
                sessions.append(make_session(start, number=len(sessions) + 1, **data))
    return [_held(session, visit, clinic) for session, visit in CourseView.of(request, clinic, sessions).visits()]


def _held(session: Session, visit: Visit, clinic: Clinic) -> Session:
    """Give a session the length, chair and people of a visit."""
    start = session.when.start
    during = Interval.lasting(visit.prescriber_minutes or 1, start + timedelta(minutes=visit.prescriber_offset))
    return replace(
        session,
        kind=visit.kind,
        when=Interval.lasting(visit.minutes, start),
        turnaround_minutes=visit.turnaround_minutes,
        chair=clinic.chairs[0].id if visit.needs_chair else None,
        technician=clinic.technicians[0].id if visit.needs_technician else None,
        prescriber=clinic.prescribers[0].id if visit.prescriber_minutes else None,
        prescriber_when=during if visit.prescriber_minutes else None,
    )


def broken(sessions: Iterable[Session], clinic: Clinic, *requests: CourseRequest) -> list[str]:
    """Return the names of the rules that sessions break, each once, in order."""
    return sorted({violation.rule for violation in check(sessions, clinic, requests)})
