"""Writing rows of messages: who gets one, and until when it is held."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from clinic.models import Course, OutboundMessage, Patient
from clinic.models.messages import MessageStatus
from clinic.models.people import Channel

CLOCKS_DIFFER = timedelta(seconds=5)  # of the machine that undoes and the one that sends


def write(
    course: Course | None, now: datetime, *, key: str, patient: Patient | None = None, **fields: Any
) -> list[OutboundMessage]:
    """Write a message to the patient of a course, or to another; writing it twice gives the same row."""
    patient = course.patient if course else patient
    if patient is None or patient.channel == Channel.NONE:
        return []
    plain = {"patient": patient, "course": course, "channel": patient.channel, "due_at": held_until(now)}
    message, _ = OutboundMessage.objects.get_or_create(key=key, defaults=plain | fields)
    return [message]


def held_until(now: datetime) -> datetime:
    """Return when what happens now can no longer be undone."""
    return now + timedelta(seconds=settings.UNDO_SECONDS) + CLOCKS_DIFFER


def waiting(*templates: str) -> Q:
    """Select the messages of some kinds that have not left."""
    return Q(template__in=templates, status=MessageStatus.DUE)
