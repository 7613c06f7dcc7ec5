"""How soon a course could begin."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import scheduler
from clinic import planning
from clinic.models import Patient, Protocol, Site
from scheduler import Plan, VisitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Hold an offer to begin a course: what it is best at, its plan as data, and its sessions on the site's clock."""

    kind: str
    days_later: int
    plan: dict[str, Any]
    starts: tuple[datetime, ...]

    @property
    def first(self) -> datetime:
        """Return when the course begins."""
        return self.starts[0]

    @property
    def last(self) -> datetime:
        """Return when its last session before the follow-ups is."""
        return self.starts[-1]

    @property
    def usual(self) -> tuple[time, int]:
        """Return the most frequent time of day, and how many sessions are at it."""
        return Counter(start.time() for start in self.starts).most_common(1)[0]

    @property
    def key(self) -> str:
        """Return what a form sends to hold just these times."""
        return " ".join(session["starts_at"] for session in self.plan["sessions"] if not is_follow_up(session))


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Hold the offers, the soonest first; without any, the reasons why there is none."""

    offers: tuple[Start, ...]
    reasons: tuple[dict[str, Any], ...] = ()


def earliest_starts(
    *, protocol: Protocol, site: Site, request: dict[str, Any], now: datetime, patient: Patient | None = None
) -> Starts:
    """Return when a course could begin: soonest, at the wished time, at a quiet hour. Nothing is written or held.

    Raises InvalidRequest.
    """
    today = now.astimezone(site.zone).date()
    somebody = patient or Patient(site=site)
    wanted = planning.request_value(request, patient=somebody, protocol=protocol, site=site, today=today)
    first, last = planning.horizon(wanted)
    clinic, diary = planning.load(site=site, first=first, last=last, now=now, patient=patient, past_is_taken=True)
    found = scheduler.quotes(wanted, clinic, diary)
    if found:
        return Starts(offers=tuple(_start(quote.kind, quote.days_later, quote.plan, site) for quote in found))
    (refused, *_) = scheduler.plan_course(wanted, clinic, diary)
    return Starts(offers=(), reasons=tuple(planning.reasons_data(r for item in refused.unplaced for r in item.reasons)))


def is_follow_up(session: dict[str, Any]) -> bool:
    """Tell whether a planned session comes after the course itself."""
    return bool(session["kind"] == VisitKind.FOLLOW_UP.value)


def _start(kind: str, days_later: int, plan: Plan, site: Site) -> Start:
    main = (session for session in plan.sessions if session.kind is not VisitKind.FOLLOW_UP)
    return Start(
        kind=kind,
        days_later=days_later,
        plan=planning.plan_data(plan),
        starts=tuple(session.when.start.astimezone(site.zone) for session in main),
    )
