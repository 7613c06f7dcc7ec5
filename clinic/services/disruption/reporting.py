"""Saying what happened. The truth is saved first and always, whatever stands in the diary."""

from datetime import datetime

from clinic.models import Absence, Closure, Disruption, Replan, Site
from clinic.models.disruptions import DisruptionState
from clinic.selectors.disruptions import other_sites
from clinic.services import audit
from clinic.services.booking.lock import note_change, under_lock

from .happenings import Happening


def report(*, happening: Happening, by: audit.Actor, now: datetime) -> Disruption:
    """Save what happened; sessions that stand there are never a reason to refuse.

    Somebody who is absent is so everywhere: the sites where sessions need the same person get a disruption each.

    Raises Busy.
    """

    def save(locked: Site) -> Disruption:
        absence = happening.absence()
        if absence:
            absence.save()
        closures = Closure.objects.bulk_create(happening.closures())
        own = _noted(happening, locked, absence, by, now)
        own.closures.set(closures)
        for site in other_sites(absence, locked, now) if absence else ():
            _noted(happening, site, absence, by, now)
        return own

    return under_lock(happening.site, save)


def withdraw(*, disruption: Disruption, by: audit.Actor, now: datetime) -> Disruption:
    """Take back what was reported, because it is over or was a mistake. Sessions that were moved stay moved."""

    def take_back(locked: Site) -> Disruption:
        current = Disruption.objects.select_for_update().get(pk=disruption.pk)
        if current.state == DisruptionState.WITHDRAWN:
            return current
        ids = [current.pk]
        if current.absence:
            ids += Disruption.objects.filter(absence=current.absence).values_list("pk", flat=True)
            current.absence.delete()
        Closure.objects.filter(disruptions=current).delete()
        Disruption.objects.filter(pk__in=ids).update(state=DisruptionState.WITHDRAWN, updated_at=now)
        Replan.objects.filter(disruption__in=ids, expires_at__gt=now).update(expires_at=now, search_seconds=0)
        note_change(locked)
        audit.record(by=by, now=now, action="disruption withdrawn", data={"disruption": str(current.uid)})
        current.refresh_from_db()
        return current

    return under_lock(disruption.site, take_back)


def _noted(happening: Happening, site: Site, absence: Absence | None, by: audit.Actor, now: datetime) -> Disruption:
    disruption = Disruption.objects.create(
        site=site,
        kind=happening.kind,
        chair=happening.chair,
        absence=absence,
        starts_at=happening.starts_at,
        ends_at=happening.ends_at,
        opens=happening.opens,
        closes=happening.closes,
        cause=happening.cause,
        reported_by=by.user,
        reported_at=now,
        updated_at=now,
    )
    note_change(site)
    data = {"disruption": str(disruption.uid), "kind": happening.kind}
    audit.record(by=by, now=now, action="disruption reported", data=data, why=happening.cause)
    return disruption
