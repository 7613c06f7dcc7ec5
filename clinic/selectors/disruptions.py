"""Which booked sessions cannot take place because of something that happened."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from clinic.models import Absence, Closure, Disruption, Session, Site
from clinic.models.courses import SessionStatus

# Whoever has arrived, or sits in the chair, keeps the place.
TO_COME = (SessionStatus.PROPOSED, SessionStatus.BOOKED)


def affected(disruption: Disruption, now: datetime) -> list[Session]:
    """List every session that still stands where it cannot take place."""
    closures = list(disruption.closures.all())
    return hit(site=disruption.site, closures=closures, absence=disruption.absence, now=now)


def hit(*, site: Site, closures: Iterable[Closure], absence: Absence | None, now: datetime) -> list[Session]:
    """List the sessions at a site that fall into closures or an absence, in order of time."""
    spans = [(closure.starts_at, closure.ends_at, closure.chair_id) for closure in closures]
    during = Q(pk__in=())
    if spans:
        during |= Q(starts_at__lt=max(end for _, end, _ in spans), ends_at__gt=min(start for start, _, _ in spans))
    if absence:
        during |= _missed(absence)
    rows = Session.objects.filter(during, site=site, status__in=TO_COME, starts_at__gt=now)
    rows = rows.select_related("course__protocol", "patient", "site", "chair").order_by("starts_at", "pk")
    return [row for row in rows if absence or any(_falls_into(row, *span) for span in spans)]


def other_sites(absence: Absence, site: Site, now: datetime) -> list[Site]:
    """List the other sites where somebody who is absent has sessions."""
    rows = Session.objects.filter(_missed(absence), status__in=TO_COME, starts_at__gt=now)
    return list(Site.objects.filter(pk__in=rows.exclude(site=site).values("site")))


def _falls_into(session: Session, start: datetime, end: datetime, chair: int | None) -> bool:
    return session.starts_at < end and start < session.ends_at and chair in (None, session.chair_id)


def _missed(absence: Absence) -> Q:
    """Choose the sessions for which somebody is needed while away; a prescriber only for part of them."""
    start, end = absence.starts_at, absence.ends_at
    if absence.technician_id:
        return Q(technician=absence.technician_id, starts_at__lt=end, ends_at__gt=start)
    whole = Q(prescriber_from=None, starts_at__lt=end, ends_at__gt=start)
    part = Q(prescriber_from__lt=end, prescriber_until__gt=start)
    return Q(whole | part, prescriber=absence.prescriber_id)
