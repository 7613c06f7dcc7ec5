"""What a site has, as the scheduler's clinic: chairs, people, hours, closures, public holidays."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import holidays
from django.db.models import Q, QuerySet

from clinic.models import Absence as AbsenceRow
from clinic.models import Chair as ChairRow
from clinic.models import Closure as ClosureRow
from clinic.models import Shift, Site
from scheduler import Chair, Clinic, Closure, Interval, Prescriber, Technician, WeeklyHours
from scheduler import Shift as ShiftValue
from scheduler import Site as SiteValue

from .ids import site_id


def shift_rows(site: Site) -> list[dict[str, Any]]:
    """Return the shifts of all active people who work here."""
    active = Q(technician__is_active=True) | Q(prescriber__is_active=True)
    columns = ("technician", "prescriber", "hours", "first_date", "last_date")
    names = ("technician__name", "technician__at_once", "prescriber__name")
    return list(Shift.objects.filter(active, site=site).order_by("pk").values(*columns, *names))


def clinic_value(site: Site, shifts: list[dict[str, Any]], within: Interval, first: date, last: date) -> Clinic:
    """Build the clinic of a site as it is between two dates."""
    closures: dict[int | None, list[Closure]] = defaultdict(list)
    for chair, start, end, cause in _during(ClosureRow.objects.filter(site=site), within).values_list(
        "chair", "starts_at", "ends_at", "cause"
    ):
        closures[chair].append(Closure(when=Interval(start, end), cause=cause))
    closures[None] += holidays_at(site, first, last)
    key = site_id(site.pk)
    return Clinic(
        sites=(
            SiteValue(
                id=key,
                name=site.name,
                timezone=site.timezone,
                hours=_hours(site.hours),
                closures=tuple(closures[None]),
                week_starts_on=site.week_starts_on,
            ),
        ),
        chairs=tuple(
            Chair(
                id=str(pk),
                name=name,
                site=key,
                kinds=frozenset(kinds),
                hours=_hours(hours) if hours else None,
                closures=tuple(closures[pk]),
            )
            for pk, name, kinds, hours in ChairRow.objects.filter(site=site, is_active=True).values_list(
                "pk", "name", "kinds", "hours"
            )
        ),
        **_people(key, shifts, within),
    )


def _people(site: str, shifts: list[dict[str, Any]], within: Interval) -> dict[str, Any]:
    """Build the technicians and prescribers from their shifts and absences."""
    rota: dict[int, list[ShiftValue]] = defaultdict(list)
    for row in shifts:
        rota[row["technician"] or row["prescriber"]].append(
            ShiftValue(site=site, hours=_hours(row["hours"]), first_date=row["first_date"], last_date=row["last_date"])
        )
    absences: dict[int, list[Closure]] = defaultdict(list)
    away = AbsenceRow.objects.filter(Q(technician__in=rota) | Q(prescriber__in=rota))
    for technician, prescriber, start, end, cause in _during(away, within).values_list(
        "technician", "prescriber", "starts_at", "ends_at", "cause"
    ):
        absences[technician or prescriber].append(Closure(when=Interval(start, end), cause=cause))
    technicians, prescribers = {}, {}
    for row in shifts:
        pk = row["technician"] or row["prescriber"]
        common: dict[str, Any] = {"id": str(pk), "shifts": tuple(rota[pk]), "absences": tuple(absences[pk])}
        if row["technician"]:
            technicians[pk] = Technician(name=row["technician__name"], at_once=row["technician__at_once"], **common)
        else:
            prescribers[pk] = Prescriber(name=row["prescriber__name"], **common)
    return {"technicians": tuple(technicians.values()), "prescribers": tuple(prescribers.values())}


def holidays_at(site: Site, first: date, last: date) -> tuple[Closure, ...]:
    """Return the public holidays on which a site is closed, by name; those on which it opens anyway are left out."""
    rows = public_holidays(site.holiday_country, site.holiday_region, first, last, site.timezone)
    if not site.open_holidays:
        return rows
    return tuple(row for row in rows if str(row.when.start.astimezone(site.zone).date()) not in site.open_holidays)


@lru_cache(maxsize=256)
def public_holidays(country: str, region: str, first: date, last: date, timezone: str) -> tuple[Closure, ...]:
    """Return the public holidays of a country or its region as closures that bear their names."""
    if not country:
        return ()
    years = range(first.year, last.year + 1)
    try:
        named = holidays.country_holidays(country, subdiv=region or None, years=years)
    except NotImplementedError:  # a country or region that the calendar does not know has no holidays in it
        return ()
    return tuple(Closure.days(day, day, timezone, named[day]) for day in sorted(named) if first <= day <= last)


@lru_cache(maxsize=512)
def _hours(text: str) -> WeeklyHours:
    return WeeklyHours.parse(text)


def _during(rows: QuerySet[Any], within: Interval) -> QuerySet[Any]:
    return rows.filter(starts_at__lt=within.end, ends_at__gt=within.start)


def with_closures(clinic: Clinic, site: Site, closures: Iterable[ClosureRow], absence: AbsenceRow | None) -> Clinic:
    """Return the clinic as it would be with some more closures and perhaps somebody away; nothing is saved."""
    shut: dict[int | None, list[Closure]] = defaultdict(list)
    for row in closures:
        shut[row.chair_id].append(Closure(when=Interval(row.starts_at, row.ends_at), cause=row.cause))
    away = str(absence.person_id) if absence else ""
    missed = (Closure(when=Interval(absence.starts_at, absence.ends_at), cause=absence.cause),) if absence else ()
    return replace(
        clinic,
        sites=tuple(replace(place, closures=(*place.closures, *shut[None])) for place in clinic.sites),
        chairs=tuple(replace(chair, closures=(*chair.closures, *shut[int(chair.id)])) for chair in clinic.chairs),
        technicians=tuple(
            replace(person, absences=(*person.absences, *missed)) if person.id == away else person
            for person in clinic.technicians
        ),
        prescribers=tuple(
            replace(person, absences=(*person.absences, *missed)) if person.id == away else person
            for person in clinic.prescribers
        ),
    )
