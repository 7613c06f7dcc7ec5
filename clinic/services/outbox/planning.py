"""Writing what is to be told: rows in the transaction of their cause, held until it can no longer be undone."""

from collections.abc import Sequence
from datetime import datetime

from clinic.models import Course, OutboundMessage, Referral, Session
from clinic.models.messages import MessageStatus

from .changing import CHANGES
from .writing import waiting, write

UNSENT = (MessageStatus.DUE, MessageStatus.CANCELLED)


def plan_course_messages(*, course: Course, now: datetime) -> list[OutboundMessage]:
    """Write what the patient is to be told about a booked course; doing it twice gives the same rows."""
    first = course.sessions.filter(starts_at__gt=now).order_by("starts_at").values_list("starts_at", flat=True).first()
    data = {"needed_by": first.isoformat()} if first else {}
    return write(course, now, key=f"booked-{course.uid}", template="booked", data=data)


def plan_cancel_message(*, course: Course, sessions: Sequence[Session], now: datetime) -> list[OutboundMessage]:
    """Write that the sessions of a course are off, in place of all that has not been sent about it.

    The patient is told of the times that messages said until now. Who was never told of any is told nothing.
    """
    was_never_told = not course.messages.filter(template__in=CHANGES, sent_at__isnull=False).exists()
    was_never_told &= course.messages.filter(template="booked", status__in=UNSENT).exists()
    expected = {str(session.pk): session.starts_at.isoformat() for session in sessions}
    for row in course.messages.filter(waiting(*CHANGES)).order_by("-pk"):
        expected |= row.data.get("moves", {})
    withdraw(course)
    starts = sorted(datetime.fromisoformat(start) for start in expected.values() if start)
    if was_never_told or not starts:
        return []
    data = {"starts": [start.isoformat() for start in starts], "needed_by": starts[0].isoformat()}
    return write(course, now, key=f"cancelled-{course.uid}", template="cancelled", data=data, useless_at=starts[-1])


def plan_offer_message(*, referral: Referral, now: datetime) -> list[OutboundMessage]:
    """Write that times are held for a person who waits, who is asked to call; it leaves if they still are by then."""
    proposal = referral.proposal
    assert proposal is not None  # because times are held
    data = {"referral": str(referral.uid), "proposal": str(proposal.uid)}
    return write(None, now, key=f"offered-{proposal.uid}", template="offered", patient=referral.patient, data=data)


def forget_finished(course: Course) -> None:
    """Take back that a course is finished, so that it is said when that is so; what was sent is not said again."""
    waiting = course.messages.filter(template="finished")
    waiting.exclude(status__in=(MessageStatus.SENT, MessageStatus.SENDING)).delete()


def withdraw(course: Course) -> int:
    """Take back what has not been sent about a course; return how many messages that were."""
    return course.messages.filter(status=MessageStatus.DUE).update(status=MessageStatus.CANCELLED)
