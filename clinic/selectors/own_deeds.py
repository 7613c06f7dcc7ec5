"""What a patient did last on the own page, as long as it may be taken back."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from clinic.models import AuditEntry, DeskTask, Patient, Session
from clinic.models.contacts import TaskKind

from .day_states import undo_from
from .last_deed import MOVED, opening_before

TAKEN_BACK = "taken back by the patient"
ASKED = {f"desk asked: {kind}": kind for kind in (TaskKind.MOVE, TaskKind.CANNOT_COME, TaskKind.CALL)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDeed:
    """Hold a move with the opening to go back to, or what the desk was asked."""

    session: Session
    until: datetime
    opening: str = ""
    task: DeskTask | None = None


def own_deed(patient: Patient, who: str, now: datetime) -> OwnDeed | None:
    """Return the newest deed that somebody, by the name in the record, can take back."""
    rows = AuditEntry.objects.filter(
        patient=patient, actor=who, at__gte=undo_from(now), action__in=(MOVED, *ASKED), session__isnull=False
    ).select_related("session__site", "session__patient")
    taken_back: Counter[int | None] = Counter()
    for entry in rows.order_by("-at", "-pk"):
        if entry.why == TAKEN_BACK:
            taken_back[entry.session_id] += 1
        elif entry.action == MOVED and taken_back[entry.session_id]:
            taken_back[entry.session_id] -= 1
        elif deed := _deed(entry, now):
            return deed
    return None


def _deed(entry: AuditEntry, now: datetime) -> OwnDeed | None:
    session, until = entry.session, entry.at + timedelta(seconds=settings.UNDO_SECONDS)
    assert session is not None
    if entry.action == MOVED:
        opening = opening_before(session, entry, (), now)
        return OwnDeed(session=session, until=until, opening=opening) if opening else None
    task = _task(entry)
    return OwnDeed(session=session, until=until, task=task) if task else None


def _task(entry: AuditEntry) -> DeskTask | None:
    """Return what the desk was asked, while nobody has done it."""
    rows = DeskTask.objects.filter(session=entry.session_id, kind=ASKED[entry.action], done_at=None)
    return rows.filter(created_at=entry.at).order_by("pk").last()
