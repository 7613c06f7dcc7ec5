"""Clinic and diary as cells: the only place where instants become integers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import chain
from math import gcd

import numpy as np
from numpy.typing import NDArray

from scheduler.hours import MINUTES_A_DAY, WeeklyHours, zone
from scheduler.plan import Diary, epoch_minute
from scheduler.protocols import Visit
from scheduler.resources import Chair, Clinic, Closure, Prescriber, Site, Technician

from .problem import Mask, erode

Spans = NDArray[np.int64]  # [n, 2]: first minute and the minute after the last
EPOCH_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Hold the days and cells that all grids share; minutes are those of the wall clock."""

    origin: date
    days: int
    opens: int  # minute of the first cell
    cells: int
    unit: int  # minutes of a cell
    grid: int  # minutes between two starts

    @property
    def step(self) -> int:
        """Return the cells from one start to the next."""
        return self.grid // self.unit

    def day(self, when: date) -> int:
        """Return the number of a date."""
        return (when - self.origin).days

    def date(self, day: int) -> date:
        """Return the date of a day."""
        return self.origin + timedelta(days=day)

    def weekly(self, hours: WeeklyHours | None) -> Mask:
        """Return [day, cell] where weekly hours hold; None is always."""
        if hours is None:
            return np.ones((self.days, self.cells), dtype=bool)
        # Visits begin and end between two cells, so that a part of a cell is of no use.
        weekdays = np.zeros((7, self.cells), dtype=bool)
        for window in hours.windows:
            first, last = -((self.opens - window.start) // self.unit), (window.end - self.opens) // self.unit
            weekdays[window.weekday, max(first, 0) : max(last, 0)] = True
        return weekdays[(self.origin.weekday() + np.arange(self.days)) % 7]

    def covered(self, spans: Spans) -> Mask:
        """Return [day, cell] where any span lies, if only in part.

        Spans are in wall-clock minutes since midnight of the first day. Visits begin and end between two cells, so that
        a span which ends inside a cell might as well end after it.
        """
        return np.asarray(self.covered_by_row(spans, np.zeros(len(spans), dtype=np.intp), 1)[0])

    def covered_by_row(self, spans: Spans, row: NDArray[np.intp], rows: int) -> Mask:
        """Return [row, day, cell] where any of the spans of a row lies, if only in part."""
        change = np.zeros(rows * self.days * (self.cells + 1), dtype=np.int16)
        for span, mine in _by_day(spans, row, self.days):
            day = span[:, 0] // MINUTES_A_DAY
            first = np.clip((span[:, 0] % MINUTES_A_DAY - self.opens) // self.unit, 0, self.cells)
            end = span[:, 1] - day * MINUTES_A_DAY
            last = np.clip(-((self.opens - end) // self.unit), 0, self.cells)
            line = (mine * self.days + day) * (self.cells + 1)
            np.add.at(change, line + first, 1)
            np.add.at(change, line + last, -1)
        by_row = change.reshape(rows, self.days, self.cells + 1)
        return np.asarray(np.cumsum(by_row, axis=2, dtype=np.int16)[:, :, :-1] > 0)


class Wall:
    """Turn instants into wall-clock minutes since midnight of the first day, for one zone."""

    def __init__(self, timezone: str, frame: Frame) -> None:
        self._zone, self._base = zone(timezone), (frame.origin.toordinal() - EPOCH_DAY) * MINUTES_A_DAY
        first, last = self._base - MINUTES_A_DAY, self._base + (frame.days + 1) * MINUTES_A_DAY
        self._changes, self._offsets = [first], [self._offset(first)]
        for day in range(first, last, MINUTES_A_DAY):
            if self._offset(day + MINUTES_A_DAY) != self._offsets[-1]:
                self._changes.append(self._change(day, day + MINUTES_A_DAY))
                self._offsets.append(self._offset(day + MINUTES_A_DAY))

    def minutes(self, spans: Spans | Sequence[tuple[int, int]]) -> Spans:
        """Return spans of epoch minutes as spans of the wall clock."""
        moments = np.asarray(spans, dtype=np.int64).reshape(-1, 2)
        offsets = np.array(self._offsets)
        first, last = moments[:, 0], moments[:, 1] - 1
        start = first + offsets[np.searchsorted(self._changes, first, side="right").clip(1) - 1]
        end = last + offsets[np.searchsorted(self._changes, last, side="right").clip(1) - 1]
        return np.stack([np.minimum(start, end), np.maximum(start, end) + 1], axis=1) - self._base

    def jumps(self) -> Spans:
        """Return the spans of the wall clock that are skipped or come twice."""
        pairs = zip(self._changes[1:], self._offsets, self._offsets[1:], strict=False)
        spans = [(c + min(a, b) - self._base, c + max(a, b) - self._base) for c, a, b in pairs]
        return np.array(spans, dtype=np.int64).reshape(-1, 2)

    def _offset(self, minute: int) -> int:
        offset = datetime.fromtimestamp(minute * 60, UTC).astimezone(self._zone).utcoffset()
        assert offset is not None
        return offset // timedelta(minutes=1)

    def _change(self, low: int, high: int) -> int:
        """Return the first minute after `low` with the offset of `high`."""
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._offset(middle) == self._offset(low) else (low, middle)
        return high


def _by_day(spans: Spans, row: NDArray[np.intp], days: int) -> Iterator[tuple[Spans, NDArray[np.intp]]]:
    """Split spans, with the rows they belong to, at midnight; most lie within one day and stay together."""
    inside = (spans[:, 1] > 0) & (spans[:, 0] < days * MINUTES_A_DAY)
    one_day = spans[:, 0] // MINUTES_A_DAY == (spans[:, 1] - 1) // MINUTES_A_DAY
    yield spans[inside & one_day], row[inside & one_day]
    for number in np.flatnonzero(inside & ~one_day).tolist():
        start, end = spans[number].tolist()
        first, last = max(start // MINUTES_A_DAY, 0), min((end - 1) // MINUTES_A_DAY, days - 1)
        midnights = np.arange(first, last + 1) * MINUTES_A_DAY
        parts = np.clip(np.stack([midnights, midnights + MINUTES_A_DAY], axis=1), start, end)
        yield parts, np.full(len(parts), row[number])


class SiteGrid:
    """Hold the chairs and people of one site as cells [day, cell]: True is free."""

    def __init__(self, site: Site, clinic: Clinic, diary: Diary, patient: str, frame: Frame) -> None:
        self.site, self.clinic, self.frame = site, clinic, frame
        self._diary, self.wall = diary, Wall(site.timezone, frame)
        self.chairs = tuple(chair for chair in clinic.chairs if chair.site == site.id)
        self.technicians = tuple(t for t in clinic.technicians if any(s.site == site.id for s in t.shifts))
        self.prescribers = tuple(p for p in clinic.prescribers if any(s.site == site.id for s in p.shifts))
        self.lanes = tuple((number, lane) for number, t in enumerate(self.technicians) for lane in range(t.at_once))
        self._shut = self._closed(site.closures) | frame.covered(self.wall.jumps())
        self.patient_free = ~self._taken([(patient, 0)])[0]

    def open(self, chair: Chair | None) -> Mask:
        """Return when a chair (None is the site itself) is open, whatever is booked."""
        if chair is None:
            return self.frame.weekly(self.site.hours) & ~self._shut
        return self.frame.weekly(self.clinic.hours_of(chair)) & ~self._shut & ~self._closed(chair.closures)

    @cached_property
    def chairs_open(self) -> Mask:
        """Return [chair, day, cell] for all chairs, and last for the site itself."""
        return np.stack([self.open(chair) for chair in (*self.chairs, None)])

    @cached_property
    def chairs_free(self) -> Mask:
        """Return [chair, day, cell]: no session and no turnaround; the site itself is never taken."""
        taken = self._taken([(chair.id, 0) for chair in self.chairs])
        return np.concatenate([~taken, np.ones_like(self.patient_free)[None]])

    @cached_property
    def technicians_there(self) -> Mask:
        """Return [lane, day, cell]: on shift, whatever is booked."""
        there = [self._working(technician) for technician in self.technicians]
        shape = (0, self.frame.days, self.frame.cells)
        return np.stack([there[number] for number, _ in self.lanes]) if self.lanes else np.zeros(shape, dtype=bool)

    @cached_property
    def technicians_free(self) -> Mask:
        """Return [lane, day, cell]: on shift and without a patient in that lane."""
        return self.technicians_there & ~self._taken(
            [(self.technicians[number].id, lane) for number, lane in self.lanes]
        )

    @cached_property
    def prescribers_there(self) -> Mask:
        """Return [prescriber, day, cell]: on shift, whatever is booked."""
        there = [self._working(prescriber) for prescriber in self.prescribers]
        return np.stack(there) if there else np.zeros((0, self.frame.days, self.frame.cells), dtype=bool)

    @cached_property
    def prescribers_free(self) -> Mask:
        """Return [prescriber, day, cell]: on shift and not with another patient."""
        return self.prescribers_there & ~self._taken([(prescriber.id, 0) for prescriber in self.prescribers])

    def _working(self, person: Technician | Prescriber) -> Mask:
        """Return when a person works here: the shifts of each date, less the absences."""
        frame = self.frame
        there = np.zeros((frame.days, frame.cells), dtype=bool)
        for shift in person.shifts:
            if shift.site == self.site.id:
                first = 0 if shift.first_date is None else max(frame.day(shift.first_date), 0)
                last = frame.days if shift.last_date is None else max(frame.day(shift.last_date) + 1, 0)
                there[first:last] |= frame.weekly(shift.hours)[first:last]
        return there & ~self._closed(person.absences)

    def covers(self, closure: Closure, day: int) -> bool:
        """Tell whether a closure lies at least in part on a day."""
        return bool(self._closed([closure])[day].any())

    def _closed(self, closures: Iterable[Closure]) -> Mask:
        spans = [(epoch_minute(c.when.start), -(-c.when.end.timestamp() // 60)) for c in closures]
        return self.frame.covered(self.wall.minutes([(start, int(end)) for start, end in spans]))

    def _taken(self, lanes: Sequence[tuple[str, int]]) -> Mask:
        """Return [lane, day, cell]: taken, for lanes given as (resource, number of the lane)."""
        parts = []
        for resource, lane in lanes:
            spans = self._spans(resource)
            parts.append(spans[spans[:, 0] == lane, 1:])
        row = np.repeat(np.arange(len(lanes)), [len(part) for part in parts])
        spans = self.wall.minutes(np.concatenate([np.zeros((0, 2), dtype=np.int64), *parts]))
        return self.frame.covered_by_row(spans, row, len(lanes))

    def _spans(self, resource: str) -> NDArray[np.int64]:
        """Return [span, 3] of a resource as the diary has them: lane, first minute, minute after the last."""
        spans = self._diary.taken.get(resource, ())
        return np.fromiter(chain.from_iterable(spans), dtype=np.int64, count=3 * len(spans)).reshape(-1, 3)


def starts_of(cells: Mask, minutes: int, frame: Frame) -> Mask:
    """Tell the starts at which something is free for some minutes."""
    return erode(cells, minutes // frame.unit, frame.step)


def unit_of(grid: int, visits: Iterable[Visit]) -> int:
    """Return the longest cell that all lengths are made of."""
    lengths = [n for v in visits for n in (v.minutes, v.turnaround_minutes, v.prescriber_minutes, v.prescriber_offset)]
    return gcd(grid, *lengths)
