"""The sessions that a patient's calendar programs are told about."""

from datetime import datetime

from django.db.models import Q

from clinic.models import Patient, Session
from clinic.models.courses import SessionStatus

STRUCK = (SessionStatus.CANCELLED, SessionStatus.ENTERED_IN_ERROR)
NOT_YET = (SessionStatus.PROPOSED, SessionStatus.WAITLIST)


def calendar_sessions(patient: Patient, now: datetime) -> list[Session]:
    """List what belongs into a calendar, in one query.

    A cancelled session stays until its time is past: programs that saw it before would otherwise keep showing it.
    """
    is_over = Q(status__in=STRUCK, ends_at__lte=now)
    sessions = patient.sessions.exclude(status__in=NOT_YET).exclude(is_over)
    return list(sessions.select_related("site").order_by("starts_at", "pk"))
