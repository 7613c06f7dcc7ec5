"""What is asked of a running course now, as far as it can be asked differently."""

from dataclasses import dataclass
from datetime import date

from clinic import planning
from clinic.models import Course
from clinic.models.courses import SessionStatus

BEGUN = (SessionStatus.ARRIVED, SessionStatus.CHECKED_IN, SessionStatus.FULFILLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Hold what is asked of a course; `over` are days away that have passed, and `phases` those that may be left out.

    None of `per_week` is the pace of the protocol, and an empty text of hours any time.
    """

    hours: str
    away: tuple[date, ...]
    over: tuple[date, ...]
    latest: date | None
    per_week: int | None
    without: tuple[str, ...]
    phases: tuple[str, ...]


def asked_of(course: Course, today: date) -> Asked:
    """Read what is asked of a course; in one query."""
    request = course.request
    days = sorted({date.fromisoformat(day) for day in request.get("away") or ()})
    latest, pace = request.get("latest_date"), request.get("pace") or {}
    out = set(request.get("without") or ())
    planned = tuple(phase.name for phase in planning.protocol_value(course.protocol).planned_phases())
    return Asked(
        hours=" ".join((request.get("availability") or "").split()),
        away=tuple(day for day in days if day >= today),
        over=tuple(day for day in days if day < today),
        latest=date.fromisoformat(latest) if latest else None,
        per_week=pace.get("per_week"),
        without=tuple(name for name in planned if name in out),
        phases=_phases(course, planned, out),
    )


def _phases(course: Course, planned: tuple[str, ...], out: set[str]) -> tuple[str, ...]:
    """Return the phases that have not begun, and those that are left out already; a course is never without any."""
    begun = set(course.sessions.filter(status__in=BEGUN).values_list("phase", flat=True))
    found = tuple(name for name in planned if name in out or name not in begun)
    return found if len(planned) > 1 else ()
