"""The rota of a week at a site: who works when, who is away, and what the clinic itself does that day."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.models import Absence, Prescriber, Shift, Site, Technician
from clinic.selectors.weeks import closed_dates
from scheduler import WeeklyHours, local_days, week_start

from .marks import mark
from .stretches import Stretch, stretches

WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
Person = Technician | Prescriber
# A day as one text, such as "08:00-12:00, 13:00-17:00", for each weekday from Monday on.
Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaDay:
    """Hold a column: the date, when the clinic is open, and why it is closed if it is."""

    date: date
    opens: str
    closed: str = ""

    @property
    def name(self) -> str:
        """Return the weekday's name."""
        return str(WEEKDAYS[self.date.weekday()])


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaRow:
    """Hold somebody's week: hours by weekday from Monday on, and dates with a cause on which they are away."""

    person: Person
    kind: str
    texts: Texts
    away: Mapping[date, str]
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Hold a week of a site."""

    first: date
    days: tuple[RotaDay, ...]
    rows: tuple[RotaRow, ...]

    @property
    def last(self) -> date:
        """Return the last date of the week."""
        return self.days[-1].date


def people_at(site: Site) -> list[tuple[str, Person]]:
    """List who works at a site, or nowhere yet, with what they are: technicians first."""
    return [
        (kind, person)
        for kind, rows in (("technician", Technician.objects), ("prescriber", Prescriber.objects))
        for person in rows.filter(Q(shifts__site=site) | Q(shifts=None), is_active=True).distinct()
    ]


def rota_of(site: Site, day: date) -> Rota:
    """Lay out the week of a site in which a date lies, in a fixed number of queries."""
    first = week_start(day, site.week_starts_on)
    dates = [first + timedelta(days=offset) for offset in range(7)]
    closed, hours = closed_dates(site, dates[0], dates[-1]), WeeklyHours.parse(site.hours)
    people = people_at(site)
    shifts = shifts_of(site)
    away = _away(site, [person.pk for _other, person in people], dates)
    return Rota(
        first=first,
        days=tuple(RotaDay(date=one, opens=written(hours, one), closed=closed.get(one, "")) for one in dates),
        rows=tuple(
            RotaRow(
                person=person,
                kind=kind,
                texts=texts_of(stretches(shifts[person.pk]), dates),
                away=away.get(person.pk, {}),
                mark=mark(stretches(shifts[person.pk])),
            )
            for kind, person in people
        ),
    )


def shifts_of(site: Site) -> dict[int, list[Shift]]:
    """Return the shifts at a site by person."""
    found: dict[int, list[Shift]] = defaultdict(list)
    for shift in Shift.objects.filter(site=site).order_by("pk"):
        found[shift.person_id].append(shift)
    return found


def texts_of(items: tuple[Stretch, ...], dates: list[date]) -> Texts:
    """Write the hours of a week's dates, Monday first."""
    by_weekday = {}
    for day in dates:
        item = next((item for item in items if item.holds_on(day)), None)
        by_weekday[day.weekday()] = written(item.hours, day) if item else ""
    return tuple(by_weekday[day] for day in range(7))


def written(hours: WeeklyHours, day: date) -> str:
    """Write the hours of a date as one text."""
    clock = [(f"{a // 60:02d}:{a % 60:02d}", f"{b // 60:02d}:{b % 60:02d}") for a, b in hours.on(day)]
    return ", ".join(f"{start}-{end}" for start, end in clock)


def absences_to_come(site: Site, now: datetime) -> QuerySet[Absence]:
    """Return when the people of a site are away from now on."""
    people = [person.pk for _other, person in people_at(site)]
    theirs = Q(technician__in=people) | Q(prescriber__in=people)
    rows = Absence.objects.filter(theirs, ends_at__gt=now).select_related("technician", "prescriber")
    return rows.prefetch_related("disruptions").order_by("starts_at", "pk")


def _away(site: Site, people: list[int], dates: list[date]) -> dict[int, dict[date, str]]:
    within = local_days(dates[0], dates[-1], site.timezone)
    theirs = Q(technician__in=people) | Q(prescriber__in=people)
    found: dict[int, dict[date, str]] = defaultdict(dict)
    for row in Absence.objects.filter(theirs, starts_at__lt=within.end, ends_at__gt=within.start):
        for day in dates:
            whole = local_days(day, day, site.timezone)
            if row.starts_at < whole.end and row.ends_at > whole.start:
                found[row.person_id][day] = row.cause or "away"
    return found
