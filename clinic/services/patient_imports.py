"""Take over a clinic's patients, by the same rules as registering them one by one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import chain, count
from typing import Any

from clinic.models import AuditEntry, Patient, Resource, Site
from clinic.models.people import Channel, folded, plain_text

from . import audit
from .imports import Outcome, all_or_nothing
from .patient_keys import add_keys
from .patients import InvalidPatient, checked, tidied
from .spreadsheets import BadRow, Row, read_date

PATIENT_COLUMNS = ("family_name", "given_name", "date_of_birth")
PATIENT_OPTIONS = ("number", "phone", "email", "channel")
BATCH = 500
Person = tuple[str, date]


def import_patients(rows: Sequence[Row], *, site: Site, by: audit.Actor, now: datetime, keep: bool) -> Outcome:
    """Register the patients of a table, all in one transaction or none; known ones are left as they are."""
    return all_or_nothing(rows, lambda site: _Register(site, by, now), site=site, keep=keep)


class _Register:
    """Judges rows against everybody who is known, in one query however long the table is."""

    about = "person"

    def __init__(self, site: Site, by: audit.Actor, now: datetime) -> None:
        self.site, self.by, self.now = site, by, now
        self.today = now.astimezone(site.zone).date()
        self.owners: dict[str, Person] = {}
        self.people: dict[Person, tuple[str, str]] = {}
        self.new: list[dict[str, Any]] = []
        names = Patient.objects.values_list("number", "given_name", "family_name", "date_of_birth", "site")
        for number, given, family, born, where in names.iterator():
            person = self.owners[number] = _person(given, family, born)
            if where == site.pk:
                self.people[person] = (number, f"{given} {family}")

    def take(self, row: Row) -> tuple[Person, bool]:
        """Note one row for writing, unless its person is known."""
        born = read_date(row["date_of_birth"], "The date of birth")
        person, number = _person(tidied(row["given_name"]), tidied(row["family_name"]), born), tidied(row["number"])
        if number and number in self.owners:
            if self.owners[number] == person:
                return person, False
            raise BadRow(f"Number {number} belongs to another patient. Give this one a number of their own, or none.")
        details = self.details(row, born, number)
        if person in self.people:
            known_number, name = self.people[person]
            if not number:
                return person, False
            raise BadRow(f"{name} with this date of birth is here {_as_number(known_number)}.")
        self.people[person] = (number, f"{details['given_name']} {details['family_name']}")
        if number:
            self.owners[number] = person
        self.new.append(details)
        return person, True

    def details(self, row: Row, born: date, number: str) -> dict[str, Any]:
        """Read what a row says of a person."""
        said = {name: row[name] for name in ("family_name", "given_name", "phone", "email")}
        channel = row["channel"].lower() or Channel.NONE
        try:
            return checked(
                said | {"date_of_birth": born, "number": number, "channel": channel}, today=self.today, is_new=True
            )
        except InvalidPatient as wrong:
            raise BadRow(" ".join(wrong.errors.values())) from None

    def write(self) -> None:
        """Write everybody who is new, with a line each in the record."""
        resources = Resource.objects.bulk_create(Resource(kind="patient") for _ in self.new)
        rows = [
            Patient(resource=resource, site=self.site, **details | {"number": self.number(details, resource)})
            for details, resource in zip(self.new, resources, strict=True)
        ]
        for row in rows:
            row.search_text = plain_text(row.family_name, row.given_name, row.number, row.phone)
        Patient.objects.bulk_create(rows, batch_size=BATCH)
        add_keys(rows)
        AuditEntry.objects.bulk_create(
            audit.entry(by=self.by, now=self.now, action="patient registered", patient=row, data={"number": row.number})
            for row in rows
        )

    def number(self, details: Mapping[str, Any], resource: Resource) -> str:
        """Return the number that a row gives, else a free one."""
        free = f"P{resource.pk:05}"
        names = chain([free], (f"{free}-{again}" for again in count(2)))
        number = details["number"] or next(name for name in names if name not in self.owners)
        self.owners[number] = _person(details["given_name"], details["family_name"], details["date_of_birth"])
        return number


def _person(given: str, family: str, born: date) -> Person:
    return folded(f"{given} {family}"), born


def _as_number(number: str) -> str:
    return f"as number {number}" if number else "on an earlier line, without a number"
