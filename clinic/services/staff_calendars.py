"""Secret calendar addresses for staff: what stands on a chair, or what a technician runs."""

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from clinic.models import Chair, StaffCalendar, Technician
from clinic.models.access import hashed, living
from clinic.models.fields import one_line

from . import audit
from .access import USE_IS_NOTED_EVERY, TooManyLinks

MOST_CALENDARS = 10


def calendars_of(place: Chair | Technician, now: datetime) -> QuerySet[StaffCalendar]:
    """Return the addresses of a chair or a technician that work, the oldest first."""
    return StaffCalendar.objects.filter(living(now), **_of(place)).order_by("created_at", "pk")


def make(
    *,
    place: Chair | Technician,
    label: str,
    by: audit.Actor,
    now: datetime,
    replaces: StaffCalendar | None = None,
) -> tuple[StaffCalendar, str]:
    """Make an address, and return it with its secret, shown once; the one that it `replaces` stops in that moment.

    Raises TooManyLinks.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        kind = Chair if isinstance(place, Chair) else Technician
        kind.objects.select_for_update(of=("self",)).get(pk=place.pk)
        if replaces:
            revoke(calendar=replaces, by=by, now=now)
        if calendars_of(place, now).count() >= MOST_CALENDARS:
            raise TooManyLinks
        label = one_line(label, 80)
        calendar = StaffCalendar.objects.create(token_hash=hashed(secret), label=label, created_at=now, **_of(place))
        _record(calendar, "staff calendar made", by, now)
    return calendar, secret


def revoke(*, calendar: StaffCalendar, by: audit.Actor, now: datetime) -> None:
    """End an address at once; ending it twice changes nothing."""
    with transaction.atomic():
        if StaffCalendar.objects.filter(pk=calendar.pk, revoked_at=None).update(revoked_at=now):
            _record(calendar, "staff calendar revoked", by, now)


def calendar_at(secret: str, now: datetime) -> StaffCalendar | None:
    """Find what an address shows, and note that it was read; nothing of a chair that is closed or somebody who left."""
    in_use = Q(chair__is_active=True) | Q(technician__is_active=True)
    rows = StaffCalendar.objects.select_related("chair", "technician").filter(living(now), in_use)
    calendar = rows.filter(token_hash=hashed(secret)).first()
    if calendar and (calendar.last_used_at is None or calendar.last_used_at <= now - USE_IS_NOTED_EVERY):
        StaffCalendar.objects.filter(pk=calendar.pk).update(last_used_at=now)
    return calendar


def _of(place: Chair | Technician) -> dict[str, Any]:
    return {"chair": place} if isinstance(place, Chair) else {"technician": place}


def _record(calendar: StaffCalendar, action: str, by: audit.Actor, now: datetime) -> None:
    place = calendar.chair or calendar.technician
    audit.record(by=by, now=now, action=action, data={"link": str(calendar.uid), "of": str(place)})
