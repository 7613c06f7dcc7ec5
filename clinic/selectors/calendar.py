"""The sessions that calendar programs are told about, those of patients and those of staff."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from clinic.models import Patient, Session, StaffCalendar
from clinic.models.courses import SessionStatus

STAFF_DAYS = (timedelta(days=14), timedelta(days=120))  # before and after today: what a chair will ever see is too much
NEVER_TOLD = (SessionStatus.PROPOSED, SessionStatus.WAITLIST, SessionStatus.ENTERED_IN_ERROR)


def calendar_sessions(patient: Patient, now: datetime) -> list[Session]:
    """List what belongs into a calendar, in one query.

    A cancelled session stays until its time is past: programs that saw it before would otherwise keep showing it. One
    that was entered in error lived for minutes only, and nobody is told of it.
    """
    return list(_told(patient.sessions.all(), now).select_related("site"))


def staff_sessions(calendar: StaffCalendar, now: datetime) -> list[Session]:
    """List what stands on a chair, or what a technician runs, for some weeks, in one query."""
    before, after = STAFF_DAYS
    rows = Session.objects.filter(starts_at__gt=now - before, starts_at__lt=now + after)
    mine = rows.filter(chair=calendar.chair_id) if calendar.chair_id else rows.filter(technician=calendar.technician_id)
    return list(_told(mine, now).select_related("site", "chair", "patient"))


def _told(rows: QuerySet[Session], now: datetime) -> QuerySet[Session]:
    is_over = Q(status=SessionStatus.CANCELLED, ends_at__lte=now)
    return rows.exclude(status__in=NEVER_TOLD).exclude(is_over).order_by("starts_at", "pk")
