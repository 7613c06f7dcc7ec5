"""What a patient has to see first: what changed since the last look, what is confirmed, what is to be chosen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clinic.models import AuditEntry, Confirmation, Course, Patient, Session
from clinic.models.courses import SessionStatus

from .follow_ups import FOLLOW_UP, OpenFollowUp, open_follow_ups
from .schedule import Visit

CHOSEN_AHEAD = timedelta(days=42)
LOOKED = ("private link opened", "phone unlocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Hold one change: moved, cancelled or new, told by a wall clock; `was` is when it stood before, if it moved."""

    kind: str
    clock: ZoneInfo
    when: datetime
    was: datetime | None = None


def looked_before(patient: Patient, who: str, now: datetime) -> datetime | None:
    """Return when somebody, the patient or a carer by the name in the record, last opened the schedule before now."""
    opened = AuditEntry.objects.filter(patient=patient, actor=who, action__in=LOOKED, at__lt=now)
    return opened.order_by("-at").values_list("at", flat=True).first()


def changes_since(patient: Patient, since: datetime, now: datetime, *, zone: ZoneInfo | None = None) -> list[Changed]:
    """List what changed of visits to come since a moment, in order of their dates, by the clock of a zone or site."""
    rows = patient.sessions.filter(updated_at__gt=since, starts_at__gt=now, course__booked_at__lte=since)
    rows = rows.filter(status__in=(SessionStatus.BOOKED, SessionStatus.CANCELLED)).select_related("site")
    was: dict[int | None, datetime] = {}
    for entry in AuditEntry.objects.filter(patient=patient, action="session moved", at__gt=since).order_by("at", "pk"):
        start = entry.data["from"].get("start") or entry.data["from"].get("starts_at")
        was.setdefault(entry.session_id, datetime.fromisoformat(start))
    found = [_changed(row, was.get(row.pk), zone or row.site.zone) for row in rows.order_by("starts_at", "pk")]
    return [change for change in found if change]


def _changed(row: Session, was: datetime | None, clock: ZoneInfo) -> Changed | None:
    if row.status == SessionStatus.CANCELLED:
        return Changed(kind="cancelled", clock=clock, when=row.starts_at)
    if was is None:
        return Changed(kind="new", clock=clock, when=row.starts_at) if row.version == 0 else None
    return Changed(kind="moved", clock=clock, when=row.starts_at, was=was) if was != row.starts_at else None


def is_confirmed(visit: Visit) -> bool:
    """Tell whether the patient has said to come to a visit at the time that it has now."""
    return Confirmation.objects.filter(session__uid=visit.uid, starts_at=visit.starts_at).exists()


def follow_ups_to_choose(patient: Patient, now: datetime) -> list[tuple[Course, OpenFollowUp]]:
    """List the follow-ups that a patient may choose a date for now: the sessions are over, and the window is near."""
    found = []
    for course in patient.courses.select_related("protocol", "site").prefetch_related("sessions"):
        today = now.astimezone(course.site.zone).date()
        rows = list(course.sessions.all())
        main = (row for row in rows if row.status == SessionStatus.BOOKED and row.kind != FOLLOW_UP)
        if not any(row.ends_at > now for row in main):
            near = (item for item in open_follow_ups(course, rows) if item.first - CHOSEN_AHEAD <= today <= item.last)
            found += [(course, item) for item in near]
    return found
