"""Session rows as the scheduler's values, and where a value stands as a row keeps it."""

from datetime import timedelta
from typing import Any

from clinic.models import Session as SessionRow
from scheduler import Interval, Session, VisitKind

from .ids import site_id
from .plans import reason_values, reasons_data


def session_value(row: SessionRow, *, course: str = "") -> Session:
    """Read a session; `course` is the id of its course in the request beside which it is judged."""
    when = Interval(row.starts_at, row.ends_at)
    needed = None
    if row.prescriber_from and row.prescriber_until:
        needed = Interval(row.prescriber_from, row.prescriber_until)
    return Session(
        number=row.number,
        when=when,
        kind=VisitKind(row.kind),
        phase=row.phase,
        site=site_id(row.site_id),
        chair=_text(row.chair_id),
        technician=_text(row.technician_id),
        lane=row.lane,
        prescriber=_text(row.prescriber_id),
        prescriber_when=needed,
        turnaround_minutes=int((row.chair_until - row.ends_at).total_seconds()) // 60,
        patient=str(row.patient_id),
        course=course,
        status=row.status,
        assessments=tuple(row.assessments),
        reasons=reason_values(row.reasons),
    )


def session_columns(value: Session) -> dict[str, Any]:
    """Return what a row keeps of a session that is planned."""
    return {
        "number": value.number,
        "kind": value.kind.value,
        "phase": value.phase,
        "assessments": list(value.assessments),
        **place_columns(value),
    }


def place_columns(value: Session) -> dict[str, Any]:
    """Return what a row keeps of where and when a session stands, and why there."""
    needed = value.prescriber_when or value.when if value.prescriber else None
    return {
        "chair_id": _key(value.chair),
        "technician_id": _key(value.technician),
        "lane": value.lane,
        "prescriber_id": _key(value.prescriber),
        "starts_at": value.when.start,
        "ends_at": value.when.end,
        "chair_until": value.when.end + timedelta(minutes=value.turnaround_minutes),
        "prescriber_from": needed.start if needed else None,
        "prescriber_until": needed.end if needed else None,
        "reasons": reasons_data(value.reasons),
    }


def _text(key: int | None) -> str | None:
    return None if key is None else str(key)


def _key(id: str | None) -> int | None:
    return None if id is None else int(id)
