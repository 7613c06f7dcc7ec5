"""Where a session stands, as a change of a replan keeps it, so that undoing it restores the row exactly."""

from collections.abc import Iterator
from copy import copy
from datetime import datetime
from typing import Any

from clinic import planning
from clinic.models import Replan, Session
from clinic.models.disruptions import ChangeState
from scheduler import Session as SessionValue

INSTANTS = ("starts_at", "ends_at", "chair_until", "prescriber_from", "prescriber_until")
PLACE = (*("chair_id", "technician_id", "lane", "prescriber_id"), *INSTANTS)
COLUMNS = ("kind", "phase", "assessments", "reasons", *PLACE)


def kept(row: Session) -> dict[str, Any]:
    """Write down where a session stands, and as what."""
    return {name: _plain(getattr(row, name)) for name in COLUMNS}


def planned(value: SessionValue) -> dict[str, Any]:
    """Write down where a planned session is to stand, and as what."""
    columns = planning.session_columns(value)
    return {name: _plain(columns[name]) for name in COLUMNS}


def stood(row: Session, place: dict[str, Any]) -> Session:
    """Return a copy of a session as it stands at a place that was written down; nothing is saved."""
    moved = copy(row)
    put(moved, place)
    return moved


def put(row: Session, place: dict[str, Any]) -> None:
    """Set the columns of a session to a place that was written down; nothing is saved."""
    for name in COLUMNS:
        value = place[name]
        setattr(row, name, datetime.fromisoformat(value) if name in INSTANTS and value else value)


def waiting(replan: Replan) -> Iterator[SessionValue]:
    """Yield the sessions that a replan would move, where they would stand."""
    for change in replan.changes.filter(state=ChangeState.PROPOSED).select_related("session"):
        yield planning.session_value(stood(change.session, change.becomes))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
