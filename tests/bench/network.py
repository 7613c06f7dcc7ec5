"""A network of clinics with a full diary, for measuring: thousands or a million sessions, written fast."""

import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any

from django.db import connection, transaction

from clinic.models import Course, Patient, Protocol, Resource, Session, Site
from clinic.models.people import plain_text
from scheduler import Phase, Visit, VisitKind
from scheduler import Protocol as Recipe
from tests.clinic.builders import make_chair, make_prescriber, make_site, make_technician

CHAIRS = 4
SESSIONS_A_COURSE = 36
DAYS_AHEAD = 90
MINUTES, TURNAROUND = 30, 5
STARTS = range(8 * 60, 18 * 60 - MINUTES - TURNAROUND + 1, MINUTES + TURNAROUND)
# Everybody wants the morning: 95 % of it is taken, 65 % of the end of the day, and 80 % of all.
FULLEST, EMPTIEST = 0.95, 0.65
FULLNESS = (FULLEST + EMPTIEST) / 2
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

TREATMENT = Visit(minutes=MINUTES, turnaround_minutes=TURNAROUND)
THIRTY_SIX = Recipe(
    slug="thirty-six",
    name="36 sessions",
    first_visit=Visit(kind=VisitKind.MAPPING, minutes=60, prescriber_minutes=30, prescriber_offset=15),
    phases=(
        Phase(name="acute", visit=TREATMENT, sessions=30, per_week_max=5, per_week_min=3),
        Phase(name="taper", visit=TREATMENT, taper=(3, 2, 1)),
    ),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Hold one invented course: the same chair, technician and time on its dates."""

    site: Site
    chair: int
    technician: int
    minute: int
    dates: tuple[date, ...]


def fill(sites: int, sessions: int, today: date, protocol: Protocol) -> list[Site]:
    """Make sites that share a number of sessions: 80 % full for three months from today, and as full in the past."""
    with transaction.atomic():
        made = [make_site(name=f"Site {number}") for number in range(sites)]
        courses = [course for site in made for course in _courses(site, sessions // sites, today)]
        # Rows lie in a table in the order of booking, all sites mixed.
        courses.sort(key=lambda course: course.dates[0])
        _write(courses, protocol)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


def _courses(site: Site, sessions: int, today: date) -> Iterator[Drawn]:
    chairs = [make_chair(site, name=f"Chair {number}").pk for number in range(CHAIRS)]
    technicians = [make_technician(site).pk for _ in range(CHAIRS + 1)]
    make_prescriber(site)
    draw = random.Random(site.pk)
    lanes = [
        (chair, technician, minute) for chair, technician in zip(chairs, technicians, strict=False) for minute in STARTS
    ]
    days = _working_days(today + timedelta(days=DAYS_AHEAD), round(sessions / len(lanes) / FULLNESS))
    left = sessions
    for chair, technician, minute in lanes:
        fullness = FULLEST - (FULLEST - EMPTIEST) * (minute - STARTS[0]) / (STARTS[-1] - STARTS[0])
        kept = [day for day in days if draw.random() < fullness][:left]
        left -= len(kept)
        for first in range(0, len(kept), SESSIONS_A_COURSE):
            yield Drawn(site, chair, technician, minute, tuple(kept[first : first + SESSIONS_A_COURSE]))


def _working_days(last: date, count: int) -> list[date]:
    """Return so many working days up to a date, in order."""
    days: list[date] = []
    while len(days) < count:
        if last.weekday() < 5:
            days.append(last)
        last -= timedelta(days=1)
    return days[::-1]


def _write(courses: list[Drawn], protocol: Protocol) -> None:
    Resource.objects.bulk_create([Resource(kind="patient") for _ in courses], batch_size=5000)
    keys = list(Resource.objects.order_by("-pk").values_list("pk", flat=True)[: len(courses)])
    Patient.objects.bulk_create(
        [_patient(key, course.site) for key, course in zip(keys, courses, strict=True)], batch_size=2000
    )
    common = {"protocol": protocol, "request": {"earliest_date": "2026-01-01"}, "booked_at": NOON, "updated_at": NOON}
    rows = [Course(site=course.site, patient_id=key, **common) for key, course in zip(keys, courses, strict=True)]
    Course.objects.bulk_create(rows, batch_size=2000)
    copy(Session._meta.db_table, _sessions(zip(rows, courses, strict=True)))


def _patient(key: int, site: Site) -> Patient:
    name = f"Invented{key}"
    return Patient(
        pk=key,
        site=site,
        number=f"N{key}",
        family_name=name,
        given_name="Pat",
        date_of_birth=date(1970, 1, 1),
        created_at=NOON,
        updated_at=NOON,
        search_text=plain_text(name, "Pat", f"N{key}", ""),
    )


def _sessions(courses: Iterable[tuple[Course, Drawn]]) -> Iterator[dict[str, Any]]:
    for row, course in courses:
        for number, day in enumerate(course.dates, 1):
            start = datetime.combine(day, time(course.minute // 60, course.minute % 60), UTC)
            end = start + timedelta(minutes=MINUTES)
            yield {
                "uid": uuid.uuid4(),
                "course_id": row.pk,
                "patient_id": row.patient_id,
                "number": number,
                "kind": "treatment",
                "phase": "acute",
                "status": "booked",
                "site_id": row.site_id,
                "chair_id": course.chair,
                "technician_id": course.technician,
                "lane": 0,
                "starts_at": start,
                "ends_at": end,
                "chair_until": end + timedelta(minutes=TURNAROUND),
                "assessments": "[]",
                "reasons": "[]",
                "is_fixed": False,
                "version": 0,
                "updated_at": NOON,
            }


def copy(table: str, rows: Iterator[dict[str, Any]]) -> None:
    """Write many rows as fast as the database can take them."""
    first = next(rows)
    names = ", ".join(first)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL statement_timeout = 0")  # a million rows take longer than any page may
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as stream:
                for row in chain([first], rows):
                    stream.write_row(tuple(row.values()))
            return
        places = ", ".join("%s" for _ in first)
        plain = (tuple(_plain(value) for value in row.values()) for row in chain([first], rows))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", plain)


def _plain(value: Any) -> Any:
    """Write a value as Django keeps it on SQLite."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return value.hex if isinstance(value, uuid.UUID) else value
