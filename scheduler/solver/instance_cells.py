"""An instance file of the public format `tms-plan/1` as grids of cells: what is open, taken and staffed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from math import gcd
from typing import Any

import numpy as np

from scheduler.hours import MINUTES_A_DAY, week_start, zone

from .problem import WEEK, Mask, Role
from .shape import BadInstance, read

Json = Mapping[str, Any]


class Cells:
    """Hold one instance file as grids of cells, with the bookings that may change while it is solved."""

    def __init__(self, data: Json) -> None:
        data = read(data)
        self.data = data
        self.grid = int(data["grid_minutes"])
        self.zone = zone(data["timezone"])
        self.week_starts_on = int(data.get("week_starts_on", 0))
        self.courses: tuple[Json, ...] = tuple(data["courses"])
        self.chairs = {chair["id"]: index for index, chair in enumerate(data["chairs"])}
        self.pools = {pool["id"]: index for index, pool in enumerate(data.get("pools", ()))}
        self.weights = {name: int(value) for name, value in data["weights"].items()}
        self.first, self.last = date_in(data["horizon"]["from"]), date_in(data["horizon"]["to"])
        self._measure()
        self._fill()

    def _measure(self) -> None:
        """Choose the cells: short enough for every time in the file, from the first opening to the last closing."""
        starts = [max(self.first, date_in(course["earliest_date"])) for course in self.courses]
        self.origin = week_start(min([*starts, self.last]), self.week_starts_on)
        self.days = -(-((self.last - self.origin).days + 1) // WEEK) * WEEK
        self.bookings = [_local(booking, self.zone) for booking in self.data.get("booked", ())]
        hours = [w for chair in self.data["chairs"] for w in chair["hours"]]
        capacity = [w for pool in self.data.get("pools", ()) for w in pool["capacity"]]
        blocked = [w for chair in self.data["chairs"] for w in chair.get("blocked", ())]
        wishes = [w for course in self.courses for w in course.get("availability") or ()]
        times = {minute for w in (*hours, *capacity, *blocked, *wishes) for minute in span_of(w)}
        times |= {booking["minute"] for booking in self.bookings} | {booking["minutes"] for booking in self.bookings}
        for course in self.courses:
            times |= {course["minutes"], course.get("first_minutes", 0), course.get("min_start_gap", 0)}
            times.add(course.get("nominal_gap", 0) if course.get("per_day", 1) > 1 else 0)
        self.unit = gcd(self.grid, *(int(minute) for minute in times))
        opens = min((span_of(w)[0] for w in hours), default=0)
        self.opens = opens // self.grid * self.grid
        self.cells = (max((span_of(w)[1] for w in hours), default=self.grid) - self.opens) // self.unit + 1

    def _fill(self) -> None:
        """Fill the grids with opening hours, capacities and bookings."""
        shape = (self.days, len(self.chairs), self.cells)
        self.taken = np.zeros(shape, dtype=np.int16)
        self.units = np.zeros((self.days, len(self.pools), self.cells), dtype=np.int16)
        self.staffed = np.zeros(shape[:2], dtype=bool)
        self.closed = {self.day(date_in(text)) for text in self.data.get("closed_dates", ())}
        dates = [self.origin + timedelta(days=day) for day in range(self.days)]
        self.weekday = np.array([day.weekday() for day in dates])
        closed = np.isin(np.arange(self.days), list(self.closed))
        for number, pool in enumerate(self.data.get("pools", ())):
            for window in pool["capacity"]:
                days = self._days_of(window) if "date" in window else self._weekdays(window) & ~closed
                self.units[days, number, self._cut(*span_of(window))] += int(window["units"])
        for number, chair in enumerate(self.data["chairs"]):
            open_cells = np.zeros((self.days, self.cells), dtype=bool)
            for window in chair["hours"]:
                open_cells[self._weekdays(window) & ~closed, self._cut(*span_of(window))] = True
            for window in chair.get("blocked", ()):
                days = self._days_of(window)
                self.taken[days, number, self._cut(*span_of(window))] += 1
                open_cells[days, self._cut(*span_of(window))] = False
            self.staffed[:, number] = open_cells.any(axis=1)
        self.book(self.bookings)

    def book(self, bookings: Iterable[Json], sign: int = 1) -> None:
        """Take (or with sign -1 give back) the chairs and people of some bookings."""
        self._roles: dict[tuple[object, ...], Role] = {}  # those computed for what was booked until now are outdated
        for booking in bookings:
            day, minute = booking["day"] - self.origin.toordinal(), booking["minute"]
            if 0 <= day < self.days:
                cells = self._cut(minute, minute + booking["minutes"])
                self.taken[day, self._chair(booking["chair"]), cells] += sign
                for pool, count in Counter[str](booking.get("pools", ())).items():
                    self.units[day, self._pool(pool), cells] -= sign * count

    def day(self, when: date) -> int:
        """Return the number of a date, counted from the origin."""
        return (when - self.origin).days

    def _chair(self, name: str) -> int:
        if name not in self.chairs:
            raise BadInstance(f"A booking names the chair {name!r}, which is not in the file.")
        return self.chairs[name]

    def _pool(self, name: str) -> int:
        if name not in self.pools:
            raise BadInstance(f"Somebody needs the pool {name!r}, which is not in the file.")
        return self.pools[name]

    def _cut(self, start: int, end: int) -> slice:
        low, high = (min(max((minute - self.opens) // self.unit, 0), self.cells) for minute in (start, end))
        return slice(low, high)

    def _weekdays(self, window: Json) -> Mask:
        return np.isin(self.weekday, list(window["weekdays"]))

    def _days_of(self, window: Json) -> Mask:
        return np.asarray(np.arange(self.days) == self.day(date_in(window["date"])))


def date_in(text: str) -> date:
    """Return the date that a text says."""
    return date.fromisoformat(text)


def minute_of(text: str) -> int:
    """Return the minute of the day that HH:MM says."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def span_of(window: Json) -> tuple[int, int]:
    """Return the minutes of the day between which a window lies."""
    return minute_of(window["from"]), min(minute_of(window["to"]), MINUTES_A_DAY)


def _local(booking: Json, timezone: Any) -> dict[str, Any]:
    """Return a booking with its local day (as an ordinal) and minute."""
    if "start_utc" in booking:
        moment = datetime.fromisoformat(booking["start_utc"]).astimezone(timezone)
        return {**booking, "day": moment.toordinal(), "minute": moment.hour * 60 + moment.minute}
    return {**booking, "day": date_in(booking["date"]).toordinal(), "minute": minute_of(booking["start"])}
