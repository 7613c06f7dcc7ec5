"""How each session of a day stands at this minute, and since when."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from clinic.models import AuditEntry, Session
from clinic.models.courses import SessionStatus as Status

NOTED, CALLED, NOT_CALLED = "attendance noted", "patient called", "call taken back"
HERE = (Status.ARRIVED, Status.CHECKED_IN)
LATE, CONFIRMED = "late", "confirmed"
TALLIED = (*(str(status) for status in (Status.PROPOSED, Status.BOOKED)), CONFIRMED, LATE)
TALLIED += tuple(str(status) for status in (*HERE, Status.FULFILLED, Status.NOSHOW, Status.CANCELLED))
# A step to the left took something back already, and is not offered to be taken back again.
ORDER = (Status.BOOKED, Status.ARRIVED, Status.CHECKED_IN, Status.FULFILLED, Status.NOSHOW, Status.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Hold a session with its state as the desk says it; `minutes` is how long it has been so, where that
    matters, `back` is the status before, as long as the step to this one may be taken back, and `called_at` is when
    the desk called the patient about it last.
    """

    session: Any  # with what `day_list` annotates
    state: str
    word: str
    minutes: int | None = None
    back: str = ""
    called_at: datetime | None = None

    @property
    def said(self) -> str:
        """Return the state with its minutes: late 17 min."""
        if self.minutes is None:
            return self.word
        return _("%(word)s %(minutes)s min") % {"word": self.word, "minutes": self.minutes}


def undo_from(now: datetime) -> datetime:
    """Return since when a deed may be taken back."""
    return now - timedelta(seconds=settings.UNDO_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Hold what the record says about a session: its newest step, and its newest call that was not taken back."""

    step: AuditEntry | None = None
    called_at: datetime | None = None


def pasts_of(sessions: Iterable[Session], now: datetime) -> dict[int, Past]:
    """Return what was noted about each session that is not over, or was changed just now; one query."""
    since = undo_from(now)
    wanted = [one.pk for one in sessions if one.status != Status.FULFILLED or one.updated_at >= since]
    rows = AuditEntry.objects.filter(session__in=wanted, action__in=(NOTED, CALLED, NOT_CALLED)).order_by("at", "pk")
    found: dict[int, Past] = {}
    for entry in rows:
        if entry.session_id is not None:
            past = found.get(entry.session_id, Past())
            if entry.action == NOTED:
                found[entry.session_id] = replace(past, step=entry)
            else:
                found[entry.session_id] = replace(past, called_at=entry.at if entry.action == CALLED else None)
    return found


def standings_of(sessions: Iterable[Session], now: datetime) -> list[Standing]:
    """Say how each session of a day stands; one query."""
    sessions = list(sessions)
    pasts, nothing = pasts_of(sessions, now), Past()
    words = {state: word_of(state) for state in (*Status.values, LATE, CONFIRMED)}
    return [_standing(session, pasts.get(session.pk, nothing), words, now) for session in sessions]


def tally_of(standings: Iterable[Standing]) -> list[tuple[str, str, int]]:
    """Count the sessions in each state, in the order in which a day goes by: state, word, how many."""
    words = {one.state: one.word for one in standings}
    counts = Counter(one.state for one in standings)
    return [(state, words[state], counts[state]) for state in TALLIED if counts[state]]


def word_of(state: str) -> str:
    """Return what the desk calls a state."""
    return {LATE: _("late"), CONFIRMED: _("confirmed")}.get(state) or str(Status(state).label)


def _standing(session: Any, past: Past, words: Mapping[str, str], now: datetime) -> Standing:
    """Say how a session stands: late is who is booked and should have come."""
    step = past.step
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
        word=words[state],
        minutes=_minutes(since, now) if since else None,
        back=back_from(session, step, now) if step else "",
        called_at=past.called_at,
    )


def back_from(session: Session, step: AuditEntry, now: datetime) -> str:
    """Return the status before the last step, if that went on and may still be taken back."""
    was, became = step.data["from"], step.data["to"]
    may_go_back = step.at >= undo_from(now) and became == session.status and ORDER.index(was) < ORDER.index(became)
    return str(was) if may_go_back else ""


def _minutes(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds()) // 60)
