"""Closures and leave that are known beforehand: the same truth as a disruption, and the same plan when it hits."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.models import Absence, Closure, Disruption, Site
from clinic.planning.clinics import holidays_at
from clinic.selectors.disruptions import affected
from clinic.services import audit, disruption
from clinic.services.booking.lock import note_change, under_lock

from .errors import InvalidSetup
from .guard import keeping_sessions


def add_time_off(*, site: Site, said: Mapping[str, Any], by: audit.Actor, now: datetime) -> tuple[Disruption, int]:
    """Shut a site or chair, or note that somebody is away; return it with how many booked sessions that hits.

    Nothing moves before somebody accepts a plan for these sessions. Raises InvalidDisruption, InvalidSetup for what is
    in the diary already, and Busy.
    """
    happening = disruption.read_happening(said, site=site, now=now)
    span = {"starts_at": happening.starts_at, "ends_at": happening.ends_at}
    if happening.absence():
        who = {"technician": happening.technician, "prescriber": happening.prescriber}
        is_known = Absence.objects.filter(**span, **who).exists()
    else:
        is_known = Closure.objects.filter(**span, site=site, chair=happening.chair).exists()
    if is_known:
        raise InvalidSetup({"": _("This is in the diary already; nothing was saved a second time.")})
    row = disruption.report(happening=happening, by=by, now=now)
    return row, len(affected(row, now))


def set_holiday(*, site: Site, day: date, is_open: bool, by: audit.Actor, now: datetime) -> None:
    """Open a site on a public holiday in spite of it, or keep the holiday after all.

    Raises SessionsInTheWay for a holiday on which sessions are booked by now, and Busy.
    """

    def change() -> None:
        current = Site.objects.get(pk=site.pk)
        days = set(current.open_holidays)
        if is_open == (day.isoformat() in days):
            return
        if is_open and not holidays_at(current, day, day):
            raise InvalidSetup({"": _("This day is no public holiday here; the clinic's own hours hold.")})
        current.open_holidays = sorted(days ^ {day.isoformat()})
        current.save(update_fields=["open_holidays"])
        action = "open on a public holiday" if is_open else "public holiday kept"
        audit.record(by=by, now=now, action=action, data={"site": str(site.uid), "date": day.isoformat()})

    keeping_sessions([site], change, now=now)


def remove_closure(*, closure: Closure, by: audit.Actor, now: datetime) -> None:
    """Take a closure back; what was reported as a disruption is withdrawn as a whole. Raises Busy."""
    reported = closure.disruptions.first()
    if reported:
        disruption.withdraw(disruption=reported, by=by, now=now)
    else:
        _remove(closure, closure.site, "closure removed", by, now)


def remove_absence(*, absence: Absence, site: Site, by: audit.Actor, now: datetime) -> None:
    """Take somebody's absence back, at all sites. Raises Busy."""
    reported = absence.disruptions.first()
    if reported:
        disruption.withdraw(disruption=reported, by=by, now=now)
    else:
        _remove(absence, site, "absence removed", by, now)


def _remove(row: Closure | Absence, site: Site, action: str, by: audit.Actor, now: datetime) -> None:
    def remove(locked: Site) -> None:
        if type(row).objects.filter(pk=row.pk).delete()[0]:
            note_change(locked)
            audit.record(by=by, now=now, action=action, data={"site": str(site.uid)}, why=row.cause)

    under_lock(site, remove)
