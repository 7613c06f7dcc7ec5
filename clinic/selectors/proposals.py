"""A proposal as a person judges it: three plans side by side, each with its weeks, its facts and its notes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Chair, Patient, Proposal, Site, Technician, User

from .courses import FOLLOW_UP, usual_minute, with_usual
from .plan_notes import Note, PlanData, compared, facts_of, lacking, note_of, notes_of
from .weeks import Visit, Week, closed_dates, weeks_of
from .words import names_at
from .written import minute_of_day

LETTERS = "abc"
TITLES = {"steadiest": gettext_lazy("Steadiest"), "soonest": gettext_lazy("Starts sooner")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCard:
    """Hold one plan: what it is best at, its weeks, and what is unusual about it."""

    letter: str
    position: int
    kind: str
    visits: tuple[Visit, ...]
    follow_ups: tuple[Visit, ...]
    weeks: tuple[Week, ...]
    usual_time: str
    facts: tuple[str, ...]
    notes: tuple[Note, ...]

    @property
    def title(self) -> str:
        """Return what the plan is best at."""
        return str(TITLES.get(self.kind, self.kind.replace("-", " ").capitalize()))

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
    empty = [data for data in proposal.plans if not data["sessions"]]
    fixed = tuple((item["start"], _local(item["start"], site)) for item in proposal.request.get("fixed") or ())
    return ProposalView(
        proposal=proposal,
        plans=tuple(_beside(cards[0], card) for card in cards),
        refusals=tuple(note_of(reason, names, site) for data in empty for reason in lacking(data)),
        fixed=fixed,
        skipped=tuple(sorted(date.fromisoformat(day) for day in proposal.request.get("skipped") or ())),
    )


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


def planned_visits(data: PlanData, proposal: Proposal, names: Mapping[str, str]) -> list[Visit]:
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
    return list(_measured(visits))


def _measured(visits: Sequence[Visit]) -> Iterable[Visit]:
    """Measure the first session of each day; those that follow it keep their distance by rule."""
    usual, dates = usual_minute(visits), set()
    for visit in visits:
        is_first = visit.starts_at.date() not in dates
        dates.add(visit.starts_at.date())
        yield with_usual(visit, usual) if is_first and visit.kind != FOLLOW_UP else visit


def _card(
    position: int, data: PlanData, proposal: Proposal, names: Mapping[str, str], closed: Mapping[date, str]
) -> PlanCard:
    letter, site = LETTERS[position], proposal.site
    visits = planned_visits(data, proposal, names)
    main = [visit for visit in visits if visit.kind != FOLLOW_UP]
    usual = usual_minute(visits)
    return PlanCard(
        letter=letter,
        position=position,
        kind=data["kind"],
        visits=tuple(main),
        follow_ups=tuple(visit for visit in visits if visit.kind == FOLLOW_UP),
        weeks=weeks_of(main, site=site, closed=closed, marks=_marks(proposal.request)),
        usual_time="" if usual is None else minute_of_day(usual),
        facts=tuple(facts_of(data, main)),
        notes=tuple(notes_of(data, main, letter, names, site)),
    )


def _beside(best: PlanCard, card: PlanCard) -> PlanCard:
    return replace(card, facts=(*card.facts, *compared(best.visits, card.visits)))


def _marks(request: Mapping[str, Any]) -> dict[date, tuple[str, str]]:
    """Name the dates that the request itself keeps free, and the end of the authorisation."""
    marks = {date.fromisoformat(day): ("away", _("Away")) for day in request.get("away") or ()}
    marks |= {date.fromisoformat(day): ("skipped", _("Skipped")) for day in request.get("skipped") or ()}
    if allowed := request.get("authorisation"):
        marks[date.fromisoformat(allowed["last_date"])] = ("limit", _("Authorised until"))
    return marks


def _closed(site: Site, plans: Sequence[PlanData]) -> dict[date, str]:
    days = [_local(item["starts_at"], site).date() for data in plans for item in data["sessions"]]
    return closed_dates(site, min(days), max(days)) if days else {}


def _local(text: str, site: Site) -> datetime:
    return datetime.fromisoformat(text).astimezone(site.zone)
