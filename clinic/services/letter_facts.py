"""What a message has to tell, by its kind: read from the diary when it is sent, or nothing when it is not right."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from clinic.models import OutboundMessage, Referral, Session
from clinic.models.courses import LIVING, CourseStatus, SessionStatus
from clinic.planning import FREES_ITS_PLACE

from .letter_changes import changes_of

Facts = dict[str, Any]


def _booked(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell how many visits of a course are to come, and the first."""
    course = message.course
    if course is None or course.status not in LIVING:
        return None
    to_come = course.sessions.filter(status=SessionStatus.BOOKED, starts_at__gt=now).order_by("starts_at")
    starts = list(to_come.values_list("starts_at", flat=True))
    return {"appointments": len(starts), "first": starts[0]} if starts else None


def _changed(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell what differs from what the patient expects, with all that is to come then."""
    if "moves" not in message.data:  # it was written by a release that did not keep what the patient expects
        return _booked(message, now)
    changes = changes_of(message, now)
    return {**(_booked(message, now) or {"appointments": 0}), "changes": changes} if changes else None


def _cancelled(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell that the visits from the next one on are off."""
    course = message.course
    starts = sorted(start for text in message.data["starts"] if (start := datetime.fromisoformat(text)) > now)
    stands = course and course.status == CourseStatus.REVOKED
    return {"appointments": len(starts), "first": starts[0]} if stands and starts else None


def _offered(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell until when times are held, while they are."""
    referral = referral_of(message)
    proposal = referral and referral.proposal
    is_this = proposal and str(proposal.uid) == message.data["proposal"] and proposal.course_id is None
    return {"until": proposal.expires_at} if proposal and is_this and proposal.expires_at > now else None


def referral_of(message: OutboundMessage) -> Referral | None:
    """Return the referral that a message is about, if it is about one whose person still waits."""
    rows = Referral.objects.filter(uid=message.data.get("referral"), withdrawn_at=None)
    return rows.select_related("site", "proposal").first()


def _visits(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell the visits that still stand at the time for which they were to be told."""
    told = {int(pk): datetime.fromisoformat(start) for pk, start in message.data["visits"].items()}
    rows = Session.objects.filter(pk__in=told, status=SessionStatus.BOOKED, starts_at__gt=now).order_by("starts_at")
    starts = [start for pk, start in rows.values_list("pk", "starts_at") if start == told[pk]]
    return {"visits": starts} if starts else None


def _follow_up(message: OutboundMessage, now: datetime) -> Facts | None:
    """Invite, while the follow-up has no date and the course was not cancelled."""
    course = message.course
    if course is None or course.status == CourseStatus.REVOKED:
        return None
    booked = course.sessions.filter(kind="follow-up", phase=message.data["follow_up"])
    return None if booked.exclude(status__in=FREES_ITS_PLACE).exists() else {}


def _finished(message: OutboundMessage, now: datetime) -> Facts | None:
    """Tell that a course is finished, while it is."""
    course = message.course
    return {} if course and course.status == CourseStatus.COMPLETED else None


FACTS: Mapping[str, Callable[[OutboundMessage, datetime], Facts | None]] = {
    "booked": _booked,
    **dict.fromkeys(("moved", "dropped", "changed"), _changed),
    "cancelled": _cancelled,
    "offered": _offered,
    "week": _visits,
    "visit": _visits,
    "follow-up": _follow_up,
    "finished": _finished,
}
