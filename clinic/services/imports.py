"""Take over a clinic's patients: every row is judged, and either all are written or none."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from clinic.models import Patient, Site
from clinic.models.people import Channel, folded

from .audit import Actor
from .patients import InvalidPatient, PatientExists, register, tidied
from .spreadsheets import BadRow, Row, read_date

PATIENT_COLUMNS = ("family_name", "given_name", "date_of_birth")
PATIENT_OPTIONS = ("number", "phone", "email", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Hold what became of a file: how many rows are new, how many were known, and which are bad and why."""

    added: int
    known: int
    bad: tuple[tuple[int, str], ...] = ()
    is_written: bool = False


class _NotKept(Exception):
    """Rolls back what was tried."""


def import_patients(rows: Iterable[Row], *, site: Site, by: Actor, now: datetime, keep: bool) -> Outcome:
    """Register the patients of a table, in one transaction; known ones are left as they are.

    With a single bad row, or without `keep`, nothing is written.
    """
    return all_or_nothing(rows, lambda row: _patient_is_new(row, site, by, now), keep=keep)


def all_or_nothing(rows: Iterable[Row], take: Callable[[Row], bool], *, keep: bool) -> Outcome:
    """Try every row for real, then keep everything or nothing. `take` tells whether a row was new."""
    added, known, bad = 0, 0, []
    try:
        with transaction.atomic():
            for row in rows:
                try:
                    if row.cells_over:
                        raise BadRow("it has more cells than there are columns. Does a text with commas lack quotes?")
                    with transaction.atomic():
                        is_new = take(row)
                except BadRow as why:
                    bad.append((row.line, str(why)))
                else:
                    added, known = added + is_new, known + (not is_new)
            if bad or not keep:
                raise _NotKept
    except _NotKept:
        return Outcome(added=added, known=known, bad=tuple(bad))
    return Outcome(added=added, known=known, is_written=True)


def _patient_is_new(row: Row, site: Site, by: Actor, now: datetime) -> bool:
    born = read_date(row["date_of_birth"], "The date of birth")
    number = tidied(row["number"])
    if number and (owner := Patient.objects.filter(number=number).first()):
        if (folded(owner.name), owner.date_of_birth) == (folded(f"{row['given_name']} {row['family_name']}"), born):
            return False
        raise BadRow(f"number {number} belongs to another patient. Give this one a number of their own, or none.")
    try:
        register(
            site=site,
            number=number or None,
            family_name=row["family_name"],
            given_name=row["given_name"],
            date_of_birth=born,
            phone=row["phone"],
            email=row["email"],
            channel=row["channel"].lower() or Channel.NONE,
            by=by,
            now=now,
        )
    except PatientExists as twin:
        if not number:
            return False
        raise BadRow(f"{twin.patient.name} with this date of birth is here as number {twin.patient.number}.") from None
    except InvalidPatient as wrong:
        raise BadRow(" ".join(wrong.errors.values())) from None
    return True
