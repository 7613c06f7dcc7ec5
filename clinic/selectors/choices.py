"""One session of a proposal: why it stands where it does, and where else it could stand that day."""

from dataclasses import dataclass, replace
from datetime import datetime

from clinic import planning
from clinic.models import Chair, Proposal
from scheduler import Openings, Session

from .proposals import planned_visits
from .weeks import Visit
from .words import names_at, told

MOST_ALTERNATIVES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Hold another time of the same day; `value` is what the form's button sends to fix the session there."""

    starts_at: datetime
    chair: str
    minutes_off: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Hold what can be done with one session of a plan."""

    visit: Visit
    reasons: tuple[str, ...]
    keep: str
    alternatives: tuple[Alternative, ...]


def choice(proposal: Proposal, position: int, number: int, now: datetime) -> Choice | None:
    """Return one session of a proposal's plan with its alternatives; None when there is no such session."""
    plans = [data for data in proposal.plans if data["sessions"]]
    if position >= len(plans):
        return None
    data, site = plans[position], proposal.site
    item = next((item for item in data["sessions"] if item["number"] == number), None)
    if item is None:
        return None
    names = names_at(site)
    visit = next(visit for visit in planned_visits(data, proposal, names) if visit.number == number)
    places = _openings(proposal, data, number, now)
    chairs = dict(Chair.objects.filter(site=site).values_list("pk", "uid"))
    return Choice(
        visit=visit,
        reasons=tuple(told(item["reasons"], names, site)),
        keep=_value(item["starts_at"], chairs.get(int(item["chair"] or 0)), ""),
        alternatives=tuple(
            Alternative(
                starts_at=place.when.start.astimezone(site.zone),
                chair=names.get(place.chair or "", ""),
                minutes_off=int((place.when.start - visit.starts_at).total_seconds()) // 60,
                value=_value(place.when.start.isoformat(), chairs.get(int(place.chair or 0)), item["starts_at"]),
            )
            for place in places
        ),
    )


def _openings(proposal: Proposal, data: dict, number: int, now: datetime) -> tuple[Session, ...]:
    site = proposal.site
    plan = planning.plan_value(data, patient=str(proposal.patient_id))
    own = next(session for session in plan.sessions if session.number == number)
    days = [session.when.start.astimezone(site.zone).date() for session in plan.sessions]
    clinic, diary = planning.load(site=site, first=min(days), last=max(days), now=now, patient=proposal.patient)
    request = planning.request_value(proposal.request, patient=proposal.patient, protocol=proposal.protocol, site=site)
    others = [session for session in plan.sessions if session is not own]
    day = own.when.start.astimezone(site.zone).date()
    # What is fixed may move with its own button, and the other sessions stay as they are.
    search = Openings(own, replace(request, fixed=()), clinic, diary, others)
    return search.search(day, day, not_before=now, limit=MOST_ALTERNATIVES)


def _value(start: str, chair: object, before: str) -> str:
    return f"fix:{start}|{chair or ''}|{before}"
