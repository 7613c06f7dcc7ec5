"""A proposal as a person judges it: three plans side by side, each with its weeks, its facts and what is worth knowing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from clinic.messages import sentence
from clinic.models import Chair, Patient, Prescriber, Proposal, Site, Technician, User
from clinic.planning import site_id

from .courses import FOLLOW_UP, chairs_in, minute_of, usual_minute, with_usual
from .remedies import Remedy, remedy, warns
from .weeks import Visit, Week, closed_dates, weeks_of

TITLES = {"steadiest": "Steadiest", "soonest": "Starts sooner", "quiet-hour": "Quiet hour", "quiet hour": "Quiet hour"}
MOST_UNUSUAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Hold one sentence about a plan and the one thing to do about it."""

    text: str
    is_warning: bool = False
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCard:
    """Hold one plan: what it is best at, its weeks, and what is unusual about it."""

    letter: str
    position: int
    kind: str
    title: str
    visits: tuple[Visit, ...]
    follow_ups: tuple[Visit, ...]
    weeks: tuple[Week, ...]
    usual_time: str
    facts: tuple[str, ...]
    notes: tuple[Note, ...]

    @property
    def first(self) -> Visit:
        """Return the first session."""
        return self.visits[0]

    @property
    def last(self) -> Visit:
        """Return the last session that is not a follow-up."""
        return self.visits[-1]

    @property
    def steady(self) -> int:
        """Return how many sessions are at the usual time."""
        return sum(visit.steadiness == "same" for visit in self.visits)

    @property
    def near(self) -> int:
        """Return how many are close to it."""
        return sum(visit.steadiness == "near" for visit in self.visits)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """Hold what the page shows of a proposal: its plans, or why there is none and what would help."""

    proposal: Proposal
    plans: tuple[PlanCard, ...]
    refusals: tuple[Note, ...]
    fixed: tuple[tuple[str, datetime], ...]
    skipped: tuple[date, ...]


def proposal_view(proposal: Proposal) -> ProposalView:
    """Show a proposal, in a fixed number of queries."""
    site, names = proposal.site, names_at(proposal.site)
    plans = [data for data in proposal.plans if data["sessions"]]
    closed = _closed(site, plans)
    cards = [_card(number, data, proposal, names, closed) for number, data in enumerate(plans)]
    lacking = [reason for data in proposal.plans if not data["sessions"] for reason in _lacking(data)]
    fixed = tuple((item["start"], _local(item["start"], site)) for item in proposal.request.get("fixed") or ())
    return ProposalView(
        proposal=proposal,
        plans=tuple(_compared(cards)),
        refusals=tuple(_note(reason, "", names, site) for reason in lacking),
        fixed=fixed,
        skipped=tuple(sorted(date.fromisoformat(day) for day in proposal.request.get("skipped") or ())),
    )


