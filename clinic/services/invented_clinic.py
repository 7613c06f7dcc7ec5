"""The invented clinic: rows for values that nobody real stands behind, written quickly and in one transaction."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from random import Random
from typing import Any

from clinic import planning
from clinic.models import (
    Absence,
    AuditEntry,
    Chair,
    Closure,
    Course,
    Occupancy,
    Patient,
    Prescriber,
    Protocol,
    Resource,
    Session,
    Shift,
    Site,
    Technician,
    User,
)
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.models.people import Channel, Role, plain_text
from scheduler import FREES_ITS_PLACE, Clinic, CourseRequest, VisitKind
from scheduler import Session as SessionValue

from . import occupancy
from .invented_decisions import decide_what_is_over
from .patient_keys import add_keys, keep_keys

SITE_NAME = "Linden Street clinic"
MARGARETS_NUMBER = "004118"
FRONT_DESK, MANAGER = "imogen@linden-street.example", "ruth@linden-street.example"
STAFF = (
    ("Imogen Vale", FRONT_DESK, Role.FRONT_DESK),
    ("Theo Marchetti", "theo@linden-street.example", Role.FRONT_DESK),
    ("Hanna Lindqvist", "hanna@linden-street.example", Role.PRESCRIBER),
    ("Ruth Adeyemi", MANAGER, Role.MANAGER),
)
MISSED_SHARE, CANCELLED_SHARE = 0.03, 0.02  # of the last days; what was missed before has its make-up
LAST_DAYS = timedelta(days=5)
CHANNELS = ((Channel.EMAIL, Channel.SMS, Channel.NONE), (12, 7, 1))
EARLY = timedelta(minutes=10)  # by which people come before their session


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedCourse:
    """Hold a patient's name with what was asked for and booked."""

    patient_name: str
    request: CourseRequest
    sessions: tuple[SessionValue, ...]


def open_site(model: Clinic, *, now: datetime, password: str) -> Site:
    """Open the invented site with the chairs and people of a small clinic, and the staff who sign in."""
    (place,) = model.sites
    site = Site.objects.create(
        name=SITE_NAME,
        public_name=SITE_NAME,
        address="14 Linden Street, first floor",
        phone="01632 960 118",
        timezone=place.timezone,
        hours=str(place.hours),
        holiday_country="GB",
        holiday_region="ENG",
    )
    for position, chair in enumerate(model.chairs, start=1):
        Chair.objects.create(site=site, name=chair.name, kinds=sorted(chair.kinds), position=position)
    for person in model.technicians:
        row = Technician.objects.create(name=person.name, at_once=person.at_once)
        Shift.objects.create(technician=row, site=site, hours=str(person.shifts[0].hours))
    for doctor in model.prescribers:
        named = Prescriber.objects.create(name="Dr H. Lindqvist")
        Shift.objects.create(prescriber=named, site=site, hours=str(doctor.shifts[0].hours))
    for name, email, role in STAFF:
        User.objects.create_user(email, password, name=name, role=role).sites.add(site)
    _close_now_and_then(site, now)
    return site


def fill(site: Site, courses: Iterable[InventedCourse], *, now: datetime, random: Random) -> None:
    """Write invented courses with their patients and sessions; a few sessions of the last days were missed."""
    courses = list(courses)
    protocols = {row.slug: row for row in Protocol.objects.filter(is_current=True)}
    patients = _patients(site, [course.patient_name for course in courses], random)
    booker = User.objects.get(email=FRONT_DESK)
    rows = [
        _course(item, patient, protocols[item.request.protocol.slug], booker, now)
        for item, patient in zip(courses, patients, strict=True)
    ]
    Course.objects.bulk_create(rows)
    sessions = list(
        chain.from_iterable(_sessions(item, row, now, random) for item, row in zip(courses, rows, strict=True))
    )
    Session.objects.bulk_create(sessions, batch_size=500)
    decide_what_is_over(rows, booker)
    occupancy.take(session for session in sessions if session.status not in FREES_ITS_PLACE and session.ends_at > now)
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=row.booked_at,
            actor=str(booker),
            user=booker,
            action="course booked",
            patient=row.patient,
            course=row,
            data={"plan": row.plan_kind, "sessions": len(item.sessions)},
        )
        for item, row in zip(courses, rows, strict=True)
    )


def add_margaret(site: Site, *, now: datetime) -> Patient:
    """Give the finished course of somebody to Margaret Okonjo, who is back for another."""
    past = Course.objects.filter(site=site, status=CourseStatus.COMPLETED).order_by("booked_at").first()
    patient = past.patient if past else Patient(site=site)
    patient.number, patient.family_name, patient.given_name = MARGARETS_NUMBER, "Okonjo", "Margaret"
    patient.date_of_birth, patient.phone = date(1971, 5, 14), "01632 960 241"
    patient.email, patient.channel = "margaret.okonjo@post.example", Channel.EMAIL
    patient.save()
    keep_keys(patient)
    if past:
        past.request |= {"availability": _hours_around(past.sessions.all(), site)}
        past.save(update_fields=["request"])
    return patient


