"""Which calendar entries go with an e-mail: of one visit that was booked or changed alone, and of those that are off.

Thirty entries at once would be a nuisance: whole courses are in the calendar feed, and whoever reads that gets none.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet

from clinic.models import OutboundMessage, Session
from clinic.models.courses import SessionStatus
from clinic.models.messages import MessageStatus
from clinic.models.people import Channel
from clinic.notifications.entries import Entry

from . import access


def entries_of(message: OutboundMessage, *, language: str, now: datetime) -> tuple[Entry, ...]:
    """Return the calendar entries that go with a message; none unless the clinic wants them."""
    course, patient = message.course, message.patient
    rules = getattr(course.site, "message_rules", None) if course else None
    if not (rules and rules.sends_entries) or access.calendar_links(patient, now).exists():
        return ()
    return tuple(_entry(row, message, language) for row in _visits(message, now))


def _visits(message: OutboundMessage, now: datetime) -> Iterable[Session]:
    rows = Session.objects.filter(course=message.course, starts_at__gt=now).select_related("site").order_by("starts_at")
    booked = rows.filter(status=SessionStatus.BOOKED)
    if message.template == "cancelled":
        return rows.filter(status=SessionStatus.CANCELLED, pk__in=_entered(message))
    if message.template == "booked":
        return _alone(booked)
    changed = set(map(int, message.data.get("moves", ())))
    off = rows.filter(status=SessionStatus.CANCELLED, pk__in=changed & _entered(message)) if changed else ()
    return (*_alone(booked.filter(pk__in=changed)), *off)


def _alone(rows: QuerySet[Session]) -> Sequence[Session]:
    found = list(rows[:2])
    return found if len(found) == 1 else ()


def _entered(message: OutboundMessage) -> set[int]:
    """Return the visits of which an entry may stand in the calendar: of those told earlier by e-mail, one at a time."""
    told = OutboundMessage.objects.filter(course=message.course, channel=Channel.EMAIL, status=MessageStatus.SENT)
    changed = [row.data.get("moves", {}) for row in told.filter(template__in=("moved", "changed"))]
    alone = {int(pk) for moves in changed for pk in moves}
    if told.filter(template="booked").exists():
        pks = Session.objects.filter(course=message.course).values_list("pk", flat=True)[:2]
        alone |= set(pks) if len(pks) == 1 else set()
    return alone


def _entry(session: Session, message: OutboundMessage, language: str) -> Entry:
    site = session.site
    return Entry(
        uid=str(session.uid),
        version=session.version,
        changed_at=session.updated_at,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        clinic=" ".join(site.public_name.split()),
        address=site.address,
        phone=site.phone,
        to=message.patient.email,
        language=language,
        is_off=session.status == SessionStatus.CANCELLED,
    )
