"""Writing that sessions of a course changed: one row for all of it that the patient has not been told.

The row holds when the patient expects each session, as far as messages went, and nothing of what became of it: that is
read when the message is sent. So whatever happens in between, and is taken back again, only the difference is told.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q

from clinic.models import Course, OutboundMessage, Session
from clinic.models.messages import MessageStatus
from clinic.planning import FREES_ITS_PLACE

from .writing import held_until, waiting, write

CHANGES = ("moved", "dropped", "changed")
NOT_EXPECTED = ""
Was = datetime | None


def plan_move_message(*, session: Session, was: datetime, now: datetime) -> list[OutboundMessage]:
    """Write that a session moved, in one message with all that changed and was not told yet."""
    return plan_change_message(course=session.course, changes=[(session, was)], now=now)


def plan_change_message(
    *, course: Course, changes: Iterable[tuple[Session, Was]], now: datetime
) -> list[OutboundMessage]:
    """Write that sessions of a course changed; each comes with when it stood until now, or None if it did not.

    Of several changes of one session only the whole way is told, and nothing of a way back.
    """
    if course.messages.filter(waiting("booked")).exists():
        return []  # it has not been sent yet, and will tell how things stand
    row = course.messages.select_for_update().filter(waiting(*CHANGES), data__has_key="moves").order_by("pk").last()
    expected: dict[str, str] = dict(row.data["moves"]) if row else {}
    since = row.data.get("since", now.isoformat()) if row else now.isoformat()
    changes = [(session, was) for session, was in changes if max(session.starts_at, was or session.starts_at) > now]
    for session, was in changes:
        before = expected.setdefault(str(session.pk), was.isoformat() if was else NOT_EXPECTED)
        if _read(before) == stands_at(session) and not _may_know_better(session, row, since, now):
            del expected[str(session.pk)]
    if row is None and not expected:
        return []
    rows = Session.objects.filter(pk__in=map(int, expected)).order_by("pk")
    data = {"moves": expected, "since": since, "needed_by": _first_moment(rows, expected, now)}
    template = _template(rows, expected)
    if row is None:
        session = changes[0][0]
        key = f"{template}-{session.uid}-{session.version}"
        return write(course, now, key=key, template=template, session=session, data=data)
    row.data, row.template, row.due_at = data, template, held_until(now)
    row.status = MessageStatus.DUE if expected else MessageStatus.CANCELLED
    row.save(update_fields=["data", "template", "due_at", "status"])
    return [row] if expected else []


def stands_at(session: Session) -> Was:
    """Return when a session begins; None when it is off."""
    return None if session.status in FREES_ITS_PLACE else session.starts_at


def _read(expected: str) -> Was:
    return datetime.fromisoformat(expected) if expected else None


def _may_know_better(session: Session, row: OutboundMessage | None, since: str, now: datetime) -> bool:
    """Tell whether another message may have told what was taken back: one that left since, or is just leaving."""
    if row is None:
        return False
    others = session.course.messages.exclude(pk=row.pk)
    others = others.filter(Q(status=MessageStatus.SENDING) | Q(sent_at__range=(datetime.fromisoformat(since), now)))
    about_it = Q(template="booked") | Q(template__in=CHANGES, data__moves__has_key=str(session.pk))
    return others.filter(about_it).exists()


def _template(rows: Iterable[Session], expected: Mapping[str, str]) -> str:
    """Return what the row is called at the desk; how it is worded is decided when it is sent."""
    if all(stands_at(row) is None for row in rows):
        return "dropped"
    return "changed" if NOT_EXPECTED in expected.values() else "moved"


def _first_moment(rows: Iterable[Session], expected: Mapping[str, str], now: datetime) -> str:
    """Return the first moment at which somebody could come at a wrong time, or fail to come."""
    moments = [*map(_read, expected.values()), *map(stands_at, rows)]
    return min([moment for moment in moments if moment and moment > now], default=now).isoformat()
