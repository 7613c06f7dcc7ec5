"""A second opinion: the same instances as a model for CP-SAT. It shares no code with the engine."""

import datetime as dt
from typing import Any

from ortools.sat.python import cp_model

from tests.scheduler import judge

Json = dict[str, Any]


def optimum(case: Json, seconds: float = 60) -> int | None:
    """Return the least cost of the only course of a case, or None when it has no plan."""
    model = _Model(case, cp_model.CpModel(), case["courses"][0])
    return _least(model.cp, model.cost, case, seconds)


def optimum_together(case: Json, seconds: float = 60) -> int | None:
    """Return the least sum of the costs of all running courses of a case, or None when they do not fit."""
    cp = cp_model.CpModel()
    models = [_Model(case, cp, course) for course in case["courses"]]
    for day in models[0].dates:
        _share(case, cp, day.isoformat(), [use for model in models for use in model.uses if use[0] == day])
    return _least(cp, [price for model in models for price in model.cost], case, seconds)


def _share(case: Json, cp: Any, date: str, uses: list[Any]) -> None:
    """Keep chairs and pools from being taken too often on a date, at each moment at which a session could begin."""
    courses = {booking.get("course") for booking in case["booked"]} & {course["id"] for course in case["courses"]}
    fixed = [b for b in case["booked"] if b["date"] == date and b.get("course") not in courses]
    for t in {start for _, _, start, _, _, _ in uses}:
        now = [use for use in uses if use[2] <= t < use[2] + use[3]]
        for chair in {use[1] for use in now}:
            cp.add(sum(use[5] for use in now if use[1] == chair) <= 1)
        for pool in case["pools"]:
            units = sum(n for a, b, n in judge.cap_points(case, pool, date) if a <= t < b)
            spans = [(judge.minute(b["start"]), b) for b in fixed]
            taken = sum(b["pools"].count(pool["id"]) for begin, b in spans if begin <= t < begin + b["minutes"])
            cp.add(sum(use[5] * use[4].count(pool["id"]) for use in now) <= max(0, units - taken))


def _least(cp: Any, cost: list[Any], case: Json, seconds: float) -> int | None:
    cp.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.random_seed = 1
    status = solver.solve(cp)
    if status == cp_model.INFEASIBLE:
        return None
    assert status == cp_model.OPTIMAL, solver.status_name(status)
    return round(solver.objective_value) // case["grid_minutes"]


