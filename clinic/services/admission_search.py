"""Planning the waiting list in the background: an answer at once, and a better one while a worker looks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.db.models import F, Q

from clinic import planning
from clinic.models import Admission, Referral, Site
from clinic.models.referrals import ReferralState
from clinic.services import audit, leases

from .admission import Place, gather, still_free

SLICE_SECONDS = 10
OPEN_FOR = timedelta(hours=2)
FORGOTTEN_AFTER = timedelta(days=2)
WORKER = audit.Actor.of_command("work")


def start(*, site: Site, by: audit.Actor, now: datetime) -> Admission:
    """Plan who waits as far as there is time at once, and let a worker go on; nothing is held."""
    intake = gather(site=site, now=now)
    places = intake.at_once()
    Admission.objects.filter(site=site, expires_at__lt=now - FORGOTTEN_AFTER).delete()
    Admission.objects.filter(site=site, applied_at=None).update(search_seconds=0)
    admission = Admission.objects.create(
        site=site,
        answer=_written(places),
        worth=worth_of(places),
        seen=intake.seen,
        search_seconds=settings.ADMISSION_SEARCH_SECONDS if places else 0,
        created_by=by.user,
        created_at=now,
        expires_at=now + OPEN_FOR,
    )
    data = {"admission": str(admission.uid), "people": len(places)}
    audit.record(by=by, now=now, action="waiting list planned", data=data)
    return admission


def improve_due(*, now: datetime, seconds: float = SLICE_SECONDS) -> bool:
    """Search for a better answer for one waiting list, for some seconds; return False when none is due.

    Whoever stops the search is heard within a second. What is shown is replaced only by an answer that is better.
    """
    searching = Admission.objects.filter(applied_at=None, expires_at__gt=now, searched_seconds__lt=F("search_seconds"))
    key = leases.take(searching.order_by("searched_seconds", "pk"), now=now)
    if key is None:
        return False
    admission = Admission.objects.select_related("site").get(pk=key)
    intake = gather(site=admission.site, now=now)
    places, is_proven = intake.together(seed=admission.searched_seconds, left=_watched(admission, seconds))
    _keep(admission, places, intake.seen, is_proven, now)
    spent = admission.search_seconds if is_proven else min(admission.searched_seconds + int(seconds), 32_000)
    Admission.objects.filter(pk=key).update(searched_seconds=spent, lease_until=None)
    return True


def stop_search(*, admission: Admission, by: audit.Actor, now: datetime) -> None:
    """Keep an answer as it is; nobody looks for a better one any more."""
    if Admission.objects.filter(pk=admission.pk, search_seconds__gt=0).update(search_seconds=0):
        audit.record(by=by, now=now, action="admission search stopped", data={"admission": str(admission.uid)})


def places_of(admission: Admission, now: datetime) -> list[Place]:
    """Read an answer; whoever does not wait any more is left out."""
    uids = [item["referral"] for item in admission.answer]
    rows = Referral.objects.standing(now).in_state(ReferralState.WAITING).filter(uid__in=uids)
    rows = rows.select_related("patient__site", "protocol")
    found = {str(row.uid): row for row in rows}
    return [_read(item, found[item["referral"]]) for item in admission.answer if item["referral"] in found]


def worth_of(places: Iterable[Place]) -> list[int]:
    """Return what of two answers the better one has more of: priority, people who were looked at, fewer points."""
    places = list(places)
    given = [place for place in places if place.fits]
    points = sum(place.plan.score.total for place in given if place.plan)
    return [sum(place.referral.priority for place in given), sum(place.is_planned for place in places), -points]


def _keep(admission: Admission, places: list[Place], seen: int, is_proven: bool, now: datetime) -> None:
    """Let an answer take the place of the one that is shown, if it is better than what still stands of that."""
    is_same = seen == admission.seen
    shown = [] if is_same else places_of(admission, now)
    standing = _standing(shown, admission.site, now)
    worth, old = worth_of(places), admission.worth if is_same else worth_of(standing)
    changes: dict[str, Any] = {}
    if worth > old:
        changes = {"answer": _written(places), "worth": worth, "is_proven": is_proven, "revision": F("revision") + 1}
    elif not is_same or (is_proven and worth[0] == old[0]):
        changes = {"worth": old, "is_proven": is_proven and worth[0] == old[0]}
        if standing != shown:
            changes |= {"answer": _written(standing), "revision": F("revision") + 1}
    if changes:
        stopped_or_held = Q(search_seconds=0) | ~Q(applied_at=None)
        Admission.objects.filter(pk=admission.pk).exclude(stopped_or_held).update(seen=seen, **changes)


def _standing(places: list[Place], site: Site, now: datetime) -> list[Place]:
    """Return places found for an older diary, without the plans that break a rule in the diary as it is now."""
    free = {place.referral.pk for place in still_free(places, site, now)}
    return [place if place.referral.pk in free or not place.fits else replace(place, plan=None) for place in places]


def _watched(admission: Admission, seconds: float) -> Callable[[], float]:
    """Return how many seconds are left, as the solver asks it: none as soon as somebody has stopped the search."""
    begun = asked = monotonic()
    row = Admission.objects.filter(pk=admission.pk)
    goes_on = True

    def left() -> float:
        nonlocal asked, goes_on
        if monotonic() - asked >= 1 and goes_on:
            asked = monotonic()
            so_far = admission.searched_seconds + int(asked - begun)
            goes_on = bool(row.filter(search_seconds__gt=0, applied_at=None).update(searched_seconds=so_far))
        return seconds - (monotonic() - begun) if goes_on else 0

    return left


def _written(places: Iterable[Place]) -> list[dict[str, Any]]:
    return [
        {
            "referral": str(place.referral.uid),
            "request": dict(place.request),
            "plan": place.data,
            "errors": dict(place.errors),
        }
        for place in places
    ]


def _read(item: Mapping[str, Any], referral: Referral) -> Place:
    plan = item["plan"] and planning.plan_value(item["plan"], patient=str(referral.patient_id))
    return Place(referral=referral, request=item["request"], plan=plan, errors=item["errors"])
