"""Messages to patients: a row in the transaction of its cause, held until the cause can no longer be undone.

The rows are the truth. A worker claims one by an update that only one worker can win, looks again whether it is still
right, sends it and says so. A worker that dies leaves a lease that runs out, and then the message is tried again.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from clinic.models import Course, OutboundMessage, Patient, Referral, Session
from clinic.models.messages import MessageStatus
from clinic.models.people import Channel
from clinic.notifications.channels import SEND, NotDelivered

from . import access, audit, letters

CLOCKS_DIFFER = timedelta(seconds=5)  # of the machine that undoes and the one that sends
LEASE = timedelta(minutes=10)
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
MOST_ATTEMPTS = len(BACK_OFF) + 1
WORKER = audit.Actor.of_command("work")


def plan_course_messages(*, course: Course, now: datetime) -> list[OutboundMessage]:
    """Write what the patient is to be told about a booked course; doing it twice gives the same rows."""
    return _plan(course, now, key=f"booked-{course.uid}", template="booked")


def plan_move_message(*, session: Session, was: datetime, now: datetime) -> list[OutboundMessage]:
    """Write that a session moved. Of several moves in a row only the whole way is told, and nothing of a way back."""
    if session.course.messages.filter(_waiting("booked")).exists():
        return []  # it has not been sent yet, and will tell the new time
    earlier = session.messages.filter(_waiting("moved"))
    told = [parse_datetime(message.data["was"]) for message in earlier.order_by("pk")]
    earlier.update(status=MessageStatus.CANCELLED)
    first = told[0] if told and told[0] else was
    if first == session.starts_at:
        return []
    data = {"was": first.isoformat(), "to": session.starts_at.isoformat()}
    key = f"moved-{session.uid}-{session.version}"
    return _plan(session.course, now, key=key, template="moved", session=session, data=data)


def plan_cancel_message(*, course: Course, sessions: Sequence[Session], now: datetime) -> list[OutboundMessage]:
    """Write that the sessions of a course are off, unless the patient was never told that they were on."""
    was_never_told = course.messages.filter(template="booked", status=MessageStatus.CANCELLED).exists()
    if was_never_told or not sessions:
        return []
    data = {"count": len(sessions), "first": min(session.starts_at for session in sessions).isoformat()}
    return _plan(course, now, key=f"cancelled-{course.uid}", template="cancelled", data=data)


def plan_change_message(*, course: Course, key: str, now: datetime) -> list[OutboundMessage]:
    """Write that the rest of a course has changed, unless the patient has not been told of the course yet."""
    if course.messages.filter(_waiting("booked")).exists():
        return []
    return _plan(course, now, key=f"changed-{key}", template="changed")


def plan_offer_message(*, referral: Referral, now: datetime) -> list[OutboundMessage]:
    """Write that times are held for a person who waits, who is asked to call; it leaves if they still are by then."""
    proposal = referral.proposal
    assert proposal is not None  # because times are held
    data = {"referral": str(referral.uid), "proposal": str(proposal.uid)}
    return _plan(None, now, key=f"offered-{proposal.uid}", template="offered", patient=referral.patient, data=data)


def withdraw_change_message(*, key: str) -> None:
    """Take back what has not been sent about a change of a course."""
    OutboundMessage.objects.filter(key=f"changed-{key}", status=MessageStatus.DUE).update(
        status=MessageStatus.CANCELLED
    )


def withdraw(course: Course) -> int:
    """Take back what has not been sent about a course; return how many messages that were."""
    return course.messages.filter(status=MessageStatus.DUE).update(status=MessageStatus.CANCELLED)


def _plan(
    course: Course | None, now: datetime, *, key: str, patient: Patient | None = None, **fields: Any
) -> list[OutboundMessage]:
    patient = course.patient if course else patient
    if patient is None or patient.channel == Channel.NONE:
        return []
    due_at = now + timedelta(seconds=settings.UNDO_SECONDS) + CLOCKS_DIFFER
    plain = {"patient": patient, "course": course, "channel": patient.channel, "due_at": due_at}
    message, _ = OutboundMessage.objects.get_or_create(key=key, defaults=plain | fields)
    return [message]


def _waiting(template: str) -> Q:
    return Q(template=template, status=MessageStatus.DUE)


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
    rows = OutboundMessage.objects.select_related("patient__site", "course__site", "session")
    return rows.get(pk=pk) if won else None


def _deliver(message: OutboundMessage, now: datetime) -> bool:
    """Look again whether a claimed message is right, send it, and say how that went."""
    link = None
    try:
        facts = letters.facts_of(message, now)
        if facts is None:
            return _settle(message, status=MessageStatus.CANCELLED)
        address = ""
        if message.template not in letters.WITHOUT_LINK:
            # The link is made now, because its secret must not lie in a row until then.
            link, secret = access.new_patient_link(patient=message.patient, label="message", by=WORKER, now=now)
            address = settings.BASE_URL + reverse("portal:open", args=[secret])
        SEND[message.patient.channel](letters.letter_of(message, facts, address))
    except Exception as error:  # whatever is wrong with one message, the next ones still leave
        if link:
            access.revoke_link(link=link, by=WORKER, now=now)
        return _put_off(message, error, now)
    return _settle(message, status=MessageStatus.SENT, channel=message.patient.channel, sent_at=now, last_error="")


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
