"""One month of a patient's schedule as a calendar sheet, with the days on which the clinic is closed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from clinic.models import Site
from clinic.planning.clinics import holidays_at
from scheduler import Closure, Interval, WeeklyHours, days_between, instant, local_days, months_later, week_start

from .said import said_date, said_month, weekday
from .schedule import Schedule, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Hold one box of the sheet."""

    day: date
    is_outside: bool
    visits: tuple[Visit, ...]
    closed: str

    @property
    def visit(self) -> Visit | None:
        """Return the visit that the box shows: one to which the patient comes, if there is any."""
        return min(self.visits, key=lambda visit: visit.state == "cancelled", default=None)

    @property
    def more(self) -> int:
        """Count the visits beside the one that the box shows."""
        return len(self.visits) - 1

    @property
    def words(self) -> str:
        """Say the date."""
        return said_date(self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Hold the sheet of one month; `previous` and `following` are months in which there is something to see."""

    title: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[Day, ...], ...]
    previous: date | None
    following: date | None

    @property
    def unusual(self) -> list[Visit]:
        """Return the visits of the month at which something is unusual."""
        days = (day for week in self.weeks for day in week if not day.is_outside)
        return [visit for day in days for visit in day.visits if visit.note and visit.is_to_come]

    @property
    def closed(self) -> list[Day]:
        """Return the days of the month on which the clinic is closed."""
        return [day for week in self.weeks for day in week if day.closed and not day.is_outside]


def month_sheet(schedule: Schedule, wanted: date | None) -> Month:
    """Return the sheet of the `wanted` month, or of the one with the next visit."""
    known = [schedule.today, *(visit.day for visit in schedule.visits)]
    earliest, latest = min(known).replace(day=1), max(known).replace(day=1)
    chosen = wanted or (schedule.next.day if schedule.next else schedule.today)
    first = min(max(chosen.replace(day=1), earliest), latest)
    site = schedule.site
    begin = week_start(first, site.week_starts_on)
    end = week_start(months_later(first, 1) - timedelta(days=1), site.week_starts_on) + timedelta(days=6)
    closed = dict(closed_days(site, begin, end))
    boxes = [
        Day(
            day=day,
            is_outside=day.month != first.month,
            visits=tuple(visit for visit in schedule.visits if visit.day == day),
            closed=closed.get(day, ""),
        )
        for day in days_between(begin, end)
    ]
    return Month(
        title=said_month(first),
        weekdays=tuple(weekday((site.week_starts_on + place) % 7) for place in range(7)),
        weeks=tuple(tuple(boxes[place : place + 7]) for place in range(0, len(boxes), 7)),
        previous=months_later(first, -1) if first > earliest else None,
        following=months_later(first, 1) if first < latest else None,
    )


def closed_days(site: Site, first: date, last: date) -> Iterator[tuple[date, str]]:
    """Yield the days on which a site that would be open is closed from morning to evening.

    Public holidays are named; why the clinic closed on other days is its own affair.
    """
    hours = WeeklyHours.parse(site.hours)
    within = local_days(first, last, site.timezone)
    rows = site.closures.filter(chair=None, starts_at__lt=within.end, ends_at__gt=within.start)
    closures = [Closure(when=Interval(row.starts_at, row.ends_at), cause="") for row in rows]
    closures += holidays_at(site, first, last)
    for day in days_between(first, last):
        if windows := hours.on(day):
            opens, closes = (instant(day, minute, site.timezone) for minute in (windows[0][0], windows[-1][1]))
            causes = [each.cause for each in closures if each.when.start <= opens and closes <= each.when.end]
            if causes:
                yield day, max(causes) or "closed"
