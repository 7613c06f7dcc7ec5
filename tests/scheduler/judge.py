"""The judge of the public instance format: checks every rule and counts the cost. It shares no code with the engine."""

import datetime as dt
from collections import defaultdict
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]


def minute(text: str) -> int:
    """Return the minute of the day of an HH:MM."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def parse_date(text: str) -> dt.date:
    """Return the date of an ISO text."""
    return dt.date.fromisoformat(text)


def week(case: Json, day: dt.date) -> dt.date:
    """Return the first date of a week."""
    return day - dt.timedelta((day.weekday() - case.get("week_starts_on", 0)) % 7)


def windows_open(case: Json, chair: Json, date: str) -> list[tuple[int, int]]:
    """Return the opening windows of a chair on a date."""
    if date in case.get("closed_dates", []):
        return []
    weekday = parse_date(date).weekday()
    return [(minute(w["from"]), minute(w["to"])) for w in chair["hours"] if weekday in w["weekdays"]]


def cap_points(case: Json, pool: Json, date: str) -> list[tuple[int, int, int]]:
    """Return the capacity entries (from, to, units) of a pool that hold on a date."""
    weekday, shut = parse_date(date).weekday(), date in case.get("closed_dates", [])
    return [
        (minute(w["from"]), minute(w["to"]), w["units"])
        for w in pool["capacity"]
        if (w["date"] == date if "date" in w else weekday in w["weekdays"] and not shut)
    ]


def pool_ids(case: Json, course: Json, chair: Json, first: bool) -> list[str]:
    """Return the pools that one session takes from."""
    known = {pool["id"] for pool in case["pools"]}
    names = course.get("pools", []) + (course.get("first_pools", []) if first else [])
    return [name if name in known else f"{chair['site']}/{name}" for name in names]


def possible(case: Json, course: Json, date: str) -> bool:
    """Tell whether a date counts for the weekly floor and target."""
    permit, wishes = course.get("authorisation"), course.get("availability")
    return (
        case["horizon"]["from"] <= date <= case["horizon"]["to"]
        and course["earliest_date"] <= date <= course.get("latest_date", "9999")
        and date not in course.get("unavailable_dates", [])
        and (not permit or permit["from"] <= date <= permit["to"])
        and (not wishes or any(parse_date(date).weekday() in w["weekdays"] for w in wishes))
        and any(
            windows_open(case, chair, date) and not _fully_blocked(case, chair, date)
            for chair in case["chairs"]
            if _chair_allowed(course, chair)
        )
    )


def check(case: Json, answer: dict[str, list[Json] | None]) -> tuple[list[str], dict[str, int | None]]:
    """Return (broken rules, cost of each course) of an answer."""
    errors: list[str] = []
    running = {c["id"] for c in case["courses"] if c.get("repair") and answer.get(c["id"]) is not None}
    uses = [_booked(case, b) for b in case.get("booked", []) if b.get("course") not in running]
    costs: dict[str, int | None] = {}
    for course in case["courses"]:
        sessions = answer.get(course["id"])
        if sessions is None:
            costs[course["id"]] = None
            if course.get("repair"):
                errors.append(f"{course['id']}: a running course is missing")
            continue
        verdict = _Verdict(case, course, sessions)
        errors += [f"{course['id']}: {text}" for text in verdict.errors]
        costs[course["id"]] = verdict.cost
        uses += verdict.uses
    return errors + _clashes(case, uses), costs


class _Verdict:
    """Judge the sessions of one course."""

    def __init__(self, case: Json, course: Json, sessions: list[Json]) -> None:
        self.case, self.course = case, course
        self.errors: list[str] = []
        self.uses: list[Json] = []
        self.cost: int | None = None
        self.sessions = sorted(sessions, key=lambda s: (s["date"], minute(s["start"])))
        self.per_day = course.get("per_day", 1)
        self.done = [parse_date(d) for d in (course.get("repair") or {}).get("done_dates", [])]
        total = sum(phase["sessions"] for phase in course["phases"])
        if len(sessions) != total:
            self.errors.append(f"needs {total} sessions, has {len(sessions)}")
            return
        for number, session in enumerate(self.sessions):
            self._place(session, first=number == 0 and not course.get("repair"))
        if total > (course.get("authorisation") or {}).get("units", 10**9):
            self.errors.append("more sessions than units")
        self.by_date: dict[str, list[Json]] = defaultdict(list)
        for session in self.sessions:
            self.by_date[session["date"]].append(session)
        self._days()
        short = self._phases()
        self.cost = self._repair_cost(short) if course.get("repair") else self._cost(short)

    def _place(self, session: Json, first: bool) -> None:
        case, course, date = self.case, self.course, session["date"]
        start = minute(session["start"])
        end = start + (course.get("first_minutes", course["minutes"]) if first else course["minutes"])
        chair = next((c for c in case["chairs"] if c["id"] == session["chair"]), None)
        if chair is None or not _chair_allowed(course, chair):
            self.errors.append(f"chair {session['chair']} is not allowed")
            return
        permit = course.get("authorisation")
        wishes = course.get("availability")
        weekday = parse_date(date).weekday()
        covered, spans = start, []
        for a, b in sorted((minute(w["from"]), minute(w["to"])) for w in wishes or [] if weekday in w["weekdays"]):
            if a <= covered < b:
                covered = b
        spans = [(minute(w["from"]), minute(w["to"])) for w in chair.get("blocked", []) if w["date"] == date]
        for broken, text in (
            (start % case["grid_minutes"], "off the grid"),
            (not any(a <= start and end <= b for a, b in windows_open(case, chair, date)), "outside opening hours"),
            (any(start < b and a < end for a, b in spans), "on a blocked chair"),
            (not case["horizon"]["from"] <= date <= case["horizon"]["to"], "outside the horizon"),
            (not course["earliest_date"] <= date <= course.get("latest_date", "9999"), "outside the course's dates"),
            (date in course.get("unavailable_dates", []), "while the patient is away"),
            (permit and not permit["from"] <= date <= permit["to"], "outside the authorisation"),
            (wishes and covered < end, "when the patient cannot come"),
        ):
            if broken:
                self.errors.append(f"{date} {session['start']} {text}")
        pools = pool_ids(case, course, chair, first)
        who = f"{course['id']} {date}"
        self.uses.append(
            {"chair": chair["id"], "date": date, "start": start, "end": end, "pools": pools, "who": who, "new": True}
        )

    def _days(self) -> None:
        for date, sessions in self.by_date.items():
            if len(sessions) != self.per_day:
                self.errors.append(f"{len(sessions)} sessions on {date}, rule is {self.per_day}")
            if len({s["chair"] for s in sessions}) > 1:
                self.errors.append(f"several chairs on {date}")
            for a, b in pairwise(sessions):
                if minute(b["start"]) - minute(a["start"]) < self.course["min_start_gap"]:
                    self.errors.append(f"sessions too close on {date}")

    def _phases(self) -> int:
        """Check the phases in order; return the shortfall."""
        dates = [parse_date(d) for d in sorted(self.by_date)]
        short, used, last = 0, 0, None
        for number, phase in enumerate(self.course["phases"]):
            days = dates[used : used + phase["sessions"] // self.per_day]
            used += len(days)
            if last and week(self.case, days[0]) <= week(self.case, last):
                self.errors.append(f"phase {number} begins in the week in which the one before ends")
            before = max(self.done) if number == 0 and self.done else last
            line = [*([before] if before else []), *days]
            for a, b in pairwise(line):
                if (b - a).days > phase["max_gap_days"]:
                    self.errors.append(f"gap {a} to {b}")
            short += self._weekly(number, phase, days)
            last = days[-1]
        return short

    def _weekly(self, number: int, phase: Json, days: list[dt.date]) -> int:
        done = self.done if number == 0 else []
        given, extra = defaultdict(int), defaultdict(int)
        for counts, dates in ((given, days), (extra, done)):
            for day in dates:
                counts[week(self.case, day)] += 1
        for first, count in given.items():
            if count + extra[first] > phase["per_week_max"]:
                self.errors.append(f"more than {phase['per_week_max']} days in the week of {first}")
        first, final, short = week(self.case, days[0]), week(self.case, days[-1]), 0
        if done:
            first = week(self.case, parse_date(self.course["earliest_date"]))
        elif number == 0:
            first += dt.timedelta(7)
        while first < final:
            dates = [(first + dt.timedelta(n)).isoformat() for n in range(7)]
            open_days = sum(possible(self.case, self.course, d) for d in dates)
            have = given[first] + extra[first]
            short += max(0, min(phase["per_week_min"], open_days) - have)
            if have < min(phase.get("per_week_floor", 0), open_days):
                self.errors.append(f"only {have} days in the week of {first}")
            first += dt.timedelta(7)
        return short

    def _cost(self, short: int) -> int:
        weights, grid = self.case["weights"], self.case["grid_minutes"]
        earliest = parse_date(self.course["earliest_date"])
        first, last = (parse_date(pick(self.by_date)) for pick in (min, max))
        nominal = self.course.get("nominal_gap", self.course.get("min_start_gap", 0))
        counted = []
        for sessions in self.by_date.values():
            counted += [(minute(s["start"]) - n * nominal, s["chair"]) for n, s in enumerate(sessions)]
        if not (self.course.get("first_counts") or self.per_day > 1):
            opening = self.sessions[0]
            counted.remove((minute(opening["start"]), opening["chair"]))
        wished = self.course.get("fixed_anchor_time")
        anchors = [minute(wished)] if wished else sorted({start for start, _ in counted})
        prices = [
            weights["chair"] * sum(chair != home for _, chair in counted)
            + weights["dev"] * sum(abs(start - usual) for start, _ in counted) // grid
            for home in {chair for _, chair in counted}
            for usual in anchors
        ]
        time = weights["wait"] * (first - earliest).days + weights["end"] * (last - earliest).days
        return min(prices, default=0) + time + weights["short"] * short

    def _repair_cost(self, short: int) -> int:
        weights, grid, repair = self.case["weights"], self.case["grid_minutes"], self.course["repair"]
        old = {entry["date"]: entry for entry in repair["old"]}
        cost = weights["moved_day"] * len(old.keys() - self.by_date.keys()) + weights["short"] * short
        for date, sessions in self.by_date.items():
            was = old.get(date, {"start": repair["usual_start"], "chair": repair["usual_chair"]})
            off = abs(minute(sessions[0]["start"]) - minute(was["start"]))
            cost += weights["moved_time"] if date in old and off else 0
            cost += weights["dev"] * off // grid
            cost += weights["chair"] if sessions[0]["chair"] != was["chair"] else 0
        late = parse_date(max(self.by_date)) - parse_date(repair["old_last"])
        return cost + weights["end"] * max(0, late.days)


def _chair_allowed(course: Json, chair: Json) -> bool:
    chairs, sites = course.get("chairs"), course.get("sites")
    return (not chairs or chair["id"] in chairs) and (not sites or chair["site"] in sites)


def _fully_blocked(case: Json, chair: Json, date: str) -> bool:
    blocks = sorted((minute(w["from"]), minute(w["to"])) for w in chair.get("blocked", []) if w["date"] == date)
    for start, end in windows_open(case, chair, date):
        covered = start
        for a, b in blocks:
            if a <= covered < b:
                covered = b
        if covered < end:
            return False
    return True


def _booked(case: Json, booking: Json) -> Json:
    date, start = booking.get("date"), booking.get("start")
    if "start_utc" in booking:
        local = dt.datetime.fromisoformat(booking["start_utc"]).astimezone(ZoneInfo(case["timezone"]))
        date, start = local.date().isoformat(), local.strftime("%H:%M")
    begin = minute(start)
    use = {"chair": booking["chair"], "date": date, "start": begin, "end": begin + booking["minutes"]}
    return {**use, "pools": booking.get("pools", []), "who": booking["id"], "new": False}


def _clashes(case: Json, uses: list[Json]) -> list[str]:
    errors = []
    by_chair, by_pool = defaultdict(list), defaultdict(list)
    for use in uses:
        by_chair[use["chair"], use["date"]].append(use)
        for name in use["pools"]:
            by_pool[name, use["date"]].append(use)
    for where, here in by_chair.items():
        here.sort(key=lambda use: use["start"])
        for a, b in pairwise(here):
            if b["start"] < a["end"] and (a["new"] or b["new"]):
                errors.append(f"chair clash {where}: {a['who']} and {b['who']}")
    pools = {pool["id"]: pool for pool in case.get("pools", [])}
    for (name, date), here in by_pool.items():
        points = cap_points(case, pools[name], date) if any(use["new"] for use in here) else []
        for t in sorted(
            {use["start"] for use in here if any(u["new"] for u in here)}
            | {a for a, _, _ in points}
            | {b for _, b, _ in points}
        ):
            now = [use for use in here if use["start"] <= t < use["end"]]
            if len(now) > sum(units for a, b, units in points if a <= t < b) and any(use["new"] for use in now):
                errors.append(f"pool {name} over capacity on {date} at {t // 60:02d}:{t % 60:02d}")
    return errors
