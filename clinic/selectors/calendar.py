"""The sessions that a patient's calendar programs are told about."""

from datetime import datetime

from django.db.models import Q

from clinic.models import Patient, Session
from clinic.models.courses import SessionStatus

NEVER_TOLD = (SessionStatus.PROPOSED, SessionStatus.WAITLIST, SessionStatus.ENTERED_IN_ERROR)


def calendar_sessions(patient: Patient, now: datetime) -> list[Session]:
    """List what belongs into a calendar, in one query.

    A cancelled session stays until its time is past: programs that saw it before would otherwise keep showing it. One
    that was entered in error lived for minutes only, and nobody is told of it.
    """
    is_over = Q(status=SessionStatus.CANCELLED, ends_at__lte=now)
    sessions = patient.sessions.exclude(status__in=NEVER_TOLD).exclude(is_over)
    return list(sessions.select_related("site").order_by("starts_at", "pk"))
