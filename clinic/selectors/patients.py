"""Finding patients, and everything that the desk's page about one patient shows."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Replace

from clinic.models import AuditEntry, CalendarLink, Patient, PatientLink, Proposal, Session, User
from clinic.models.courses import SessionStatus
from clinic.models.people import folded
from clinic.permissions import sites_of

from .courses import CourseView, course_views

MOST_FOUND = 50
MOST_HISTORY = 60
PHONE_END = 9


def find_patients(text: str, *, user: User, now: datetime, born: date | None = None) -> QuerySet[Patient]:
    """Find patients of the user's sites by words of name, number and phone in any order, or by date of birth."""
    upcoming = Session.objects.filter(patient=OuterRef("pk"), starts_at__gte=now, status=SessionStatus.BOOKED)
    found = (
        Patient.objects.filter(site__in=sites_of(user))
        .select_related("site")
        .annotate(
            next_session=Subquery(upcoming.order_by("starts_at").values("starts_at")[:1]),
            digits=Replace("search_text", Value(" "), Value("")),
        )
    )
    if born:
        return found.filter(date_of_birth=born)
    for word in folded(text).split():
        # The end of a phone number is the same with and without the code of its country.
        number = word[-PHONE_END:] if word.removeprefix("+").isdecimal() else word
        found = found.filter(Q(search_text__contains=word) | Q(digits__contains=number))
    return found


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
