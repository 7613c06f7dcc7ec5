"""How each session of a day stands at this minute, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from clinic.models import AuditEntry, Session
from clinic.models.courses import SessionStatus as Status

NOTED = "attendance noted"
HERE = (Status.ARRIVED, Status.CHECKED_IN)
LATE, CONFIRMED = "late", "confirmed"
# A step to the left took something back already, and is not offered to be taken back again.
ORDER = (Status.BOOKED, Status.ARRIVED, Status.CHECKED_IN, Status.FULFILLED, Status.NOSHOW, Status.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Hold a session with its state as the desk says it; `minutes` is how long it has been so, where that
    matters, and `back` is the status before, as long as the step to this one may be taken back.
    """

    session: Any  # with what `day_list` annotates
    state: str
    word: str
    minutes: int | None = None
    back: str = ""

    @property
    def said(self) -> str:
        """Return the state with its minutes: late 17 min."""
        return self.word if self.minutes is None else f"{self.word} {self.minutes} min"


def undo_from(now: datetime) -> datetime:
    """Return since when a deed may be taken back."""
    return now - timedelta(seconds=settings.UNDO_SECONDS)


def steps_of(sessions: Iterable[Session], now: datetime) -> dict[int, AuditEntry]:
    """Return the newest line of the record about each session that is here, or was changed just now; one query."""
    since = undo_from(now)
    wanted = [one.pk for one in sessions if one.status in HERE or one.updated_at >= since]
    entries = AuditEntry.objects.filter(session__in=wanted, action=NOTED).order_by("at", "pk")
    return {entry.session_id: entry for entry in entries if entry.session_id is not None}


def standing_of(session: Any, step: AuditEntry | None, now: datetime) -> Standing:
    """Say how a session stands: late is who is booked and should have come."""
    state, since = str(session.status), None
    if state == Status.BOOKED and session.starts_at < now:
        state, since = LATE, session.starts_at
    elif state == Status.BOOKED and session.is_confirmed:
        state = CONFIRMED
    elif state in HERE:
        since = step.at if step else session.updated_at
    return Standing(
        session=session,
        state=state,
        word=state if state in (LATE, CONFIRMED) else str(Status(state).label),
        minutes=_minutes(since, now) if since else None,
        back=back_from(session, step, now) if step else "",
    )


def back_from(session: Session, step: AuditEntry, now: datetime) -> str:
    """Return the status before the last step, if that went on and may still be taken back."""
    was, became = step.data["from"], step.data["to"]
    may_go_back = step.at >= undo_from(now) and became == session.status and ORDER.index(was) < ORDER.index(became)
    return str(was) if may_go_back else ""


def _minutes(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds()) // 60)
