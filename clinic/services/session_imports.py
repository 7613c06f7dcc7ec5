"""Take over a clinic's booked sessions, by the same rules and with the same cells as a booking."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError

import scheduler
from clinic import messages, planning
from clinic.models import Chair, Course, Patient, Protocol, Session, Site, Technician
from clinic.models.courses import CELL_MINUTES, CourseStatus, SessionStatus
from clinic.selectors.records import resources

from . import audit, occupancy
from .booking.lock import note_change, under_lock
from .diary_check import IMPORTED
from .imports import Outcome, all_or_nothing
from .spreadsheets import BadRow, Row, read_date, read_time

SESSION_COLUMNS = ("patient", "protocol", "date", "time", "chair")
SESSION_OPTIONS = ("technician", "minutes", "status", "course")
STATUSES = (SessionStatus.BOOKED, SessionStatus.FULFILLED, SessionStatus.NOSHOW, SessionStatus.CANCELLED)
FURTHEST = timedelta(days=3 * 366)


def import_sessions(rows: Iterable[Row], *, site: Site, by: audit.Actor, now: datetime, keep: bool) -> Outcome:
    """Take over the sessions of a table, in one transaction; known ones are left as they are.

    With a single bad row, or without `keep`, nothing is written.
    """

    def take_over(locked: Site) -> Outcome:
        book = _Book(locked, by, now)
        outcome = all_or_nothing(sorted(rows, key=_order), book.take, keep=keep)
        if outcome.is_written:
            book.close()
        return replace(outcome, bad=tuple(sorted(outcome.bad)))

    return under_lock(site, take_over)


class _Book:
    """Takes rows in order of time: finds what they name, judges their place, writes them."""

    def __init__(self, site: Site, by: audit.Actor, now: datetime) -> None:
        self.site, self.by, self.now = site, by, now
        today = now.astimezone(site.zone).date()
        self.clinic, diary = planning.load(site=site, first=today, last=today + FURTHEST, now=now)
        self.taken = {resource: list(spans) for resource, spans in diary.taken.items()}
        self.names = {key: named.name for key, named in resources().items()}
        self.chairs = {row.name.casefold(): row for row in Chair.objects.filter(site=site, is_active=True)}
        self.technicians = _by_name(Technician.objects.filter(shifts__site=site, is_active=True).distinct())
        self.protocols = {row.slug: row for row in Protocol.objects.filter(is_current=True)}
        self.recipes = {slug: planning.protocol_value(row) for slug, row in self.protocols.items()}
        self.courses: dict[tuple[str, ...], Course] = {}
        self.numbers: dict[int, int] = {}

    def take(self, row: Row) -> bool:
        """Write one row, and tell whether it was new."""
        patient = Patient.objects.filter(number=row["patient"], site=self.site).first()
        if patient is None:
            raise BadRow(f"there is no patient {row['patient']!r} at {self.site.name}. Import the patients first.")
        protocol = _named(self.protocols, row["protocol"], "protocol")
        start = self.start(row)
        key = (row["patient"], protocol.slug, row["course"])
        value = self.session(row, patient, self.recipes[protocol.slug], start, self.next_number(key))
        known = Session.objects.filter(patient=patient, starts_at=start).select_related("course").first()
        if known:
            self.courses.setdefault(key, known.course)
            return False
        if value.takes_its_place and value.when.end > self.now:
            value = self.placed(value, is_free_choice=not row["technician"])
        self.write(value, key, patient, protocol)
        return True

    def start(self, row: Row) -> datetime:
        """Read when a session starts, by the clock of the site."""
        day, clock = read_date(row["date"], "The date"), read_time(row["time"], "The time")
        if abs(day - self.now.date()) > FURTHEST:
            raise BadRow(f"the date {row['date']} is more than three years away. Check the year.")
        minute = clock.hour * 60 + clock.minute
        if minute % CELL_MINUTES:
            raise BadRow(f"the time {row['time']} is no multiple of {CELL_MINUTES} minutes.")
        return scheduler.instant(day, minute, self.site.timezone).astimezone(UTC)

    def session(
        self, row: Row, patient: Patient, recipe: scheduler.Protocol, start: datetime, number: int
    ) -> scheduler.Session:
        """Build the session of a row; what the row does not say comes from the protocol."""
        phase = _phase_of(recipe, number)
        visit = recipe.first_visit if number == 1 and recipe.first_visit else phase.visit
        technician = _named(self.technicians, row["technician"], "technician") if row["technician"] else None
        return scheduler.Session(
            number=number,
            when=scheduler.Interval(start, start + timedelta(minutes=_minutes(row, visit.minutes))),
            kind=visit.kind,
            phase=phase.name,
            site=planning.site_id(self.site.pk),
            chair=str(_named(self.chairs, row["chair"], "chair").pk),
            technician=str(technician.pk) if technician else None,
            turnaround_minutes=visit.turnaround_minutes,
            patient=str(patient.pk),
            status=self.status(row, start),
        )

    def status(self, row: Row, start: datetime) -> str:
        """Read the status; without one a session of the past was done."""
        status = row["status"].lower() or (SessionStatus.BOOKED if start > self.now else SessionStatus.FULFILLED)
        if status not in STATUSES:
            raise BadRow(f"the status {row['status']!r} is unknown. Write one of: {', '.join(STATUSES)}.")
        if start > self.now and status in (SessionStatus.FULFILLED, SessionStatus.NOSHOW):
            raise BadRow(f"it lies ahead and cannot be {status} yet.")
        return status

    def placed(self, value: scheduler.Session, *, is_free_choice: bool) -> scheduler.Session:
        """Find the first technician with whom a session breaks no rule of its place, or say what it breaks."""
        everybody = [str(row.pk) for row in self.technicians.values()] if is_free_choice else [value.technician]
        diary = scheduler.Diary({resource: tuple(spans) for resource, spans in self.taken.items()})
        broken: tuple[scheduler.Violation, ...] = ()
        for technician in everybody:
            candidate = replace(value, technician=technician)
            broken = scheduler.check([candidate], self.clinic, diary=diary)
            if not broken:
                return candidate
        said = planning.reasons_data([broken[0].reason]) if broken else []
        sentences = [messages.sentence(reason, self.names, self.site.zone) for reason in said]
        raise BadRow(" ".join(sentences) or "there is no technician here to run it.")

    def write(self, value: scheduler.Session, key: tuple[str, ...], patient: Patient, protocol: Protocol) -> None:
        """Write a session, with its course when it is the first of it."""
        course = self.courses.get(key) or self.open_course(value, patient, protocol)
        row = Session(
            **planning.session_columns(value),
            course=course,
            patient=patient,
            site=self.site,
            status=value.status,
            updated_at=self.now,
        )
        try:
            row.save()
            if value.takes_its_place and row.ends_at > self.now:
                occupancy.take([row])
        except IntegrityError:
            raise BadRow("one of its people is booked elsewhere at that time.") from None
        self.courses[key] = course
        self.numbers[course.pk] = value.number
        for resource, lane, when in value.claims() if value.takes_its_place else ():
            span = (lane, scheduler.epoch_minute(when.start), scheduler.epoch_minute(when.end))
            self.taken.setdefault(resource, []).append(span)

    def open_course(self, value: scheduler.Session, patient: Patient, protocol: Protocol) -> Course:
        """Write the course to which a first session belongs."""
        return Course.objects.create(
            patient=patient,
            protocol=protocol,
            site=self.site,
            request={"earliest_date": value.when.start.astimezone(self.site.zone).date().isoformat()},
            plan_kind=IMPORTED,
            booked_at=self.now,
            updated_at=self.now,
        )

    def next_number(self, key: tuple[str, ...]) -> int:
        """Return the number after the last session of a course."""
        course = self.courses.get(key)
        if course is None:
            return 1
        if course.pk not in self.numbers:
            self.numbers[course.pk] = max(course.sessions.values_list("number", flat=True), default=0)
        return self.numbers[course.pk] + 1

    def close(self) -> None:
        """Finish the courses that lie wholly in the past, and note what was done."""
        for course in self.courses.values():
            if not course.sessions.filter(ends_at__gt=self.now).exists():
                course.status = CourseStatus.COMPLETED
                course.save(update_fields=["status"])
            count = course.sessions.count()
            audit.record(
                by=self.by,
                now=self.now,
                action="course imported",
                patient=course.patient,
                course=course,
                data={"sessions": count},
            )
        note_change(self.site)


def _order(row: Row) -> tuple[Any, ...]:
    """Sort rows by time, those without a readable one first, so that sessions are numbered in order."""
    try:
        return 1, read_date(row["date"], ""), read_time(row["time"], ""), row.line
    except BadRow:
        return 0, row.line


def _by_name(rows: Iterable[Technician]) -> dict[str, Technician]:
    return {row.name.casefold(): row for row in rows}


def _named(things: Mapping[str, Any], name: str, what: str) -> Any:
    if found := things.get(name) or things.get(name.casefold()):
        return found
    known = ", ".join(getattr(thing, "slug", None) or thing.name for thing in things.values()) or "none"
    raise BadRow(f"there is no {what} {name!r}. There are: {known}.")


def _phase_of(recipe: scheduler.Protocol, number: int) -> scheduler.Phase:
    """Return the phase in which the session of a number falls; later ones belong to the last."""
    last = 0
    for phase in recipe.planned_phases():
        last += phase.sessions
        if number <= last:
            break
    return phase


def _minutes(row: Row, usual: int) -> int:
    if not row["minutes"]:
        return usual
    if not (row["minutes"].isascii() and row["minutes"].isdigit() and 5 <= int(row["minutes"]) <= 720):
        raise BadRow(f"the minutes {row['minutes']!r} are no number from 5 to 720.")
    return int(row["minutes"])
