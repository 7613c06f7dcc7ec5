"""Rows for tests: each builder makes one thing that is right, and takes what the test is about as arguments."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from clinic.models import Chair, Course, Patient, Prescriber, Protocol, Session, Shift, Site, Technician, User
from clinic.models.courses import SessionStatus
from clinic.planning import protocol_definition
from clinic.services.occupancy import take
from clinic.services.patient_keys import keep_keys
from scheduler import FollowUp, Phase, Visit, VisitKind
from scheduler import Protocol as Recipe

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
WEDNESDAY = {"from": "2026-11-25T00:00:00+00:00", "until": "2026-11-26T00:00:00+00:00"}
HOURS = "Mon-Fri 08:00-18:00"
FREES_ITS_PLACE = {SessionStatus.CANCELLED, SessionStatus.NOSHOW, SessionStatus.ENTERED_IN_ERROR}
numbers = count(1000)


def make_site(**fields: Any) -> Site:
    plain = {
        "name": f"Clinic {next(numbers)}",
        "public_name": "The Harbour Rooms",
        "address": "12 Harbour Street, Bristol BS1 4RB",
        "phone": "0117 496 0123",
        "timezone": "Europe/London",
        "hours": HOURS,
        "holiday_country": "GB",
        "holiday_region": "ENG",
    }
    return Site.objects.create(**plain | fields)


def make_chair(site: Site, **fields: Any) -> Chair:
    return Chair.objects.create(site=site, **{"name": f"Chair {next(numbers)}", "kinds": ["rtms"]} | fields)


def make_technician(site: Site, *, hours: str = HOURS, **fields: Any) -> Technician:
    technician = Technician.objects.create(**{"name": f"Technician {next(numbers)}"} | fields)
    Shift.objects.create(technician=technician, site=site, hours=hours)
    return technician


def make_prescriber(site: Site, *, hours: str = HOURS, **fields: Any) -> Prescriber:
    prescriber = Prescriber.objects.create(**{"name": f"Dr {next(numbers)}"} | fields)
    Shift.objects.create(prescriber=prescriber, site=site, hours=hours)
    return prescriber


def make_user(*sites: Site, **fields: Any) -> User:
    user = User.objects.create_user(**{"email": f"user{next(numbers)}@example.org"} | fields)
    user.sites.set(sites)
    return user


def make_patient(site: Site, **fields: Any) -> Patient:
    number = next(numbers)
    plain = {
        "number": f"P{number}",
        "family_name": f"Patient{number}",
        "given_name": "Pat",
        "date_of_birth": date(1970, 1, 1),
        "phone": "0117 496 0000",
        "email": f"patient{number}@example.org",
        "channel": "email",
    }
    patient = Patient.objects.create(site=site, **plain | fields)
    keep_keys(patient)
    return patient


def make_recipe(**fields: Any) -> Recipe:
    """Make ten sessions, five a week, the first of them an hour with the prescriber, and a follow-up."""
    plain = {
        "slug": "ten-daily",
        "name": "Ten daily sessions",
        "first_visit": Visit(kind=VisitKind.MAPPING, minutes=60, prescriber_minutes=30, prescriber_offset=15),
        "phases": (Phase(name="acute", visit=Visit(minutes=30, turnaround_minutes=5), sessions=10, per_week_max=5),),
        "follow_ups": (FollowUp(name="one month", visit=Visit(kind=VisitKind.FOLLOW_UP, minutes=20), months=1),),
        "summary": "10 sessions, 5 a week, 30 minutes",
    }
    return Recipe(**plain | fields)


def make_protocol(recipe: Recipe | None = None, **fields: Any) -> Protocol:
    recipe = recipe or make_recipe()
    plain = {name: getattr(recipe, name) for name in ("slug", "version", "name", "summary", "source")}
    return Protocol.objects.create(definition=protocol_definition(recipe), sessions=recipe.sessions(), **plain | fields)


def make_course(patient: Patient, protocol: Protocol, **fields: Any) -> Course:
    plain = {
        "site": patient.site,
        "request": {"earliest_date": "2026-11-23"},
        "plan_kind": "steadiest",
        "booked_at": NOW,
        "updated_at": NOW,
    }
    return Course.objects.create(patient=patient, protocol=protocol, **plain | fields)


def make_session(course: Course, chair: Chair, technician: Technician, starts_at: datetime, **fields: Any) -> Session:
    """Make one booked session with the cells that it takes."""
    minutes = fields.pop("minutes", 30)
    ends_at = starts_at + timedelta(minutes=minutes)
    plain = {
        "number": course.sessions.count() + 1,
        "kind": "treatment",
        "phase": "acute",
        "patient": course.patient,
        "site": course.site,
        "ends_at": ends_at,
        "chair_until": ends_at + timedelta(minutes=5),
        "updated_at": NOW,
    }
    session = Session.objects.create(
        course=course, chair=chair, technician=technician, starts_at=starts_at, **plain | fields
    )
    if session.status not in FREES_ITS_PLACE:
        take([session])
    return session


def at(day: str, clock: str, zone: Any = UTC) -> datetime:
    """Read "2026-11-23", "08:30" as an instant."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone).astimezone(UTC)


def make_course_of_three(patient: Patient, protocol: Protocol, chair: Chair, technician: Technician) -> Course:
    """Make three visits at 8:30, the first on Monday 23 November 2026."""
    course = make_course(patient, protocol)
    for day in ("2026-11-23", "2026-11-24", "2026-11-25"):
        make_session(course, chair, technician, at(day, "08:30"))
    return course


def make_lived_in_clinic() -> Site:
    """Make a site with its people, Imogen at the desk, a standard course to book, and mornings that are half taken."""
    site = make_site(name="Harbour Street Clinic")
    chairs = [make_chair(site, name=f"Chair {number}", position=number) for number in range(1, 5)]
    technicians = [make_technician(site) for _ in range(5)]
    make_prescriber(site, name="Dr Hanna Weiss")
    make_user(site, email="imogen@example.org", password="correct horse battery", name="Imogen Vale")
    acute = Phase(name="acute", visit=Visit(minutes=30, turnaround_minutes=5), sessions=30, per_week_max=5)
    protocol = make_protocol(make_recipe(slug="thirty-daily", name="Thirty daily sessions", phases=(acute,)))
    make_protocol(position=2)
    margaret = make_patient(
        site, family_name="Okonjo", given_name="Margaret", number="4118", date_of_birth=date(1971, 5, 14)
    )
    before = make_course(
        margaret, protocol, status="completed", request={"earliest_date": "2026-08-03", "time": "08:30"}
    )
    for day in range(3, 8):
        make_session(before, chairs[1], technicians[1], at(f"2026-08-0{day}", "07:30"), status="fulfilled")
    other = make_course(make_patient(site, family_name="Farrokh", given_name="Mina"), protocol)
    for week in range(4):
        for chair, technician, clock in zip(chairs, technicians, ("08:00", "08:30", "09:10", "11:00"), strict=False):
            for day in (23, 25):
                start = at(f"2026-11-{day}", clock) + timedelta(weeks=week)
                make_session(other, chair, technician, start, patient=make_patient(site))
    return site
