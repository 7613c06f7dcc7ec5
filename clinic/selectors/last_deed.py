"""What a member of staff did last at the desk, on whatever day, as long as it may be taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from clinic.models import AuditEntry, Session, Site, User
from clinic.models.courses import SessionStatus

from .day_states import CALLED, NOT_CALLED, NOTED, back_from, undo_from

MOVED = "session moved"
# What is taken back by saying something else: the words for it, what is said then, and the deed of saying that.
NOTES = {
    CALLED: (_lazy("called"), "not-called", NOT_CALLED),
    "desk asked: late": (_lazy("runs late"), "not-late", "task done"),
}
BACK_NOTES = tuple(back for _word, _status, back in NOTES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDeed:
    """Hold what was done with a session, and what to send to take it back: a status, or the opening it stood in."""

    session: Session
    word: str
    until: datetime
    status: str = ""
    opening: str = ""


def last_deed(user: User, site: Site, now: datetime) -> LastDeed | None:
    """Return the newest deed that can be taken back, in one query."""
    rows = AuditEntry.objects.filter(
        at__gte=undo_from(now), user=user, action__in=(NOTED, MOVED, *NOTES, *BACK_NOTES), session__site=site
    ).select_related("session__patient")
    entries = list(rows.order_by("-at", "-pk"))
    return next((deed for entry in entries if (deed := _deed(entry, entries, now))), None)


def _deed(entry: AuditEntry, entries: Iterable[AuditEntry], now: datetime) -> LastDeed | None:
    session = entry.session
    assert session is not None
    until = entry.at + timedelta(seconds=settings.UNDO_SECONDS)
    if entry.action == NOTED:
        back = back_from(session, entry, now)
        word = str(SessionStatus(session.status).label)
        return LastDeed(session=session, word=word, until=until, status=back) if back else None
    if entry.action in NOTES:
        return _noted(session, entry, entries, until)
    if entry.action != MOVED:
        return None
    opening = opening_before(session, entry, entries, now)
    return LastDeed(session=session, word=_("moved"), until=until, opening=opening) if opening else None


def _noted(session: Session, entry: AuditEntry, entries: Iterable[AuditEntry], until: datetime) -> LastDeed | None:
    """Return a note about a session, if it was not taken back, and still says something."""
    word, status, back = NOTES[entry.action]
    was_taken_back = any(
        one.session_id == session.pk and one.action == back and (one.at, one.pk) > (entry.at, entry.pk)
        for one in entries
    )
    is_over = status == "not-late" and session.status != SessionStatus.BOOKED
    return None if was_taken_back or is_over else LastDeed(session=session, word=str(word), until=until, status=status)


def opening_before(session: Session, entry: AuditEntry, entries: Iterable[AuditEntry], now: datetime) -> str:
    """Return where a session stood before it was moved by hand, if it can go back and has not come from there."""
    was, became = entry.data.get("from"), entry.data.get("to")
    if not isinstance(was, dict) or not isinstance(became, dict) or session.status != SessionStatus.BOOKED:
        return ""
    moves = [(one.data.get("from"), one.data.get("to")) for one in entries if one.session_id == session.pk]
    start, stands = (parse_datetime(str(place.get("start", ""))) for place in (was, became))
    if (became, was) in moves or stands != session.starts_at or not start or start <= now:
        return ""
    return f"{start.isoformat()}/{was.get('chair') or ''}"
