"""One row of a table of sessions, read by the names and the clock of the site that it is for."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import scheduler
from clinic import planning
from clinic.models import Chair, Patient, Protocol, Site, Technician
from clinic.models.courses import CELL_MINUTES, SessionStatus

from .patients import tidied
from .spreadsheets import BadRow, Row, read_date, read_time, shown

STATUSES = (SessionStatus.BOOKED, SessionStatus.FULFILLED, SessionStatus.NOSHOW, SessionStatus.CANCELLED)
FURTHEST = timedelta(days=3 * 366)


class SessionReader:
    """Reads rows: finds what they name, and what they do not say comes from the protocol."""

    def __init__(self, site: Site, now: datetime) -> None:
        self.site, self.now = site, now
        known = Patient.objects.filter(site=site).select_related("merged_into").only("number", "merged_into__number")
        self.patients = {row.number: row.merged_into or row for row in known}
        self.chairs = {row.name.casefold(): row for row in Chair.objects.filter(site=site, is_active=True)}
        people = Technician.objects.filter(shifts__site=site, is_active=True).distinct()
        self.technicians = {row.name.casefold(): row for row in people}
        self.protocols = {row.slug: row for row in Protocol.objects.filter(is_current=True)}
        self.recipes = {slug: planning.protocol_value(row) for slug, row in self.protocols.items()}

    def patient(self, row: Row) -> Patient:
        """Find the patient of a row by number."""
        number = tidied(row["patient"])
        if number not in self.patients:
            raise BadRow(f"There is no patient {shown(number)} at {self.site.name}. Import the patients first.")
        return self.patients[number]

    def protocol(self, row: Row) -> Protocol:
        """Find the protocol of a row by its short name."""
        protocol: Protocol = _named(self.protocols, row["protocol"], "protocol")
        return protocol

    def start(self, row: Row) -> datetime:
        """Read when a session starts, by the clock of the site."""
        day, clock = read_date(row["date"], "The date"), read_time(row["time"], "The time")
        if abs(day - self.now.date()) > FURTHEST:
            raise BadRow(f"The date {row['date']} is more than three years away. Check the year.")
        minute = clock.hour * 60 + clock.minute
        if minute % CELL_MINUTES:
            raise BadRow(f"The time {row['time']} is no multiple of {CELL_MINUTES} minutes.")
        start = scheduler.instant(day, minute, self.site.timezone).astimezone(UTC)
        if start.astimezone(self.site.zone).time() != clock:
            raise BadRow(f"There is no {row['time']} on {row['date']}: the clocks go forward then. Check the time.")
        return start

    def start_or_none(self, row: Row) -> datetime | None:
        """Read when a session starts, where that can be read."""
        with suppress(BadRow):
            return self.start(row)
        return None

    def session(
        self, row: Row, patient: Patient, protocol: Protocol, start: datetime, number: int
    ) -> scheduler.Session:
        """Build the session of a row."""
        recipe = self.recipes[protocol.slug]
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
            raise BadRow(f"The status {shown(row['status'])} is unknown. Write one of: {', '.join(STATUSES)}.")
        if start > self.now and status in (SessionStatus.FULFILLED, SessionStatus.NOSHOW):
            raise BadRow(f"It lies ahead and cannot be {status} yet. Write booked or cancelled, or check the date.")
        return status


def in_order(row: Row) -> tuple[Any, ...]:
    """Sort rows by time, those without a readable one first, so that sessions are numbered in order."""
    try:
        return 1, read_date(row["date"], ""), read_time(row["time"], ""), row.line
    except BadRow:
        return 0, row.line


def _named(things: Mapping[str, Any], name: str, what: str) -> Any:
    if found := things.get(name) or things.get(name.casefold()):
        return found
    known = ", ".join(getattr(thing, "slug", None) or thing.name for thing in things.values()) or "none"
    raise BadRow(f"There is no {what} {shown(name)}. There are: {known}.")


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
        raise BadRow(f"The minutes {shown(row['minutes'])} are no number from 5 to 720.")
    return int(row["minutes"])
