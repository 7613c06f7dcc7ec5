"""Everything that the desk's page about one patient shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, QuerySet

from clinic.models import (
    AuditEntry,
    CalendarLink,
    Course,
    Merge,
    OutboundMessage,
    Patient,
    Proposal,
    Referral,
    Session,
)
from clinic.models.courses import SessionStatus

from .courses import FOLLOW_UP, STANDING, CourseView, course_views
from .deeds import Deed, deeds
from .lookers import Looker, links_of, phones_of
from .risks import RiskLine, courses_at_risk

MOST_HISTORY = 60
MOST_MESSAGES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """Hold what the desk sees of a patient, the present before the past."""

    patient: Patient
    courses: tuple[CourseView, ...]
    past: tuple[Course, ...]
    risks: tuple[RiskLine, ...]
    referrals: tuple[Referral, ...]
    follow_ups: tuple[Session, ...]
    kept: tuple[Proposal, ...]
    messages: tuple[OutboundMessage, ...]
    links: tuple[Looker, ...]
    phones: tuple[Looker, ...]
    calendars: tuple[CalendarLink, ...]
    history: tuple[Deed, ...]
    merges: tuple[Merge, ...]


def patient_page(patient: Patient, now: datetime) -> PatientPage:
    """Gather a patient's page."""
    kept = Proposal.objects.filter(patient=patient, is_kept=True, course=None, expires_at__gt=now)
    at_risk = courses_at_risk(patient.site, now, patient=patient)
    courses = course_views(patient, now)
    return PatientPage(
        patient=patient,
        courses=courses,
        past=tuple(_past_courses(patient, courses)),
        risks=tuple(line for course in at_risk for line in course.lines),
        referrals=tuple(_referrals(patient, now)),
        follow_ups=tuple(_follow_ups(patient, now)),
        kept=tuple(kept.select_related("protocol")),
        messages=tuple(_messages(patient)),
        links=tuple(links_of(patient, now)),
        phones=tuple(phones_of(patient, now)),
        calendars=tuple(patient.calendar_links.filter(revoked_at=None).order_by("-created_at")),
        merges=tuple(patient.merges.filter(undone_at=None).select_related("gone", "merged_by")),
        history=deeds(_history(patient)[:MOST_HISTORY], patient.site),
    )


def _past_courses(patient: Patient, shown: Iterable[CourseView]) -> QuerySet[Course]:
    """Return the courses that are not shown whole, each with how many sessions took place, and from when until when."""
    treatment = ~Q(sessions__kind=FOLLOW_UP)
    done = treatment & Q(sessions__status=SessionStatus.FULFILLED)
    missed = treatment & Q(sessions__status=SessionStatus.NOSHOW)
    rows = Course.objects.filter(patient=patient).exclude(pk__in=[view.course.pk for view in shown])
    rows = rows.select_related("protocol", "site")
    return rows.annotate(
        planned=Count("sessions__number", filter=treatment, distinct=True),
        done=Count("sessions", filter=done),
        missed=Count("sessions", filter=missed),
        first_at=Min("sessions__starts_at", filter=treatment),
        last_at=Max("sessions__starts_at", filter=treatment),
    ).order_by("-booked_at")


def _referrals(patient: Patient, now: datetime) -> QuerySet[Referral]:
    """Return what the patient waits for; what was booked of it is a course by now."""
    return Referral.objects.filter(patient=patient).open(now).select_related("protocol", "site")


def _follow_ups(patient: Patient, now: datetime) -> QuerySet[Session]:
    """Return the follow-ups that have a date, of courses that are over as well."""
    rows = Session.objects.filter(patient=patient, kind=FOLLOW_UP, status__in=STANDING, ends_at__gt=now)
    return rows.select_related("course__protocol", "site").order_by("starts_at")


def _messages(patient: Patient) -> QuerySet[OutboundMessage]:
    """Return the last messages and what became of them; what they say is not kept."""
    return OutboundMessage.objects.filter(patient=patient).order_by("-due_at", "-pk")[:MOST_MESSAGES]


def _history(patient: Patient) -> QuerySet[AuditEntry]:
    """Return what was done, to a merged record too, without the plans that were only looked at."""
    same = Q(patient=patient) | Q(patient__merged_into=patient)
    return AuditEntry.objects.filter(same).exclude(action="course proposed").select_related("session")
