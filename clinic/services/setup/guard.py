"""No change of the set-up strands a booked session unseen: the rule book judges the diary before and after it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

import scheduler
from clinic import messages, planning
from clinic.models import Session, Site
from clinic.planning.clinics import clinic_value, shift_rows
from clinic.selectors.records import resources
from clinic.services.booking.lock import note_change, under_lock

from .errors import SessionsInTheWay, Stranded

Result = TypeVar("Result")
Broken = dict[tuple[int, str], scheduler.Reason]


def keeping_sessions(sites: Iterable[Site], work: Callable[[], Result], *, now: datetime) -> Result:
    """Do a piece of work under the lock of some sites, unless sessions to come would break rules that they keep now.

    Raises SessionsInTheWay, after which nothing has changed, and Busy.
    """
    ordered = sorted(set(sites), key=lambda site: site.pk)

    def judged() -> Result:
        before = {site.pk: _broken(site, now) for site in ordered}
        result = work()
        if stranded := [item for site in ordered for item in _stranded(site, before[site.pk], now)]:
            raise SessionsInTheWay(stranded)
        for site in ordered:
            note_change(site)
        return result

    return _locked(ordered, judged)


def sessions_to_come(site: Site, now: datetime) -> QuerySet[Session]:
    """Return the sessions at a site that take a place and are not over, in order of time."""
    rows = Session.objects.filter(site=site, ends_at__gt=now).exclude(status__in=planning.FREES_ITS_PLACE)
    return rows.order_by("starts_at", "pk")


def _locked(sites: list[Site], work: Callable[[], Result]) -> Result:
    """Take one lock after the other, always in the same order, so that nobody waits for each other."""
    if not sites:
        with transaction.atomic():
            return work()
    first, *others = sites
    return under_lock(first, lambda _: _locked(others, work))


def _broken(site: Site, now: datetime) -> Broken:
    """Return what the sessions to come break, by session and rule."""
    rows = list(sessions_to_come(site, now))
    if not rows:
        return {}
    fresh = Site.objects.get(pk=site.pk)
    first, last = (moment.astimezone(fresh.zone).date() for moment in (rows[0].starts_at, rows[-1].ends_at))
    within = scheduler.local_days(first, last, fresh.timezone)
    clinic = clinic_value(fresh, shift_rows(fresh), within, first, last)
    # Only places are judged, for which a course is no more than a name; so each session bears its own key there.
    found = scheduler.check([planning.session_value(row, course=str(row.pk)) for row in rows], clinic)
    return {(int(session.course), item.rule): item.reason for item in found for session in item.sessions}


def _stranded(site: Site, before: Broken, now: datetime) -> list[Stranded]:
    new: dict[int, scheduler.Reason] = {}
    for (pk, rule), reason in _broken(site, now).items():
        if (pk, rule) not in before:
            new.setdefault(pk, reason)
    if not new:
        return []
    names = {key: named.name for key, named in resources().items()}
    known = sessions_to_come(site, now).select_related("patient", "site", "technician")
    rows = [row for row in known if row.pk in new]
    sentences = planning.reasons_data([new[row.pk] for row in rows])
    return [
        Stranded(session=row, sentence=messages.sentence(reason, names, site.zone))
        for row, reason in zip(rows, sentences, strict=True)
    ]
