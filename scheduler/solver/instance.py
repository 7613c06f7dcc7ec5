"""Compile courses of the public instance format `tms-plan/1` for the search."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from math import gcd
from typing import Any

import numpy as np

from scheduler.hours import MINUTES_A_DAY, clock, week_start, zone

from .problem import WEEK, Costs, Keep, Mask, Prices, Problem, Role, Stretch, erode
from .shape import BadInstance, read
from .trace import Solution

Json = Mapping[str, Any]


class Instance:
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
        self.first, self.last = _date(data["horizon"]["from"]), _date(data["horizon"]["to"])
        self._measure()
        self._fill()

    def _measure(self) -> None:
        """Choose the cells: short enough for every time in the file, from the first opening to the last closing."""
        starts = [max(self.first, _date(course["earliest_date"])) for course in self.courses]
        self.origin = week_start(min([*starts, self.last]), self.week_starts_on)
        self.days = -(-((self.last - self.origin).days + 1) // WEEK) * WEEK
        self.bookings = [_local(booking, self.zone) for booking in self.data.get("booked", ())]
        hours = [w for chair in self.data["chairs"] for w in chair["hours"]]
        capacity = [w for pool in self.data.get("pools", ()) for w in pool["capacity"]]
        blocked = [w for chair in self.data["chairs"] for w in chair.get("blocked", ())]
        wishes = [w for course in self.courses for w in course.get("availability") or ()]
        times = {minute for w in (*hours, *capacity, *blocked, *wishes) for minute in _span(w)}
        times |= {booking["minute"] for booking in self.bookings} | {booking["minutes"] for booking in self.bookings}
        for course in self.courses:
            times |= {course["minutes"], course.get("first_minutes", 0), course.get("min_start_gap", 0)}
            times.add(course.get("nominal_gap", 0) if course.get("per_day", 1) > 1 else 0)
        self.unit = gcd(self.grid, *(int(minute) for minute in times))
        opens = min((_span(w)[0] for w in hours), default=0)
        self.opens = opens // self.grid * self.grid
        self.cells = (max((_span(w)[1] for w in hours), default=self.grid) - self.opens) // self.unit + 1

    def _fill(self) -> None:
        """Fill the grids with opening hours, capacities and bookings."""
        shape = (self.days, len(self.chairs), self.cells)
        self.taken = np.zeros(shape, dtype=np.int16)
        self.units = np.zeros((self.days, len(self.pools), self.cells), dtype=np.int16)
        self.staffed = np.zeros(shape[:2], dtype=bool)
        self.closed = {self.day(_date(text)) for text in self.data.get("closed_dates", ())}
        dates = [self.origin + timedelta(days=day) for day in range(self.days)]
        self.weekday = np.array([day.weekday() for day in dates])
        closed = np.isin(np.arange(self.days), list(self.closed))
        for number, pool in enumerate(self.data.get("pools", ())):
            for window in pool["capacity"]:
                days = self._days_of(window) if "date" in window else self._weekdays(window) & ~closed
                self.units[days, number, self._cut(*_span(window))] += int(window["units"])
        for number, chair in enumerate(self.data["chairs"]):
            open_cells = np.zeros((self.days, self.cells), dtype=bool)
            for window in chair["hours"]:
                open_cells[self._weekdays(window) & ~closed, self._cut(*_span(window))] = True
            for window in chair.get("blocked", ()):
                days = self._days_of(window)
                self.taken[days, number, self._cut(*_span(window))] += 1
                open_cells[days, self._cut(*_span(window))] = False
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
        return np.asarray(np.arange(self.days) == self.day(_date(window["date"])))

    def problem(self, course: Json) -> Problem:
        """Compile one course against what is booked now."""
        per_day = int(course.get("per_day", 1))
        repair: Json | None = course.get("repair")
        permit: Json = course.get("authorisation") or {}
        several = per_day > 1 and not repair
        nominal = int(course.get("nominal_gap", course.get("min_start_gap", 0))) if several else 0
        tick = gcd(self.grid, nominal)
        earliest = _date(course["earliest_date"])
        cut = slice(self.day(week_start(max(earliest, self.first), self.week_starts_on)), None)
        first = max(earliest, self.first, _date(permit.get("from", course["earliest_date"])))
        limits = (course.get("latest_date"), permit.get("to"))
        last = min([self.last, *(_date(limit) for limit in limits if limit)])
        offset = cut.start if cut.start < self.days else 0
        cut = slice(offset, None)
        roles = [self._role(int(course["minutes"]), course.get("pools", ()), tick, cut)]
        if not repair:
            pools = [*course.get("pools", ()), *course.get("first_pools", ())]
            roles.append(self._role(int(course.get("first_minutes", course["minutes"])), pools, tick, cut))
        scale = self.grid // tick
        stretches = tuple(self._stretches(course, per_day, nominal // tick))
        return Problem(
            roles=tuple(roles),
            stretches=stretches,
            prices=Prices(
                wait=0 if repair else self.weights["wait"] * scale,
                end=self.weights["end"] * scale,
                dev=self.weights["dev"],
                chair=self.weights["chair"] * scale,
                short=self.weights["short"] * scale,
            ),
            chairs=self._allowed(course),
            staffed=self.staffed[cut],
            patient=self._patient(course)[cut],
            comes=self._comes(course)[cut],
            away=np.isin(np.arange(self.days), [self.day(_date(x)) for x in course.get("unavailable_dates", ())])[cut],
            step=tick // self.unit,
            hour=60 // self.unit,
            earliest=self.day(earliest) - offset,
            first=self.day(first) - offset,
            last=self.day(last) - offset,
            opening=None if repair else 1,
            opening_counts=bool(course.get("first_counts", False)) or per_day > 1,
            fresh=not repair,
            done=tuple(self.day(_date(text)) - offset for text in (repair or {}).get("done_dates", ())),
            usual=self._usual(course, tick),
            keep=self._keep(repair, sum(s.days for s in stretches), tick, cut) if repair else None,
            units=permit.get("units"),
            scale=scale,
        )

    def _role(self, minutes: int, pools: Iterable[str], tick: int, cut: slice) -> Role:
        """Return the role of a visit; courses often share it."""
        needs = Counter(pools)
        key = (minutes, frozenset(needs.items()), tick, cut.start)
        if key not in self._roles:
            self._roles[key] = self._role_of(minutes, needs, tick, cut)
        return self._roles[key]

    def _role_of(self, minutes: int, needs: Mapping[str, int], tick: int, cut: slice) -> Role:
        length, step = minutes // self.unit, tick // self.unit
        free = self.taken[cut] == 0
        for number, chair in enumerate(self.data["chairs"]):
            for name, count in needs.items():
                pool = self._pool(name if name in self.pools else f"{chair['site']}/{name}")
                free[:, number] &= self.units[cut, pool] >= count
        room = erode(free, length, step)
        minute = self.opens + tick * np.arange(room.shape[2])
        closed = np.isin(np.arange(self.days), list(self.closed))[cut]
        for number, chair in enumerate(self.data["chairs"]):
            inside = np.zeros((WEEK, len(minute)), dtype=bool)
            for window in chair["hours"]:
                start, end = _span(window)
                inside[list(window["weekdays"])] |= (minute >= start) & (minute + minutes <= end)
            room[:, number] &= inside[self.weekday[cut]] & ~closed[:, None]
        return Role(length=length, hold=length, room=room & (minute % self.grid == 0))

    def _stretches(self, course: Json, per_day: int, nominal: int) -> Iterable[Stretch]:
        for phase in course["phases"]:
            days, rest = divmod(int(phase["sessions"]), per_day)
            if rest:
                raise BadInstance(f"Course {course['id']}: {phase['sessions']} sessions do not fill days of {per_day}.")
            if days:
                yield Stretch(
                    days=days,
                    per_week_target=int(phase["per_week_min"]),
                    per_week_max=int(phase["per_week_max"]),
                    per_week_floor=int(phase.get("per_week_floor", 0)),
                    min_gap=0,
                    max_gap=int(phase["max_gap_days"]),
                    per_day=per_day,
                    start_gap=int(course.get("min_start_gap", 0)) // self.unit,
                    nominal=nominal,
                )

    def _allowed(self, course: Json) -> Mask:
        chairs, sites = course.get("chairs"), course.get("sites")
        allowed = [(not chairs or c["id"] in chairs) and (not sites or c["site"] in sites) for c in self.data["chairs"]]
        return np.array(allowed)

    def _patient(self, course: Json) -> Mask:
        cells = np.zeros((self.days, self.cells), dtype=bool)
        for window in course.get("availability") or ({"weekdays": range(WEEK), "from": "00:00", "to": "24:00"},):
            cells[self._weekdays(window), self._cut(*_span(window))] = True
        return cells

    def _comes(self, course: Json) -> Mask:
        windows = course.get("availability") or ({"weekdays": range(WEEK)},)
        return np.asarray(np.any([self._weekdays(window) for window in windows], axis=0))

    def _usual(self, course: Json, tick: int) -> Costs | None:
        if not course.get("fixed_anchor_time"):
            return None
        prices = np.full(-(-self.cells * self.unit // tick), 1 << 56)
        prices[(_minute(course["fixed_anchor_time"]) - self.opens) // tick] = 0
        return prices

    def _keep(self, repair: Json, days: int, tick: int, cut: slice) -> Keep:
        weights, grid = self.weights, self.grid
        minute = self.opens + tick * np.arange(-(-self.cells * self.unit // tick))
        chairs = list(self.chairs)

        def price(start: int, chair: str) -> Any:
            off = weights["dev"] * np.abs(minute - start) // grid
            return off[None, :] + np.array([0 if name == chair else weights["chair"] for name in chairs])[:, None]

        usual = price(_minute(repair["usual_start"]), repair["usual_chair"])
        prices = np.repeat(usual[None] + weights["moved_day"], self.days, axis=0)
        old = {self.day(_date(entry["date"])): entry for entry in repair["old"]}
        for day, entry in old.items():
            if 0 <= day < self.days:
                start = _minute(entry["start"])
                moved = np.where(minute == start, 0, weights["moved_time"])
                prices[day] = price(start, entry["chair"]) + moved
        old_last = self.day(_date(repair["old_last"])) - cut.start
        return Keep(price=prices[cut], constant=weights["moved_day"] * (len(old) - days), old_last=old_last)

    def date_of(self, problem: Problem, day: int) -> str:
        """Return the ISO date of a day of a problem."""
        return (self.origin + timedelta(days=day + self.days - problem.days)).isoformat()

    def clock_of(self, cell: int) -> str:
        """Return the time of day at which a cell begins."""
        return clock(self.opens + cell * self.unit)

    def sessions(self, solution: Solution, problem: Problem) -> list[dict[str, str]]:
        """Write a solution as the sessions of an answer."""
        names = list(self.chairs)
        return [
            {
                "date": self.date_of(problem, place.day),
                "start": self.clock_of(problem.step * place.start),
                "chair": names[place.chair],
            }
            for place in solution.places
        ]

    def bookings_of(self, course: Json, sessions: Iterable[Json]) -> list[Json]:
        """Return the bookings that the sessions of a course amount to."""
        found: list[Json] = []
        for number, session in enumerate(sessions):
            first = number == 0 and not course.get("repair")
            site = self.data["chairs"][self.chairs[session["chair"]]]["site"]
            names = [*course.get("pools", ()), *(course.get("first_pools", ()) if first else ())]
            found.append(
                {
                    "chair": session["chair"],
                    "day": _date(session["date"]).toordinal(),
                    "minute": _minute(session["start"]),
                    "minutes": course.get("first_minutes", course["minutes"]) if first else course["minutes"],
                    "pools": [name if name in self.pools else f"{site}/{name}" for name in names],
                }
            )
        return found


def _date(text: str) -> date:
    return date.fromisoformat(text)


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _span(window: Json) -> tuple[int, int]:
    return _minute(window["from"]), min(_minute(window["to"]), MINUTES_A_DAY)


def _local(booking: Json, timezone: Any) -> dict[str, Any]:
    """Return a booking with its local day (as an ordinal) and minute."""
    if "start_utc" in booking:
        moment = datetime.fromisoformat(booking["start_utc"]).astimezone(timezone)
        return {**booking, "day": moment.toordinal(), "minute": moment.hour * 60 + moment.minute}
    return {**booking, "day": _date(booking["date"]).toordinal(), "minute": _minute(booking["start"])}
