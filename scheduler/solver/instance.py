"""Compile courses of the public instance format `tms-plan/1` for the search."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import gcd
from typing import Any

import numpy as np

from scheduler.hours import clock, week_start

from .instance_cells import Cells, Json, date_in, minute_of, span_of
from .problem import WEEK, Costs, Keep, Mask, Prices, Problem, Role, Stretch, erode
from .shape import BadInstance
from .trace import Solution


class Instance(Cells):
    """Hold one instance file as grids of cells, and compile its courses against what is booked now."""

    def problem(self, course: Json) -> Problem:
        """Compile one course against what is booked now."""
        per_day = int(course.get("per_day", 1))
        repair: Json | None = course.get("repair")
        permit: Json = course.get("authorisation") or {}
        several = per_day > 1 and not repair
        nominal = int(course.get("nominal_gap", course.get("min_start_gap", 0))) if several else 0
        tick = gcd(self.grid, nominal)
        earliest = date_in(course["earliest_date"])
        cut = slice(self.day(week_start(max(earliest, self.first), self.week_starts_on)), None)
        first = max(earliest, self.first, date_in(permit.get("from", course["earliest_date"])))
        limits = (course.get("latest_date"), permit.get("to"))
        last = min([self.last, *(date_in(limit) for limit in limits if limit)])
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
            away=self._away(course)[cut],
            step=tick // self.unit,
            hour=60 // self.unit,
            earliest=self.day(earliest) - offset,
            first=self.day(first) - offset,
            last=self.day(last) - offset,
            opening=None if repair else 1,
            opening_counts=bool(course.get("first_counts", False)) or per_day > 1,
            fresh=not repair,
            done=tuple(self.day(date_in(text)) - offset for text in (repair or {}).get("done_dates", ())),
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
                start, end = span_of(window)
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
            cells[self._weekdays(window), self._cut(*span_of(window))] = True
        return cells

    def _comes(self, course: Json) -> Mask:
        windows = course.get("availability") or ({"weekdays": range(WEEK)},)
        return np.asarray(np.any([self._weekdays(window) for window in windows], axis=0))

    def _away(self, course: Json) -> Mask:
        return np.isin(np.arange(self.days), [self.day(date_in(text)) for text in course.get("unavailable_dates", ())])

    def _usual(self, course: Json, tick: int) -> Costs | None:
        if not course.get("fixed_anchor_time"):
            return None
        prices = np.full(-(-self.cells * self.unit // tick), 1 << 56)
        prices[(minute_of(course["fixed_anchor_time"]) - self.opens) // tick] = 0
        return prices

    def _keep(self, repair: Json, days: int, tick: int, cut: slice) -> Keep:
        weights, grid = self.weights, self.grid
        minute = self.opens + tick * np.arange(-(-self.cells * self.unit // tick))
        chairs = list(self.chairs)

        def price(start: int, chair: str) -> Any:
            off = weights["dev"] * np.abs(minute - start) // grid
            return off[None, :] + np.array([0 if name == chair else weights["chair"] for name in chairs])[:, None]

        usual = price(minute_of(repair["usual_start"]), repair["usual_chair"])
        prices = np.repeat(usual[None] + weights["moved_day"], self.days, axis=0)
        old = {self.day(date_in(entry["date"])): entry for entry in repair["old"]}
        for day, entry in old.items():
            if 0 <= day < self.days:
                start = minute_of(entry["start"])
                moved = np.where(minute == start, 0, weights["moved_time"])
                prices[day] = price(start, entry["chair"]) + moved
        old_last = self.day(date_in(repair["old_last"])) - cut.start
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
                    "day": date_in(session["date"]).toordinal(),
                    "minute": minute_of(session["start"]),
                    "minutes": course.get("first_minutes", course["minutes"]) if first else course["minutes"],
                    "pools": [name if name in self.pools else f"{site}/{name}" for name in names],
                }
            )
        return found
