"""Planning everybody who waits at a site together, within the time that a page may take."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic
from typing import Any

import scheduler
from clinic import planning
from clinic.models import Referral, Site
from clinic.models.referrals import AuthorisationState, ReferralState
from scheduler import CourseRequest, Plan

SECONDS = 0.6  # for looking for more; reading and explaining take the rest of two seconds
STEPS = 200
MOST = 12  # people who are planned in one go: those of high priority, and those who have waited longest


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Hold what a person who waits would get: a plan, or what is wrong with the request by now."""

    referral: Referral
    request: Mapping[str, Any]
    plan: Plan | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """Tell whether the whole course has its places."""
        return self.plan is not None and self.plan.is_complete

    @property
    def data(self) -> dict[str, Any] | None:
        """Return the plan as data."""
        return None if self.plan is None else planning.plan_data(self.plan)


def planned(*, site: Site, now: datetime, only: Collection[Any] | None = None) -> list[Place]:
    """Plan those who wait and whom nothing hinders, most urgent first, at most MOST of them."""
    today = now.astimezone(site.zone).date()
    rows = Referral.objects.open(now).in_state(ReferralState.WAITING).filter(site=site)
    rows = rows.exclude(authorisation=AuthorisationState.AWAITED)
    rows = rows.select_related("patient__site", "protocol")
    if only is not None:
        rows = rows.filter(uid__in=only)
    asked = [_asked(row, site, today) for row in rows[:MOST]]
    readable = [(place, value) for place, value in asked if value is not None]
    plans = iter(_plans(readable, site, now))
    return [
        place if value is None else Place(referral=place.referral, request=place.request, plan=next(plans))
        for place, value in asked
    ]


def read_request(referral: Referral, site: Site, today: date) -> tuple[dict[str, Any], CourseRequest]:
    """Return what a referral asks for from today on.

    Raises InvalidRequest when that cannot be any more.
    """
    data = dict(referral.request)
    data["earliest_date"] = max(str(data["earliest_date"]), today.isoformat())
    return data, planning.request_value(data, patient=referral.patient, protocol=referral.protocol, site=site)


def _asked(referral: Referral, site: Site, today: date) -> tuple[Place, CourseRequest | None]:
    try:
        data, value = read_request(referral, site, today)
    except planning.InvalidRequest as wrong:
        return Place(referral=referral, request=referral.request, errors=wrong.errors), None
    return Place(referral=referral, request=data), value


def _plans(asked: Iterable[tuple[Place, CourseRequest]], site: Site, now: datetime) -> tuple[Plan, ...]:
    asked = list(asked)
    if not asked:
        return ()
    until = monotonic() + SECONDS
    spans = [planning.horizon(value) for _, value in asked]
    clinic, diary = planning.load(
        site=site,
        first=min(first for first, _ in spans),
        last=max(last for _, last in spans),
        now=now,
        patients=[place.referral.patient_id for place, _ in asked],
        past_is_taken=True,
    )
    referrals = [
        scheduler.Referral(
            request=value,
            priority=place.referral.priority,
            waited_days=max((now - place.referral.created_at).days, 0),
        )
        for place, value in asked
    ]
    return scheduler.admit(referrals, clinic, diary, steps=STEPS, left=lambda: until - monotonic()).plans
