"""The waiting list as the desk works through it: who waits how long, and what each has, or would get."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic.models import ApiClient, Referral, Site
from clinic.models.referrals import AuthorisationState, ReferralQuerySet, ReferralState

from .courses import FOLLOW_UP
from .plan_notes import PlanData, lacking
from .words import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Hold a plan in one line: when it begins, when it ends, how many sessions there are."""

    first: datetime
    last: date
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Hold a line of the waiting list; `held` is what is kept for this person until `until`."""

    referral: Referral
    days: int
    held: Outline | None = None
    until: datetime | None = None

    @property
    def step(self) -> str:
        """Name the one thing to do next."""
        if self.held:
            return "accept"
        return "authorise" if self.referral.authorisation == AuthorisationState.AWAITED else "propose"


def waiting_list(site: Site, now: datetime) -> tuple[Waiting, ...]:
    """Return who waits at a site, most urgent first and then longest, in one query."""
    rows = Referral.objects.open(now).filter(site=site).select_related("patient", "protocol", "proposal")
    return tuple(_line(row, site, now) for row in rows)


def referrals_of(client: ApiClient, now: datetime) -> ReferralQuerySet:
    """Return the referrals to a client's sites, each with its state."""
    rows = Referral.objects.standing(now).filter(site__in=client.sites.all())
    return rows.select_related("patient", "protocol", "site", "proposal")


def outline(data: PlanData, site: Site) -> Outline:
    """Tell a plan in one line; follow-ups are not counted."""
    main = [item for item in data["sessions"] if item["kind"] != FOLLOW_UP]
    starts = [datetime.fromisoformat(item["starts_at"]).astimezone(site.zone) for item in main]
    return Outline(first=min(starts), last=max(starts).date(), sessions=len(starts))


def why_not(data: PlanData | None, errors: Mapping[str, str], names: Mapping[str, str], site: Site) -> list[str]:
    """Say why somebody is given no times."""
    reasons: Iterable[Mapping[str, Any]] = lacking(data) if data else ()
    return [*errors.values(), *told(reasons, names, site)]


def _line(row: Any, site: Site, now: datetime) -> Waiting:
    days = (now.astimezone(site.zone).date() - row.created_at.astimezone(site.zone).date()).days
    if row.state != ReferralState.OFFERED:
        return Waiting(referral=row, days=days)
    return Waiting(referral=row, days=days, held=outline(row.proposal.plans[0], site), until=row.proposal.expires_at)
