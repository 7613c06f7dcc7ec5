"""The set-up at a glance: what each clinic has, and what is missing before a course can be booked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q

from clinic.models import Prescriber, Protocol, Site, Technician
from clinic.planning.clinics import public_holidays
from scheduler import months_later

STEPS = ("clinic", "chairs", "people", "protocols")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCard:
    """Hold a clinic with how many chairs and people it has, and what it lacks."""

    site: Site
    chairs: int
    technicians: int
    prescribers: int
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """Hold a public holiday; the clinic is shut unless it opens anyway."""

    date: date
    name: str
    is_open: bool


def cards(sites: Iterable[Site]) -> tuple[SiteCard, ...]:
    """Return the clinics with their numbers, in a fixed number of queries."""
    sites = list(sites)
    active = Count("chairs", filter=Q(chairs__is_active=True), distinct=True)
    chairs = dict(Site.objects.annotate(count=active).values_list("pk", "count"))
    people = {
        kind: dict(
            rows.filter(is_active=True, shifts__site__in=sites)
            .order_by()
            .values_list("shifts__site")
            .annotate(count=Count("pk", distinct=True))
        )
        for kind, rows in (("technician", Technician.objects), ("prescriber", Prescriber.objects))
    }
    has_protocol = Protocol.objects.filter(is_current=True).exists()
    return tuple(
        SiteCard(
            site=site,
            chairs=chairs[site.pk],
            technicians=people["technician"].get(site.pk, 0),
            prescribers=people["prescriber"].get(site.pk, 0),
            lacks=_lacks(chairs[site.pk], people["technician"].get(site.pk, 0), has_protocol=has_protocol),
        )
        for site in sites
    )


def _lacks(chairs: int, technicians: int, *, has_protocol: bool) -> tuple[str, ...]:
    missing = (("chairs", not chairs), ("people", not technicians), ("protocols", not has_protocol))
    return tuple(step for step, is_missing in missing if is_missing)


def next_step(site: Site | None) -> str:
    """Return what comes next until a course can be booked: a name of STEPS, or "done"."""
    if site is None:
        return "clinic"
    (card,) = cards([site])
    return next(iter(card.lacks), "done")


def holidays_to_come(site: Site, now: datetime) -> tuple[Holiday, ...]:
    """Return the public holidays of the coming year."""
    today = now.astimezone(site.zone).date()
    rows = public_holidays(site.holiday_country, site.holiday_region, today, months_later(today, 12), site.timezone)
    days = [(row.when.start.astimezone(site.zone).date(), row.cause) for row in rows]
    return tuple(Holiday(date=day, name=name, is_open=str(day) in site.open_holidays) for day, name in days)