class _Model:
    """Build the model of one course."""

    def __init__(self, case: Json, cp: Any, course: Json) -> None:
        self.case, self.course, self.cp = case, course, cp
        self.running = {other["id"] for other in case["courses"] if other.get("repair")}
        self.uses: list[Any] = []  # (date, chair, start, minutes, pools, whether it is used)
        self.grid = case["grid_minutes"]
        self.per_day = self.course.get("per_day", 1)
        self.repair = self.course.get("repair")
        self.done = [judge.parse_date(d) for d in (self.repair or {}).get("done_dates", [])]
        first, last = (judge.parse_date(case["horizon"][end]) for end in ("from", "to"))
        self.dates = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
        self.weeks = sorted({judge.week(case, d) for d in self.dates})
        self.phases = self.course["phases"]
        self.used = {d: self.cp.new_bool_var(f"used {d}") for d in self.dates}
        self.is_first = {d: self.cp.new_bool_var(f"first {d}") for d in self.dates}
        self.is_last = {d: self.cp.new_bool_var(f"last {d}") for d in self.dates}
        self.phase = {(d, f): self.cp.new_bool_var("") for d in self.dates for f in range(len(self.phases))}
        self.cost: list[Any] = []
        self._days()
        self._gaps()
        for number in range(len(self.phases)):
            self._weekly(number)
        self._places()

    def _days(self) -> None:
        cp, weights = self.cp, self.case["weights"]
        earliest = judge.parse_date(self.course["earliest_date"])
        cp.add_exactly_one(self.is_first.values())
        cp.add_exactly_one(self.is_last.values())
        permit = self.course.get("authorisation")
        if permit and sum(p["sessions"] for p in self.phases) > permit.get("units", 10**9):
            cp.add_bool_or([])
        for day in self.dates:
            cp.add(sum(self.phase[day, f] for f in range(len(self.phases))) == self.used[day])
            cp.add_implication(self.is_first[day], self.used[day])
            cp.add_implication(self.is_last[day], self.used[day])
            for other in self.dates:
                if other < day:
                    cp.add_implication(self.is_first[day], self.used[other].negated())
                    cp.add_implication(self.is_last[other], self.used[day].negated())
            wait, end = (day - earliest).days, (day - earliest).days
            if self.repair:
                wait, end = 0, max(0, (day - judge.parse_date(self.repair["old_last"])).days)
            self.cost.append(self.grid * weights["wait"] * wait * self.is_first[day])
            self.cost.append(self.grid * weights["end"] * end * self.is_last[day])
        for number, phase in enumerate(self.phases):
            cp.add(sum(self.phase[d, number] for d in self.dates) == phase["sessions"] // self.per_day)
            for later in range(number + 1, len(self.phases)):
                for a in self.dates:
                    for b in self.dates:
                        if judge.week(self.case, b) <= judge.week(self.case, a):
                            cp.add_bool_or(self.phase[a, number].negated(), self.phase[b, later].negated())

    def _gaps(self) -> None:
        for (day, number), chosen in self.phase.items():
            longest = self.phases[number]["max_gap_days"]
            near = [self.used[d] for d in self.dates if 0 < (day - d).days <= longest]
            first_may = not self.done or (day - max(self.done)).days <= longest
            self.cp.add_bool_or([chosen.negated(), *near, *([self.is_first[day]] if first_may else [])])

    def _weekly(self, number: int) -> None:
        cp, rule = self.cp, self.phases[number]
        total = rule["sessions"] // self.per_day
        begin = judge.week(self.case, judge.parse_date(self.course["earliest_date"]))
        given, started_before = 0, None
        for week in self.weeks:
            dates = [d for d in self.dates if judge.week(self.case, d) == week]
            here = sum(self.phase[d, number] for d in dates)
            extra = sum(judge.week(self.case, d) == week for d in self.done) if number == 0 else 0
            any_here, started, ended = (cp.new_bool_var("") for _ in range(3))
            cp.add(here >= 1).only_enforce_if(any_here)
            cp.add(here == 0).only_enforce_if(any_here.negated())
            cp.add(here + extra <= rule["per_week_max"]).only_enforce_if(any_here)
            given = given + here
            cp.add(given >= 1).only_enforce_if(started)
            cp.add(given == 0).only_enforce_if(started.negated())
            cp.add(given == total).only_enforce_if(ended)
            cp.add(given < total).only_enforce_if(ended.negated())
            holds = [ended.negated()]
            if not (number == 0 and self.done and week >= begin):
                holds.append(started)
            if number == 0 and not self.done:
                holds = [
                    ended.negated(),
                    *([started_before] if started_before is not None else [started, started.negated()]),
                ]
            started_before = started
            week_dates = [(week + dt.timedelta(n)).isoformat() for n in range(7)]
            possible = sum(judge.possible(self.case, self.course, d) for d in week_dates)
            cp.add(here + extra >= min(rule.get("per_week_floor", 0), possible)).only_enforce_if(holds)
            short = cp.new_int_var(0, 7, "")
            cp.add(short >= min(rule["per_week_min"], possible) - here - extra).only_enforce_if(holds)
            self.cost.append(self.grid * self.case["weights"]["short"] * short)

    def _places(self) -> None:
        cp, course, weights = self.cp, self.course, self.case["weights"]
        chairs = self.case["chairs"]
        home = {c["id"]: cp.new_bool_var("") for c in chairs}
        cp.add_exactly_one(home.values())
        counts_first = course.get("first_counts", False) or self.per_day > 1
        nominal = course.get("nominal_gap", course.get("min_start_gap", 0))
        usual = cp.new_int_var(-1440, 2880, "")
        for day in self.dates:
            if not self._date_allowed(day):
                cp.add(self.used[day] == 0)
                continue
            starts = []
            on = {c["id"]: cp.new_bool_var("") for c in chairs}
            for number in range(self.per_day):
                mapped = number == 0 and not self.repair
                plain, opening = self._options(day, first=False), self._options(day, first=True) if mapped else {}
                cp.add(sum(plain.values()) == self.used[day] - (self.is_first[day] if mapped else 0))
                if mapped:
                    cp.add(sum(opening.values()) == self.is_first[day])
                options = [*plain.items(), *opening.items()]
                start = sum(s * var for (_, s), var in options)
                for c in chairs:
                    cp.add(on[c["id"]] == sum(var for (name, _), var in options if name == c["id"]))
                if starts:
                    gap = max(course.get("min_start_gap", 0), course["minutes"])
                    cp.add(start - starts[-1] >= gap * self.used[day])
                    if len(starts) == 1 and not self.repair:
                        cp.add(
                            start - starts[-1] >= course.get("first_minutes", course["minutes"]) * self.is_first[day]
                        )
                starts.append(start)
                if self.repair:
                    self._repair_price(day, number, options)
                    continue
                counted = [self.used[day], *([] if counts_first else [self.is_first[day].negated()])]
                off, away = cp.new_int_var(0, 4320, ""), cp.new_bool_var("")
                cp.add(off >= start - number * nominal - usual).only_enforce_if(counted)
                cp.add(off >= usual - start + number * nominal).only_enforce_if(counted)
                for c in chairs:
                    cp.add_bool_or([on[c["id"]].negated(), home[c["id"]], away, *(v.negated() for v in counted)])
                self.cost.append(weights["dev"] * off + self.grid * weights["chair"] * away)
        if self.repair:
            old = {o["date"] for o in self.repair["old"]}
            kept = sum(self.used[d] for d in self.dates if d.isoformat() in old)
            self.cost.append(self.grid * weights["moved_day"] * (len(old) - kept))

    def _repair_price(self, day: dt.date, number: int, options: list[tuple[tuple[str, int], Any]]) -> None:
        if number > 0:
            return
        weights, old = self.case["weights"], {o["date"]: o for o in self.repair["old"]}
        was = old.get(day.isoformat())
        usual = (was["start"], was["chair"]) if was else (self.repair["usual_start"], self.repair["usual_chair"])
        for (chair, start), var in options:
            off = weights["dev"] * abs(start - judge.minute(usual[0])) // self.grid
            moved = weights["moved_time"] if was and start != judge.minute(usual[0]) else 0
            self.cost.append(self.grid * (off + moved + (weights["chair"] if chair != usual[1] else 0)) * var)

    def _date_allowed(self, day: dt.date) -> bool:
        course, text = self.course, day.isoformat()
        permit = course.get("authorisation")
        inside = not permit or permit["from"] <= text <= permit["to"]
        in_time = course["earliest_date"] <= text <= course.get("latest_date", "9999")
        return inside and in_time and text not in course.get("unavailable_dates", [])

    def _options(self, day: dt.date, first: bool) -> dict[tuple[str, int], Any]:
        """Return a variable for each (chair, start) at which one visit would be possible alone."""
        length = self.course.get("first_minutes", self.course["minutes"]) if first else self.course["minutes"]
        found = {}
        for chair in self.case["chairs"]:
            for start in range(0, 1440, self.grid):
                if self._fits(chair, day.isoformat(), start, length, first):
                    found[chair["id"], start] = self.cp.new_bool_var("")
                    pools = judge.pool_ids(self.case, self.course, chair, first)
                    self.uses.append((day, chair["id"], start, length, pools, found[chair["id"], start]))
        return found

    def _fits(self, chair: Json, date: str, start: int, length: int, first: bool) -> bool:
        case, course, end = self.case, self.course, start + length
        for key, value in (("chairs", chair["id"]), ("sites", chair["site"])):
            if course.get(key) and value not in course[key]:
                return False
        minute, windows = judge.minute, judge.windows_open(case, chair, date)
        if not any(a <= start and end <= b for a, b in windows):
            return False
        if any(w["date"] == date and start < minute(w["to"]) and minute(w["from"]) < end for w in chair["blocked"]):
            return False
        weekday = judge.parse_date(date).weekday()
        wishes = [(minute(w["from"]), minute(w["to"])) for w in course["availability"] if weekday in w["weekdays"]]
        if not all(any(a <= t < b for a, b in wishes) for t in range(start, end)):
            return False
        taken = [b for b in case["booked"] if b["date"] == date and b.get("course") not in self.running]
        spans = [(minute(b["start"]), minute(b["start"]) + b["minutes"], b) for b in taken]
        if any(b["chair"] == chair["id"] and start < q and p < end for p, q, b in spans):
            return False
        needs = judge.pool_ids(case, course, chair, first)
        for name in set(needs):
            points = judge.cap_points(case, next(p for p in case["pools"] if p["id"] == name), date)
            for t in range(start, end):
                units = sum(n for a, b, n in points if a <= t < b)
                used = sum(b["pools"].count(name) for p, q, b in spans if p <= t < q)
                if used + needs.count(name) > units:
                    return False
        return True
