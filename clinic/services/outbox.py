"""Messages to patients: a row in the transaction of its cause, held until the cause can no longer be undone.

The rows are the truth. A worker claims one by an update that only one worker can win, looks again whether it is still
right, sends it and says so. A worker that dies leaves a lease that runs out, and then the message is tried again.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from clinic.models import Course, OutboundMessage, Session
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.models.messages import MessageStatus
from clinic.models.people import Channel
from clinic.notifications.channels import SEND, Letter, NotDelivered
from clinic.notifications.words import short_date, spoken_date, spoken_time

from . import access, audit

LEASE = timedelta(minutes=10)
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
MOST_ATTEMPTS = len(BACK_OFF) + 1
SUBJECT = "Your appointments at {clinic}"


def plan_course_messages(*, course: Course, now: datetime) -> list[OutboundMessage]:
    """Write what the patient is to be told about a booked course; doing it twice gives the same rows."""
    if course.patient.channel == Channel.NONE:
        return []
    message, _ = OutboundMessage.objects.get_or_create(
        key=f"booked-{course.uid}",
        defaults={
            "patient": course.patient,
            "course": course,
            "channel": course.patient.channel,
            "template": "booked",
            "due_at": now + timedelta(seconds=settings.UNDO_SECONDS),
        },
    )
    return [message]


def withdraw(course: Course) -> int:
    """Take back what has not been sent about a course; return how many messages that were."""
    waiting = OutboundMessage.objects.filter(course=course, status=MessageStatus.DUE)
    return waiting.update(status=MessageStatus.CANCELLED)


def deliver_due(now: datetime, *, limit: int = 20) -> int:
    """Send what is due, at most `limit` messages; return how many were taken in hand.

    `now` is the database's clock, so that workers on machines whose clocks differ agree on leases.
    """
    abandoned = Q(status=MessageStatus.SENDING, lease_until__lte=now)
    OutboundMessage.objects.filter(abandoned, attempts__gte=MOST_ATTEMPTS).update(status=MessageStatus.FAILED)
    ready = Q(status=MessageStatus.DUE, due_at__lte=now) | abandoned
    keys = OutboundMessage.objects.filter(ready).order_by("due_at", "pk").values_list("pk", flat=True)[:limit]
    return sum(_deliver(message, now) for pk in list(keys) if (message := _claim(pk, ready, now)))


def _claim(pk: int, ready: Q, now: datetime) -> OutboundMessage | None:
    """Take one message in hand, unless another worker was faster: the update finds the row only once."""
    won = OutboundMessage.objects.filter(ready, pk=pk).update(
        status=MessageStatus.SENDING, token=uuid.uuid4(), lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    return OutboundMessage.objects.select_related("patient", "course__site").get(pk=pk) if won else None


def _deliver(message: OutboundMessage, now: datetime) -> bool:
    """Look again whether a claimed message is right, send it, and say how that went."""
    if not is_wanted(message, now):
        return _settle(message, status=MessageStatus.CANCELLED)
    link, secret = access.new_patient_link(
        patient=message.patient, label="message", by=audit.Actor.of_command("work"), now=now
    )
    try:
        SEND[message.patient.channel](compose(message, secret, now))
    except Exception as error:  # whatever is wrong with one message, the next ones still leave
        access.revoke_link(link=link, by=audit.Actor.of_command("work"), now=now)
        return _put_off(message, error, now)
    return _settle(message, status=MessageStatus.SENT, channel=message.patient.channel, sent_at=now, last_error="")


def is_wanted(message: OutboundMessage, now: datetime) -> bool:
    """Tell whether the course still stands, has visits to come, and the patient can and wants to be told."""
    patient, course = message.patient, message.course
    reachable = {"email": patient.email, "sms": patient.phone}.get(patient.channel)
    return bool(reachable and course and course.status == CourseStatus.ACTIVE and _to_come(course, now).exists())


def compose(message: OutboundMessage, secret: str, now: datetime) -> Letter:
    """Write a message from the rows as they are now: name of the clinic, date, time, phone and link, nothing else."""
    patient, course = message.patient, message.course
    assert course is not None  # is_wanted has looked
    site = course.site
    starts = [start.astimezone(site.zone) for start in _to_come(course, now).values_list("starts_at", flat=True)]
    by_sms = patient.channel == Channel.SMS
    words = {
        "clinic": " ".join(site.public_name.split()),
        "count": len(starts),
        "date": short_date(starts[0]) if by_sms else spoken_date(starts[0], year=True),
        "time": spoken_time(starts[0].time()),
        "phone": site.phone,
        "link": settings.BASE_URL + reverse("portal:open", args=[secret]),
    }
    suffix = "sms" if by_sms else "email"
    return Letter(
        key=f"message-{message.pk}",
        to=patient.phone if by_sms else patient.email,
        subject=SUBJECT.format(**words),
        text=render_to_string(f"emails/{message.template}.{suffix}.txt", words).strip(),
    )


def _to_come(course: Course, now: datetime) -> QuerySet[Session]:
    return course.sessions.filter(status=SessionStatus.BOOKED, starts_at__gt=now).order_by("starts_at")


def _put_off(message: OutboundMessage, error: Exception, now: datetime) -> bool:
    """Try again later, each time after a longer while, and give up after the last."""
    told = (
        str(error) if isinstance(error, NotDelivered) else f"{type(error).__name__} {getattr(error, 'smtp_code', '')}"
    )
    if message.attempts >= MOST_ATTEMPTS:
        return _settle(message, status=MessageStatus.FAILED, last_error=told.strip()[:200])
    due_at = now + BACK_OFF[message.attempts - 1]
    return _settle(message, status=MessageStatus.DUE, due_at=due_at, last_error=told.strip()[:200])


def _settle(message: OutboundMessage, **outcome: Any) -> bool:
    """Write how a message ended, unless its lease ran out and another worker has it by now."""
    mine = OutboundMessage.objects.filter(pk=message.pk, token=message.token, status=MessageStatus.SENDING)
    return bool(mine.update(token=None, lease_until=None, **outcome))
