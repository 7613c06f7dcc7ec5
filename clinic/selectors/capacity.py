"""How much room the clinic has, hour by hour of its week."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from clinic import planning
from clinic.models import Site
from scheduler import Closure, Diary, Interval, WeeklyHours, days_between, epoch_minute, instant, local_days

CELL = 5
A_WEEK = timedelta(weeks=1)
LEVELS = 4
# Less than this share of the chairs is no room: a visit would have to fit into the very gap that is left.
NEXT_TO_NOTHING = 0.05
Cells = np.ndarray[tuple[int], np.dtype[np.int16]]


def free_capacity(site: Site, first: date, weeks: int) -> dict[tuple[int, int], int]:
    """Say how free each hour of the week is on average, from 0 (no space) to 4 (nearly everything).

    A place is free when a chair and somebody to attend it are. Hours in which no chair is open are left out.
    """
    last = first + A_WEEK * weeks - timedelta(days=1)
    within = local_days(first, last, site.timezone)
    # Proposals come and go within minutes; the picture is of what is booked.
    clinic, diary = planning.load(site=site, first=first, last=last, now=within.end)
    week = Stretch(within, site, first, last)
    shut = clinic.sites[0].closures
    chairs, opened = week.nothing(), week.nothing()
    for chair in clinic.chairs:
        hours = week.during(clinic.hours_of(chair))
        opened += hours
        chairs += week.free(hours, [*shut, *chair.closures], diary, chair.id)
    people = week.nothing()
    for technician in clinic.technicians:
        on_shift = week.nothing()
        for shift in technician.shifts:
            on_shift |= week.during(shift.hours, shift.first_date, shift.last_date)
        for lane in range(technician.at_once):
            people += week.free(on_shift, [*shut, *technician.absences], diary, technician.id, lane)
    return week.levels(np.minimum(chairs, people), opened)


class Stretch:
    """Counts in cells of five minutes from the first to the last date of a site."""

    def __init__(self, within: Interval, site: Site, first: date, last: date) -> None:
        self.start, self.count = epoch_minute(within.start), within.minutes // CELL
        self.timezone, self.first, self.last = site.timezone, first, last

    def nothing(self) -> Cells:
        return np.zeros(self.count, dtype=np.int16)

    def during(self, hours: WeeklyHours, first: date | None = None, last: date | None = None) -> Cells:
        """Mark the cells in which weekly hours hold."""
        cells = self.nothing()
        for day in days_between(max(self.first, first or self.first), min(self.last, last or self.last)):
            for opens, closes in hours.on(day):
                cells[self._span(self._minute(day, opens), self._minute(day, closes))] = 1
        return cells

    def open(self, cells: Cells, closures: Iterable[Closure]) -> Cells:
        """Take away from some cells what is shut."""
        left = cells.copy()
        for closure in closures:
            left[self._span(epoch_minute(closure.when.start), epoch_minute(closure.when.end))] = 0
        return left

    def taken(self, diary: Diary, id: str, lane: int = 0) -> Cells:
        """Mark the cells in which one lane of a chair or person is taken."""
        cells = self.nothing()
        for taken_lane, start, end in diary.taken.get(id, ()):
            if taken_lane == lane:
                cells[self._span(start, end)] = 1
        return cells

    def free(self, cells: Cells, closures: Iterable[Closure], diary: Diary, id: str, lane: int = 0) -> Cells:
        """Take away from some cells what is shut and what is taken."""
        return self.open(cells, closures) & ~self.taken(diary, id, lane) & 1

    def minutes(self, cells: Cells, first: date, last: date) -> int:
        """Add up some cells from a first to a last date, both included."""
        begin, end = self._minute(first, 0), self._minute(last + timedelta(days=1), 0)
        return int(cells[self._span(begin, end)].sum()) * CELL

    def levels(self, free: Cells, opened: Cells) -> dict[tuple[int, int], int]:
        """Compare what is free with what is open, for every hour of the week."""
        sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        for day in days_between(self.first, self.last):
            for hour in range(24):
                cells = self._span(self._minute(day, hour * 60), self._minute(day, hour * 60 + 60))
                both = sums[day.weekday(), hour]
                both[0] += int(free[cells].sum())
                both[1] += int(opened[cells].sum())
        return {key: _level(room / whole) for key, (room, whole) in sums.items() if whole}

    def _minute(self, day: date, minute: int) -> int:
        return epoch_minute(instant(day, minute, self.timezone))

    def _span(self, start: int, end: int) -> slice:
        """Return the cells that a span of minutes touches."""
        first, last = (start - self.start) // CELL, -(-(end - self.start) // CELL)
        return slice(max(first, 0), max(last, 0))


def _level(share: float) -> int:
    return 0 if share < NEXT_TO_NOTHING else min(LEVELS, 1 + int(share * LEVELS))
