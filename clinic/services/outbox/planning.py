"""Writing what is to be told: rows in the transaction of their cause, held until it can no longer be undone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from clinic.models import Course, OutboundMessage, Patient, Referral, Session
from clinic.models.messages import MessageStatus
from clinic.models.people import Channel

CLOCKS_DIFFER = timedelta(seconds=5)  # of the machine that undoes and the one that sends


def plan_course_messages(*, course: Course, now: datetime) -> list[OutboundMessage]:
    """Write what the patient is to be told about a booked course; doing it twice gives the same rows."""
    first = course.sessions.filter(starts_at__gt=now).order_by("starts_at").values_list("starts_at", flat=True).first()
    data = {"needed_by": first.isoformat()} if first else {}
    return _plan(course, now, key=f"booked-{course.uid}", template="booked", data=data)


def plan_move_message(*, session: Session, was: datetime, now: datetime) -> list[OutboundMessage]:
    """Write that a session moved, in one message with all that moved and was not told yet.

    Of several moves of one session only the whole way is told, and nothing of a way back.
    """
    course = session.course
    if course.messages.filter(_waiting("booked")).exists():
        return []  # it has not been sent yet, and will tell the new time
    waiting = course.messages.select_for_update().filter(_waiting("moved")).order_by("pk").last()
    moves: dict[str, str] = dict(waiting.data["moves"]) if waiting else {}
    moves.setdefault(str(session.pk), was.isoformat())
    if datetime.fromisoformat(moves[str(session.pk)]) == session.starts_at:
        del moves[str(session.pk)]
    data = {"moves": moves, "needed_by": _first_moment(moves, now)}
    if waiting is None:
        key = f"moved-{session.uid}-{session.version}"
        return _plan(course, now, key=key, template="moved", session=session, data=data) if moves else []
    waiting.data, waiting.due_at = data, _held_until(now)
    waiting.status = MessageStatus.DUE if moves else MessageStatus.CANCELLED
    waiting.save(update_fields=["data", "due_at", "status"])
    return [waiting] if moves else []


def _first_moment(moves: dict[str, str], now: datetime) -> str:
    """Return the first moment at which somebody could come at a wrong time, or fail to come."""
    known = [datetime.fromisoformat(was) for was in moves.values()]
    new = Session.objects.filter(pk__in=map(int, moves)).values_list("starts_at", flat=True)
    return min([moment for moment in (*known, *new) if moment > now], default=now).isoformat()


def plan_cancel_message(*, course: Course, sessions: Sequence[Session], now: datetime) -> list[OutboundMessage]:
    """Write that the sessions of a course are off, unless the patient was never told that they were on."""
    was_never_told = course.messages.filter(template="booked", status=MessageStatus.CANCELLED).exists()
    if was_never_told or not sessions:
        return []
    starts = sorted(session.starts_at for session in sessions)
    data = {"starts": [start.isoformat() for start in starts], "needed_by": starts[0].isoformat()}
    return _plan(course, now, key=f"cancelled-{course.uid}", template="cancelled", data=data, useless_at=starts[-1])


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


def forget_finished(course: Course) -> None:
    """Take back that a course is finished, so that it is said when that is so; what was sent is not said again."""
    waiting = course.messages.filter(template="finished")
    waiting.exclude(status__in=(MessageStatus.SENT, MessageStatus.SENDING)).delete()


def withdraw(course: Course) -> int:
    """Take back what has not been sent about a course; return how many messages that were."""
    return course.messages.filter(status=MessageStatus.DUE).update(status=MessageStatus.CANCELLED)


def _plan(
    course: Course | None, now: datetime, *, key: str, patient: Patient | None = None, **fields: Any
) -> list[OutboundMessage]:
    patient = course.patient if course else patient
    if patient is None or patient.channel == Channel.NONE:
        return []
    plain = {"patient": patient, "course": course, "channel": patient.channel, "due_at": _held_until(now)}
    message, _ = OutboundMessage.objects.get_or_create(key=key, defaults=plain | fields)
    return [message]


def _held_until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.UNDO_SECONDS) + CLOCKS_DIFFER


def _waiting(template: str) -> Q:
    return Q(template=template, status=MessageStatus.DUE)
