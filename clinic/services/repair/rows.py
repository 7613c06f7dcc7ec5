"""Writing the sessions of a way: who stays keeps the row, who is new gets one, and numbers go on."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any

from clinic import planning
from clinic.models import Session
from clinic.models.courses import SessionStatus
from clinic.planning import FREES_ITS_PLACE
from clinic.services import occupancy
from clinic.services.disruption import places
from scheduler import Session as SessionValue
from scheduler import VisitKind

from .rules import TO_COME
from .ways import Running, Way

FOLLOW_UP = VisitKind.FOLLOW_UP.value


def kept(row: Session) -> dict[str, Any]:
    """Write down how a session stands, as data."""
    return {"pk": row.pk, "number": row.number, "status": row.status, **places.kept(row)}


def put(row: Session, data: dict[str, Any]) -> None:
    """Set a session to what was written down; nothing is saved."""
    row.number, row.status = data["number"], data["status"]
    places.put(row, data)


def written(way: Way, stands: Running, now: datetime) -> list[Session]:
    """Write the rest of a course, with its cells, and return every row that is new or changed."""
    waiting = {row.name: row for row in stands.rows if row.status in TO_COME and row.starts_at > now}
    pairs = [(waiting.pop(value.name, None), value) for value in way.plan.sessions]
    moved = [(row, value) for row, value in pairs if row and not _stands(row, value)]
    occupancy.free([*waiting.values(), *(row for row, _ in moved)])
    for row in waiting.values():
        row.status = SessionStatus.CANCELLED
        _save(row, now)
    new = [value for row, value in pairs if row is None]
    shifted = _make_way(stands, new, now)
    for row, value in moved:
        for name, column in planning.place_columns(value).items():
            setattr(row, name, column)
        row.kind, row.phase, row.assessments = value.kind.value, value.phase, list(value.assessments)
        _save(row, now)
    added = [_added(value, stands, now) for value in new]
    occupancy.take([*(row for row, _ in moved), *added])
    return list({row.pk: row for row in (*waiting.values(), *shifted, *(row for row, _ in moved), *added)}.values())


def _stands(row: Session, value: SessionValue) -> bool:
    """Tell whether a session stands already as it is planned."""
    columns = planning.session_columns(value)
    return all(getattr(row, name) == column for name, column in columns.items() if name not in ("number", "reasons"))


def _make_way(stands: Running, new: Iterable[SessionValue], now: datetime) -> list[Session]:
    """Let the follow-ups count on after the new sessions, whose numbers some of them bear."""
    numbers = {value.number for value in new if value.kind.value != FOLLOW_UP}
    standing = [row for row in stands.rows if row.status not in FREES_ITS_PLACE]
    behind = [row for row in standing if row.kind == FOLLOW_UP and row.number in numbers]
    free = count(max([row.number for row in stands.rows] + [*numbers], default=0) + 1)
    for row in behind:
        row.number = next(free)
        _save(row, now)
    return behind


def _added(value: SessionValue, stands: Running, now: datetime) -> Session:
    course = stands.course
    columns = planning.session_columns(value)
    if value.kind.value == FOLLOW_UP:
        taken = course.sessions.exclude(status__in=FREES_ITS_PLACE).values_list("number", flat=True)
        columns["number"] = max([*taken, *(row.number for row in stands.rows)], default=0) + 1
    return Session.objects.create(course=course, patient=course.patient, site=course.site, updated_at=now, **columns)


def _save(row: Session, now: datetime) -> None:
    row.version += 1
    row.updated_at = now
    row.save()