def _close_now_and_then(site: Site, now: datetime) -> None:
    """Let a chair be serviced and people have leave, as everywhere."""
    today = now.astimezone(site.zone).date()
    monday = today - timedelta(days=today.weekday())

    def at(week: int, weekday: int, hour: int) -> datetime:
        day = monday + timedelta(weeks=week, days=weekday)
        return datetime.combine(day, time(hour), site.zone).astimezone(UTC)

    chairs, people = list(site.chairs.all()), list(Technician.objects.all())
    service = Closure(chair=chairs[2], starts_at=at(2, 2, 13), ends_at=at(2, 2, 18), cause="yearly service")
    service.site = site
    service.save()
    leave = ((people[1], 4, 0, 3), (people[4], 2, 4, 5), (people[0], -4, 0, 5), (people[3], -8, 2, 5))
    for person, week, first, last in leave:
        Absence.objects.create(
            technician=person, starts_at=at(week, first, 0), ends_at=at(week, last, 0), cause="annual leave"
        )


def _patients(site: Site, names: list[str], random: Random) -> list[Patient]:
    resources = Resource.objects.bulk_create(Resource(kind="patient") for _ in names)
    rows = []
    for index, (name, resource) in enumerate(zip(names, resources, strict=True)):
        given, _, family = name.partition(" ")
        number, phone = f"{4200 + 3 * index:06d}", f"01632 960 {300 + index % 600:03d}"
        rows.append(
            Patient(
                resource=resource,
                site=site,
                number=number,
                given_name=given,
                family_name=family,
                date_of_birth=date(1946, 1, 1) + timedelta(days=random.randrange(365 * 58)),
                phone=phone,
                email=f"{given}.{family}@post.example".lower(),
                channel=random.choices(*CHANNELS)[0],
                search_text=plain_text(family, given, number, phone),
            )
        )
    Patient.objects.bulk_create(rows)
    add_keys(rows)
    return rows


def _course(item: InventedCourse, patient: Patient, protocol: Protocol, booker: User, now: datetime) -> Course:
    request, allowed = item.request, item.request.authorisation
    booked_at = min(item.sessions[0].when.start - timedelta(days=6), now - timedelta(hours=2))
    last = max(session.when.end for session in item.sessions if session.kind is not VisitKind.FOLLOW_UP)
    return Course(
        patient=patient,
        protocol=protocol,
        site=patient.site,
        status=CourseStatus.COMPLETED if last <= now else CourseStatus.ACTIVE,
        request=_request_data(request),
        plan_kind="steadiest",
        authorised_from=allowed.first_date if allowed else None,
        authorised_to=allowed.last_date if allowed else None,
        authorised_units=allowed.units if allowed else None,
        authorisation_number=allowed.number if allowed else "",
        booked_at=booked_at,
        booked_by=booker,
        updated_at=max(booked_at, min(now, last)),
    )


def _sessions(item: InventedCourse, course: Course, now: datetime, random: Random) -> Iterator[Session]:
    for value in item.sessions:
        row = Session(**planning.session_columns(value), course=course, patient=course.patient, site=course.site)
        row.status = value.status if value.status in FREES_ITS_PLACE else _status(row, now, random)
        row.updated_at = _since(row, now)
        yield row


def _since(row: Session, now: datetime) -> datetime:
    """Return since when a session stands as it does: people come a little early, and begin and end on time."""
    if row.status == SessionStatus.ARRIVED:
        return min(now, row.starts_at - EARLY)
    if row.status == SessionStatus.CHECKED_IN:
        return row.starts_at
    return row.course.booked_at if row.starts_at > now else row.ends_at


def _status(row: Session, now: datetime, random: Random) -> str:
    if row.starts_at > now:
        return SessionStatus.ARRIVED if row.starts_at - now < EARLY else SessionStatus.BOOKED
    if row.ends_at > now:
        return SessionStatus.CHECKED_IN
    luck = random.random() if now - row.starts_at < LAST_DAYS else 1
    if row.course.status == CourseStatus.COMPLETED:
        return SessionStatus.FULFILLED
    if luck < MISSED_SHARE:
        return SessionStatus.NOSHOW
    return SessionStatus.CANCELLED if luck < MISSED_SHARE + CANCELLED_SHARE else SessionStatus.FULFILLED


def _request_data(request: CourseRequest) -> Mapping[str, Any]:
    allowed = request.authorisation
    dates = (
        {"first_date": allowed.first_date.isoformat(), "last_date": allowed.last_date.isoformat()} if allowed else {}
    )
    return {
        "earliest_date": request.earliest_date.isoformat(),
        "availability": str(hours) if (hours := request.availability.hours) else None,
        "authorisation": {**dates, "units": allowed.units, "number": allowed.number} if allowed else None,
    }


def _hours_around(sessions: Iterable[Session], site: Site) -> str:
    """Write the morning or afternoon in which all of some sessions stand, as a patient would say it."""
    starts = [session.starts_at.astimezone(site.zone) for session in sessions]
    ends = [session.ends_at.astimezone(site.zone) for session in sessions]
    first, last = min(moment.hour for moment in starts), max(moment.hour + 1 for moment in ends)
    return f"Mon-Fri {first:02d}:00-{last:02d}:00"


def is_open() -> bool:
    """Tell whether the invented clinic is there already."""
    return Site.objects.filter(name=SITE_NAME).exists() and User.objects.filter(email=FRONT_DESK).exists()


def is_empty() -> bool:
    """Tell whether nothing is in the way: no site, no patient, nobody who signs in."""
    return not (
        Site.objects.exists() or Patient.objects.exists() or User.objects.exists() or Occupancy.objects.exists()
    )
