"""Planning the people who wait at a site: as many as a page has time for at once, or everybody together."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from time import monotonic
from typing import Any

import scheduler
from clinic import planning
from clinic.models import Referral, Site
from clinic.models.referrals import AuthorisationState, ReferralState
from scheduler import Clinic, CourseRequest, Diary, Plan

SECONDS = 0.8  # for planning in a request; reading, explaining and writing take the rest of two seconds
FEW = 12  # people for whom there is time within a request to look for a better answer together
AT_ONCE = 4  # people of a longer list who are planned together within a request
STEPS = 2_000
MOST = 50  # people who are planned in one go: those of high priority, and those who have waited longest


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Hold what a person who waits would get: a plan, or what is wrong with the request by now.

    Without either nobody has come to this person yet.
    """

    referral: Referral
    request: Mapping[str, Any]
    plan: Plan | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """Tell whether the whole course has its places."""
        return self.plan is not None and self.plan.is_complete

    @property
    def is_planned(self) -> bool:
        """Tell whether this person was looked at."""
        return self.plan is not None or bool(self.errors)

    @property
    def data(self) -> dict[str, Any] | None:
        """Return the plan as data."""
        return None if self.plan is None else planning.plan_data(self.plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Hold who waits and can be planned, most urgent first, and the site with its diary of version `seen`."""

    asked: tuple[tuple[Place, CourseRequest | None], ...]
    clinic: Clinic
    diary: Diary
    seen: int
    now: datetime

    def at_once(self) -> list[Place]:
        """Plan what a request has time for: a short list together, of a longer one a few people at a time,
        the most urgent first; the others are left for later.
        """
        until, diary, plans = monotonic() + SECONDS, self.diary, dict[int, Plan]()
        if len(self.asked) <= FEW:
            return self.together(seed=0, left=lambda: until - monotonic())[0]
        for few in _batches(self._readable()):
            for referral, plan in zip(few, self._admitted(few, diary, steps=0).plans, strict=True):
                plans[referral.pk] = plan
            diary = diary.plus(session for referral in few for session in plans[referral.pk].sessions)
            if monotonic() > until:
                break
        return self._places(plans)

    def together(self, *, seed: int, left: Callable[[], float]) -> tuple[list[Place], bool]:
        """Plan everybody together, as long as any seconds are left; tell also whether nobody could admit more."""
        everybody = list(self._readable())
        admission = self._admitted(everybody, self.diary, steps=STEPS, seed=seed, left=left)
        plans = {referral.pk: plan for referral, plan in zip(everybody, admission.plans, strict=True)}
        return self._places(plans), admission.gap == 0

    def _readable(self) -> Iterator[Referral]:
        return (place.referral for place, value in self.asked if value is not None)

    def _places(self, plans: Mapping[int, Plan]) -> list[Place]:
        return [replace(place, plan=plans.get(place.referral.pk)) for place, _ in self.asked]

    def _admitted(self, people: Collection[Referral], diary: Diary, **how: Any) -> scheduler.Admission:
        values = {place.referral.pk: value for place, value in self.asked if value is not None}
        referrals = [
            scheduler.Referral(
                request=values[row.pk], priority=row.priority, waited_days=max((self.now - row.created_at).days, 0)
            )
            for row in people
        ]
        return scheduler.admit(referrals, self.clinic, diary, **how)


def gather(*, site: Site, now: datetime, only: Collection[Any] | None = None) -> Intake:
    """Read who waits and is not hindered, at most MOST of them, and all that is taken at the site."""
    today = now.astimezone(site.zone).date()
    seen = Site.objects.values_list("diary_version", flat=True).get(pk=site.pk)
    rows = Referral.objects.open(now).in_state(ReferralState.WAITING).filter(site=site)
    rows = rows.exclude(authorisation=AuthorisationState.AWAITED).select_related("patient__site", "protocol")
    if only is not None:
        rows = rows.filter(uid__in=only)
    asked = tuple(_asked(row, site, today) for row in rows[:MOST])
    spans = [planning.horizon(value) for _, value in asked if value is not None]
    clinic, diary = planning.load(
        site=site,
        first=min((first for first, _ in spans), default=today),
        last=max((last for _, last in spans), default=today),
        now=now,
        patients=[place.referral.patient_id for place, _ in asked],
        past_is_taken=True,
    )
    return Intake(asked=asked, clinic=clinic, diary=diary, seen=seen, now=now)


def planned(*, site: Site, now: datetime, only: Collection[Any] | None = None) -> list[Place]:
    """Plan those who wait and whom nothing hinders, as far as there is time within a request."""
    return gather(site=site, now=now, only=only).at_once()


def still_free(places: Iterable[Place], site: Site, now: datetime) -> list[Place]:
    """Return those of some planned places that break no rule in the diary as it is now, each beside those before."""
    planned_for = [(place, place.plan.sessions) for place in places if place.plan and place.plan.sessions]
    days = [session.when.start.astimezone(site.zone).date() for _, sessions in planned_for for session in sessions]
    if not days:
        return []
    patients = [place.referral.patient_id for place, _ in planned_for]
    clinic, diary = planning.load(
        site=site, first=min(days), last=max(days), now=now, patients=patients, past_is_taken=True
    )
    free = []
    for place, sessions in planned_for:
        person, protocol = place.referral.patient, place.referral.protocol
        try:
            value = planning.request_value(place.request, patient=person, protocol=protocol, site=site)
        except planning.InvalidRequest:
            continue
        if not scheduler.check(sessions, clinic, [value], diary):
            diary = diary.plus(sessions)
            free.append(place)
    return free


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


def _batches(people: Iterator[Referral]) -> Iterator[list[Referral]]:
    while few := list(islice(people, AT_ONCE)):
        yield few
