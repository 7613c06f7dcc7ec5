"""Finding patients, and everything that the desk's page about one patient shows."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from clinic.models import AuditEntry, CalendarLink, Patient, PatientLink, Proposal

from .courses import CourseView, course_views

MOST_FOUND = 50
MOST_HISTORY = 60
PHONE_END = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """Hold what the desk sees of a patient: courses with their weeks, links, kept proposals, history."""

    patient: Patient
    courses: tuple[CourseView, ...]
    kept: tuple[Proposal, ...]
    links: tuple[PatientLink, ...]
    calendars: tuple[CalendarLink, ...]
    history: tuple[AuditEntry, ...]


def patient_page(patient: Patient, now: datetime) -> PatientPage:
    """Gather a patient's page."""
    kept = Proposal.objects.filter(patient=patient, is_kept=True, course=None, expires_at__gt=now)
    return PatientPage(
        patient=patient,
        courses=course_views(patient, now),
        kept=tuple(kept.select_related("protocol")),
        links=tuple(patient.links.filter(revoked_at=None, expires_at__gt=now).order_by("-created_at")),
        calendars=tuple(patient.calendar_links.filter(revoked_at=None).order_by("-created_at")),
        history=tuple(_history(patient)[:MOST_HISTORY]),
    )


def _history(patient: Patient) -> QuerySet[AuditEntry]:
    """Return what was done, without the plans that were only looked at."""
    return AuditEntry.objects.filter(patient=patient).exclude(action="course proposed").select_related("session")