def names_at(site: Site) -> dict[str, str]:
    """Return what the chairs and people of a site are called, by the id that plans use."""
    names = {site_id(site.pk): site.name}
    people = {"shifts__site": site}
    for rows in (
        Chair.objects.filter(site=site),
        Technician.objects.filter(**people).distinct(),
        Prescriber.objects.filter(**people).distinct(),
    ):
        names |= {str(pk): name for pk, name in rows.order_by().values_list("pk", "name")}
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Hold the chairs and technicians that a patient may prefer, by public id."""

    chairs: tuple[tuple[str, str], ...]
    technicians: tuple[tuple[str, str], ...]


def places_at(site: Site) -> Places:
    """Return the chairs and technicians of a site."""
    chairs = Chair.objects.filter(site=site, is_active=True)
    technicians = Technician.objects.filter(shifts__site=site, is_active=True).distinct()
    lists = (tuple((str(uid), name) for uid, name in rows.values_list("uid", "name")) for rows in (chairs, technicians))
    return Places(chairs=next(lists), technicians=next(lists))


def open_proposal(patient: Patient, user: User, now: datetime) -> Proposal | None:
    """Return the proposal that a person made last for a patient and has not decided on."""
    mine = Proposal.objects.filter(patient=patient, created_by=user, is_kept=False, course=None, expires_at__gt=now)
    return mine.order_by("-created_at").first()


def planned_visits(data: Mapping[str, Any], proposal: Proposal, names: Mapping[str, str]) -> list[Visit]:
    """Read the sessions of a plan as a calendar shows them, with how far each is from the usual time."""
    site = proposal.site
    fixed = {datetime.fromisoformat(item["start"]) for item in proposal.request.get("fixed") or ()}
    visits = [
        Visit(
            number=item["number"],
            kind=item["kind"],
            starts_at=_local(item["starts_at"], site),
            ends_at=_local(item["ends_at"], site),
            chair=names.get(item["chair"] or "", ""),
            technician=names.get(item["technician"] or "", ""),
            prescriber=names.get(item["prescriber"] or "", ""),
            is_fixed=datetime.fromisoformat(item["starts_at"]) in fixed,
            key=str(item["number"]),
            assessments=tuple(item["assessments"]),
        )
        for item in data["sessions"]
    ]
    usual = usual_minute(visits)
    return [_off_usual(visit, usual, visits) for visit in visits]


def _off_usual(visit: Visit, usual: int | None, visits: Sequence[Visit]) -> Visit:
    """Measure only the first session of a day; those that follow it keep their distance by rule."""
    is_first = not any(other.starts_at.date() == visit.starts_at.date() and other.number < visit.number for other in visits)
    return with_usual(visit, usual) if is_first and visit.kind != FOLLOW_UP else replace(visit, minutes_off=0)


def _card(
    position: int, data: Mapping[str, Any], proposal: Proposal, names: Mapping[str, str], closed: Mapping[date, str]
) -> PlanCard:
    letter, site = "abc"[position], proposal.site
    visits = planned_visits(data, proposal, names)
    main = [visit for visit in visits if visit.kind != FOLLOW_UP]
    usual = usual_minute(visits)
    return PlanCard(
        letter=letter,
        position=position,
        kind=data["kind"],
        title=TITLES.get(data["kind"], data["kind"].replace("-", " ").capitalize()),
        visits=tuple(main),
        follow_ups=tuple(visit for visit in visits if visit.kind == FOLLOW_UP),
        weeks=weeks_of(main, site=site, closed=closed, marks=_marks(proposal.request)),
        usual_time="" if usual is None else f"{usual // 60:02d}:{usual % 60:02d}",
        facts=tuple(_facts(data, main)),
        notes=tuple(_notes(data, main, letter, names, site)),
    )


def _facts(data: Mapping[str, Any], visits: Sequence[Visit]) -> Iterable[str]:
    counted = chairs_in(visits).most_common(3)
    if len(counted) == 1:
        yield f"{counted[0][0]} for all {len(visits)}"
    elif counted:
        yield ", ".join(f"{name} for {count}" for name, count in counted)
    for reason in data["notes"]:
        if reason["code"] == "authorisation-slack":
            days = reason.get("working_days")
            yield f"{days} working day{'' if days == 1 else 's'} spare"


def _compared(cards: list[PlanCard]) -> list[PlanCard]:
    """Say how many days sooner a plan starts and ends than the first one."""
    if not cards:
        return []
    best = cards[0]
    said = [best]
    for card in cards[1:]:
        start, end = ((getattr(best, name).starts_at.date() - getattr(card, name).starts_at.date()).days for name in ("first", "last"))
        facts = [_sooner("Starts", start), _sooner("Ends", end)]
        said.append(replace(card, facts=(*card.facts, *(fact for fact in facts if fact))))
    return said


def _sooner(verb: str, days: int) -> str:
    if days == 0:
        return ""
    return f"{verb} {abs(days)} day{'' if abs(days) == 1 else 's'} {'sooner' if days > 0 else 'later'}"


def _notes(
    data: Mapping[str, Any], visits: Sequence[Visit], letter: str, names: Mapping[str, str], site: Site
) -> Iterable[Note]:
    for reason in data["notes"]:
        yield _note(reason, letter, names, site)
    unusual = [visit for visit in visits if visit.minutes_off]
    by_number = {item["number"]: item["reasons"] for item in data["sessions"]}
    for visit in sorted(unusual, key=lambda visit: -abs(visit.minutes_off))[:MOST_UNUSUAL]:
        why = " ".join(told(by_number[visit.number], names, site))
        text = f"Session {visit.number}, {visit.starts_at:%a} {visit.starts_at.day} {visit.starts_at:%b}, is at {visit.starts_at:%H:%M}. {why}"
        yield Note(text=text.strip(), remedy=Remedy(label="Change", anchor=f"{letter}-{visit.starts_at:%Y-%m-%d}"))
    for item in data["unplaced"]:
        for reason in item["reasons"]:
            yield _note(reason, letter, names, site)


def _note(reason: Mapping[str, Any], letter: str, names: Mapping[str, str], site: Site) -> Note:
    return Note(text=told([reason], names, site)[0], is_warning=warns(reason), remedy=remedy(reason, letter))


def told(reasons: Iterable[Mapping[str, Any]], names: Mapping[str, str], site: Site) -> list[str]:
    """Write reasons as sentences, each once."""
    return list(dict.fromkeys(sentence(dict(reason), names, site.zone) for reason in reasons))


def _lacking(data: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Yield why nothing fits, each reason once."""
    seen: list[Any] = []
    for item in data["unplaced"]:
        for reason in item["reasons"]:
            if reason not in seen:
                seen.append(reason)
                yield reason


def _marks(request: Mapping[str, Any]) -> dict[date, tuple[str, str]]:
    """Name the dates that the request itself keeps free, and the end of the authorisation."""
    marks = {date.fromisoformat(day): ("away", "Away") for day in request.get("away") or ()}
    marks |= {date.fromisoformat(day): ("skipped", "Skipped") for day in request.get("skipped") or ()}
    if allowed := request.get("authorisation"):
        marks[date.fromisoformat(allowed["last_date"])] = ("limit", "Authorised until")
    return marks


def _closed(site: Site, plans: Sequence[Mapping[str, Any]]) -> dict[date, str]:
    days = [_local(item["starts_at"], site).date() for data in plans for item in data["sessions"]]
    return closed_dates(site, min(days), max(days)) if days else {}


def _local(text: str, site: Site) -> datetime:
    return datetime.fromisoformat(text).astimezone(site.zone)
