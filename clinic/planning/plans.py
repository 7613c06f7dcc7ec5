"""Plans as data that a row or an API can keep, and back. Instants are written in UTC."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scheduler import Interval, Plan, Reason, Score, Session, Unplaced, VisitKind

# What the dates and instants in a reason's data are called, so that they come back as such.
DATES = {"date", "due_date", "earliest_date", "first_date", "last_date", "latest_date", "needed_date", "week_start"}
INSTANTS = {"until"}


def plan_data(plan: Plan) -> dict[str, Any]:
    """Write a plan as data."""
    return {
        "kind": plan.kind,
        "timezone": plan.timezone,
        "is_optimal": plan.is_optimal,
        "score": dict(plan.score.points),
        "notes": reasons_data(plan.notes),
        "sessions": [_session_data(session) for session in plan.sessions],
        "unplaced": [
            {
                "first_number": item.first_number,
                "count": item.count,
                "kind": item.kind.value,
                "reasons": reasons_data(item.reasons),
            }
            for item in plan.unplaced
        ],
    }


def plan_value(data: Mapping[str, Any], *, patient: str = "", course: str = "") -> Plan:
    """Read a plan that `plan_data` wrote; its sessions are those of the given patient and course."""
    return Plan(
        kind=data["kind"],
        timezone=data["timezone"],
        is_optimal=data["is_optimal"],
        score=Score(points=tuple(data["score"].items())),
        notes=reason_values(data["notes"]),
        sessions=tuple(_session_value(item, patient, course) for item in data["sessions"]),
        unplaced=tuple(
            Unplaced(
                first_number=item["first_number"],
                count=item["count"],
                kind=VisitKind(item["kind"]),
                reasons=reason_values(item["reasons"]),
            )
            for item in data["unplaced"]
        ),
    )


def reasons_data(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Write reasons as data: the code, and beside it what the reason is about."""
    return [{"code": reason.code} | {name: _plain(value) for name, value in reason} for reason in reasons]


def reason_values(items: Iterable[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """Read reasons that `reasons_data` wrote."""
    return tuple(
        Reason.of(item["code"], **{name: _typed(name, value) for name, value in item.items() if name != "code"})
        for item in items
    )


def _session_data(session: Session) -> dict[str, Any]:
    needed = session.prescriber_when or session.when if session.prescriber else None
    return {
        "number": session.number,
        "kind": session.kind.value,
        "phase": session.phase,
        "starts_at": session.when.start.isoformat(),
        "ends_at": session.when.end.isoformat(),
        "chair_until": (session.when.end + timedelta(minutes=session.turnaround_minutes)).isoformat(),
        "site": session.site,
        "chair": session.chair,
        "technician": session.technician,
        "lane": session.lane,
        "prescriber": session.prescriber,
        "prescriber_from": needed.start.isoformat() if needed else None,
        "prescriber_until": needed.end.isoformat() if needed else None,
        "assessments": list(session.assessments),
        "reasons": reasons_data(session.reasons),
    }


def _session_value(data: Mapping[str, Any], patient: str, course: str) -> Session:
    when = Interval(datetime.fromisoformat(data["starts_at"]), datetime.fromisoformat(data["ends_at"]))
    chair_until = datetime.fromisoformat(data["chair_until"])
    needed = None
    if data["prescriber_from"]:
        needed = Interval(
            datetime.fromisoformat(data["prescriber_from"]), datetime.fromisoformat(data["prescriber_until"])
        )
    return Session(
        number=data["number"],
        when=when,
        kind=VisitKind(data["kind"]),
        phase=data["phase"],
        site=data["site"],
        chair=data["chair"],
        technician=data["technician"],
        lane=data["lane"],
        prescriber=data["prescriber"],
        prescriber_when=needed,
        turnaround_minutes=int((chair_until - when.end).total_seconds()) // 60,
        patient=patient,
        course=course,
        assessments=tuple(data["assessments"]),
        reasons=reason_values(data["reasons"]),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _typed(name: str, value: Any) -> Any:
    if name in DATES and isinstance(value, str):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if name in INSTANTS and isinstance(value, str) else value
