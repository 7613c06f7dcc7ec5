"""What the tests of the scheduler build: small clinics, protocols, and courses laid out by hand."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random

from hypothesis import strategies as st

from scheduler import (
    Authorisation,
    Availability,
    Blocks,
    Clinic,
    CourseRequest,
    FixedSession,
    Interval,
    Phase,
    Preference,
    Protocol,
    Redetermination,
    Session,
    Shift,
    Visit,
    VisitKind,
    WeeklyHours,
    check,
    instant,
)
from scheduler.constraints import PLACE, Booked, CourseView
from scheduler.protocols import EVERY_DAY

MONDAY = date(2026, 3, 2)  # the clocks change in New York on 8 March and in Berlin on 29 March
SIX_WEEKS = [MONDAY + timedelta(days=offset) for offset in range(42)]
MAPPING = Visit(kind=VisitKind.MAPPING, minutes=60, prescriber_minutes=30, prescriber_offset=30)
AGAIN = Redetermination(visit=Visit(kind=VisitKind.REDETERMINATION, minutes=60, prescriber_minutes=30))


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


# What the laws are tried on -----------------------------------------------------------------------------------------


@st.composite
def phases(draw: st.DrawFn, name: str = "acute") -> Phase:
    """Draw a phase of a few sessions with any rhythm."""
    if draw(st.integers(0, 5)) == 0:
        taper = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
        return make_phase(name, visit=Visit(minutes=30), taper=taper, per_week_min=1, max_days_between=14)
    a_day = draw(st.sampled_from([1, 1, 1, 1, 2]))
    most = draw(st.integers(1, 5))
    return make_phase(
        name,
        draw(st.integers(1, 8)) * a_day,
        visit=Visit(minutes=draw(st.sampled_from([30, 60])), turnaround_minutes=draw(st.sampled_from([0, 0, 30]))),
        per_week_max=most,
        per_week_min=draw(st.integers(0, min(most, 3))),
        sessions_per_day=a_day,
        minutes_between_starts=90 if a_day > 1 else 0,
        min_days_between=draw(st.sampled_from([1, 1, 1, 2])),
        max_days_between=draw(st.sampled_from([4, 7, 14])),
        weekdays=draw(st.sampled_from([EVERY_DAY, EVERY_DAY, frozenset({0, 1, 3, 4})])),
        blocks=draw(st.sampled_from([None, None, None, Blocks(min_days=1, max_days=3, max_break_days=4)])),
    )


@st.composite
def requests(draw: st.DrawFn) -> CourseRequest:
    """Draw what Ada could ask for."""
    chosen = [draw(phases())]
    if draw(st.booleans()):
        chosen.append(draw(phases("later")))
    protocol = make_protocol(
        *chosen,
        first_visit=draw(st.sampled_from([None, MAPPING])),
        redetermination=draw(st.sampled_from([None, None, AGAIN])),
    )
    earliest = MONDAY + timedelta(days=draw(st.integers(0, 6)))
    away = draw(st.frozensets(st.sampled_from(SIX_WEEKS), max_size=5))
    hours = draw(st.sampled_from([None, None, "Mon-Fri 08:00-12:00", "Mon-Wed 08:00-16:00, Fri 10:00-12:00"]))
    return make_request(
        protocol,
        earliest_date=earliest,
        latest_date=earliest + timedelta(days=draw(st.integers(14, 60))),
        availability=Availability(hours=WeeklyHours.parse(hours) if hours else None, away=away),
        authorisation=draw(st.none() | st.just(Authorisation(first_date=earliest, last_date=SIX_WEEKS[-1], units=20))),
        preference=Preference(time=draw(st.sampled_from([None, time(9), time(14, 30)]))),
        skipped=draw(st.frozensets(st.sampled_from(SIX_WEEKS), max_size=2)),
        fixed=draw(st.sampled_from([(), (), (), (FixedSession(start=at(SIX_WEEKS[8], "15:00")),)])),
    )


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    """Draw a small clinic that is sometimes closed, with people who are not always there."""
    clinic = make_clinic(
        draw(st.sampled_from(["Europe/Berlin", "America/New_York"])),
        "Mon-Fri 08:00-16:00",
        chairs=["C1", "C2", "C3"][: draw(st.integers(1, 3))],
        grid_minutes=30,
    )
    shorter = draw(st.sampled_from(["Mon-Fri 08:00-16:00", "Mon-Fri 08:00-12:00", "Tue-Fri 09:00-16:00"]))
    ana, ben = clinic.technicians
    shifts = (Shift(site="site", hours=WeeklyHours.parse(shorter)),)
    clinic = replace(clinic, technicians=(replace(ana, at_once=draw(st.integers(1, 2))), replace(ben, shifts=shifts)))
    for day in draw(st.frozensets(st.sampled_from(SIX_WEEKS), max_size=3)):
        clinic = clinic.with_closure(draw(st.sampled_from(["site", "Ana", "Dr Cole"])), day, day)
    return clinic


@st.composite
def diaries(draw: st.DrawFn, clinic: Clinic) -> tuple[Session, ...]:
    """Draw other people's sessions, from none to a crowd, that keep every rule of their place."""
    random, held, booked = Random(draw(st.integers(0, 10_000))), Booked(clinic), []
    for number in range(draw(st.sampled_from([0, 30, 150, 400]))):
        start = instant(random.choice(SIX_WEEKS), random.randrange(16, 32) * 30, clinic.sites[0].timezone)
        chair, technician = random.choice(clinic.chairs).id, random.choice(clinic.technicians).id
        names = {"patient": f"p{number}", "course": f"c{number}"}
        session = make_session(start, random.choice([30, 60]), chair=chair, technician=technician, **names)
        if all(rule(session, held) is None for rule in PLACE):
            held.add(session)
            booked.append(session)
    return tuple(booked)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Clinic, tuple[Session, ...], CourseRequest]:
    """Draw a clinic, a diary that is right, and a new wish."""
    clinic = draw(clinics())
    return clinic, draw(diaries(clinic)), draw(requests())
