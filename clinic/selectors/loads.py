"""How full a site is, week by week and hour by hour, as a table that can be read across and down."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import scheduler
from clinic import planning
from clinic.models import Chair, Site
from scheduler import Load

A_WEEK = timedelta(weeks=1)
LEVELS = (10, 25, 40, 55, 70, 83, 93)  # per cent from which the colour of a cell is one step darker


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Hold the minutes that are taken and open in a week, or in several of them together: then it names none."""

    week: date | None
    booked: int
    open: int

    @property
    def percent(self) -> int | None:
        """Return how much is taken, up to 100; None where nothing is open or taken."""
        if not self.open:
            return 100 if self.booked else None
        return min(100, round(100 * self.booked / self.open))

    @property
    def level(self) -> int:
        """Return the step of the colour scale, 0 to 7."""
        return bisect_right(LEVELS, self.percent or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTable:
    """Hold the table: a column for each week, a row for each hour, and the whole day below."""

    weeks: tuple[date, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    totals: tuple[Cell, ...]


def loads(site: Site, *, first: date, weeks: int, now: datetime, chair: Chair | None = None) -> tuple[Load, ...]:
    """Return the load of a site from the week of a date on, in a fixed number of queries; of all chairs, or of one."""
    begin = scheduler.week_start(first, site.week_starts_on)
    last = begin + weeks * A_WEEK - timedelta(days=1)
    clinic, diary = planning.load(site=site, first=begin, last=last, now=now)
    return scheduler.load_by_hour(clinic, diary, begin, weeks, chair=str(chair.pk) if chair else None)


def load_table(site: Site, *, first: date, weeks: int, now: datetime, chair: Chair | None = None) -> LoadTable:
    """Lay the load of a site out as a table."""
    found = loads(site, first=first, weeks=weeks, now=now, chair=chair)
    begin = scheduler.week_start(first, site.week_starts_on)
    columns = tuple(begin + number * A_WEEK for number in range(weeks))
    hours = sorted({load.hour for load in found})
    at = {(load.hour, load.week): load for load in found}
    return LoadTable(
        weeks=columns,
        rows=tuple(
            (hour, tuple(_cell(week, [at[hour, week]] if (hour, week) in at else []) for week in columns))
            for hour in hours
        ),
        totals=tuple(_cell(week, [load for load in found if load.week == week]) for week in columns),
    )


def _cell(week: date, parts: Iterable[Load]) -> Cell:
    parts = list(parts)
    return Cell(week=week, booked=sum(part.booked for part in parts), open=sum(part.open for part in parts))


def added(cells: Iterable[Cell], week: date | None = None) -> Cell:
    """Add the minutes of several cells up."""
    cells = list(cells)
    return Cell(week=week, booked=sum(cell.booked for cell in cells), open=sum(cell.open for cell in cells))
