"""Some dates of a site in cells of five minutes: when somebody is there, what is open, and what is taken."""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from clinic.models import Site
from scheduler import Closure, Diary, Shift, WeeklyHours, days_between, epoch_minute, instant, local_days

CELL = 5
Cells = np.ndarray[tuple[int], np.dtype[np.int16]]


class Timeline:
    """Counts in cells of five minutes from the first to the last date of a site, both included."""

    def __init__(self, site: Site, first: date, last: date) -> None:
        self.within = local_days(first, last, site.timezone)
        self.start, self.count = epoch_minute(self.within.start), self.within.minutes // CELL
        self.timezone, self.first, self.last = site.timezone, first, last

    def nothing(self) -> Cells:
        return np.zeros(self.count, dtype=np.int16)

    def during(self, hours: WeeklyHours, first: date | None = None, last: date | None = None) -> Cells:
        """Mark the cells in which weekly hours hold."""
        cells = self.nothing()
        for day in days_between(max(self.first, first or self.first), min(self.last, last or self.last)):
            for opens, closes in hours.on(day):
                cells[self.between(day, opens, closes)] = 1
        return cells

    def on_shift(self, shifts: Iterable[Shift]) -> Cells:
        """Mark the cells in which somebody works."""
        cells = self.nothing()
        for shift in shifts:
            cells |= self.during(shift.hours, shift.first_date, shift.last_date)
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

    def between(self, day: date, opens: int, closes: int) -> slice:
        """Return the cells from one minute of a date to another, by the clock of the site."""
        return self._span(self._minute(day, opens), self._minute(day, closes))

    def _minute(self, day: date, minute: int) -> int:
        return epoch_minute(instant(day, minute, self.timezone))

    def _span(self, start: int, end: int) -> slice:
        """Return the cells that a span of minutes touches."""
        first, last = (start - self.start) // CELL, -(-(end - self.start) // CELL)
        return slice(max(first, 0), max(last, 0))
