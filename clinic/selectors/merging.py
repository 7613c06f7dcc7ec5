"""Two records that may be one person: who is alike, what each record holds, and where their diaries clash."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from clinic.models import Patient, PatientKey, Session
from clinic.models.people import plain_text, plain_words
from clinic.planning import FREES_ITS_PLACE

from .spelling import allowed, misspelt, phone_key

MOST_COMPARED = 200
MOST_ALIKE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Hold two sessions, one of each record, in which one person cannot be at once."""

    one: Session
    other: Session


def record_of(patient: Patient) -> Patient:
    """Return the record that counts for a patient now, where it was merged into another a moment ago."""
    current = Patient.objects.select_related("merged_into__site", "site").get(pk=patient.pk)
    return current.merged_into or current


def clashes(kept: Patient, gone: Patient) -> tuple[Clash, ...]:
    """Return where both records have a session at one time, in the past as well: two people were treated then."""
    ours, theirs = (
        list(_standing(patient).select_related("course__protocol", "site", "chair")) for patient in (kept, gone)
    )
    return tuple(
        Clash(one=one, other=other)
        for one in ours
        for other in theirs
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at
    )


def with_contents(patients: Iterable[Patient]) -> QuerySet[Any]:
    """Return records with what they hold, in numbers."""
    rows = Patient.objects.filter(pk__in=[patient.pk for patient in patients]).select_related("site")
    return rows.annotate(
        courses_held=Count("courses", distinct=True),
        sessions_held=Count("sessions", distinct=True),
        referrals_held=Count("referrals", distinct=True),
        messages_held=Count("messages", distinct=True),
    )


def alike(patient: Patient) -> list[Patient]:
    """Return other records of the clinic that may be the same person: a name alike, and the birth or the phone.

    The patient need not be saved yet.
    """
    name = plain_text(patient.family_name, patient.given_name, "", "")
    near = Q(date_of_birth=patient.date_of_birth) | Q(search_text__startswith=name)
    if phone := phone_key(patient.phone):
        near |= Q(pk__in=PatientKey.objects.filter(key=phone).values("patient"))
    rows = Patient.objects.filter(near, site=patient.site_id, merged_into=None).exclude(pk=patient.pk)
    others = [row for row in rows.select_related("site").order_by("search_text")[:MOST_COMPARED] if _same(patient, row)]
    return others[:MOST_ALIKE]


def _same(one: Patient, other: Patient) -> bool:
    if not _names_alike(one, other):
        return False
    phone = phone_key(one.phone)
    return (phone and phone == phone_key(other.phone)) or births_alike(one.date_of_birth, other.date_of_birth)


def _names_alike(one: Patient, other: Patient) -> bool:
    """Tell whether each name of the record with fewer has its like in the other, whichever comes first."""
    few, many = sorted((plain_words(one.name), plain_words(other.name)), key=len)
    return all(
        any(misspelt(name, word) <= allowed(name) and misspelt(word, name) <= allowed(word) for word in many)
        for name in few
    )


def births_alike(one: date, other: date) -> bool:
    """Tell whether two dates are one, or differ as typed dates do: in one of three parts, or day and month swapped."""
    differing = sum(ours != theirs for ours, theirs in zip(one.timetuple()[:3], other.timetuple()[:3], strict=True))
    return differing <= 1 or (one.year, one.month, one.day) == (other.year, other.day, other.month)


def _standing(patient: Patient) -> QuerySet[Session]:
    return Session.objects.filter(patient=patient).exclude(status__in=FREES_ITS_PLACE).order_by("starts_at")
