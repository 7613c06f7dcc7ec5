"""Print how long the engine takes for single courses.

    python3 dev.py bench bench_engine

First only the search is timed; reading the diary into grids is reported beside it. The clinic is invented: 4 chairs (or
40 on 10 sites), 16 weeks, 80-85 % of all chair time taken by short visits with gaps between them. Then whole answers of
`plan_course`, grids and reasons included, on the demo's clinic.
"""

import random
import sys
from datetime import date, timedelta
from time import perf_counter
from typing import Any

import numpy as np

from scheduler import Availability, CourseRequest, Diary, catalog, demo, plan_course
from scheduler.solver.best import solve
from scheduler.solver.instance import Instance

Json = dict[str, Any]
MONDAY = date(2026, 3, 2)
WEEKS = 16
WEEKDAYS = [0, 1, 2, 3, 4]
WEIGHTS = {"wait": 5, "end": 10, "dev": 1, "chair": 6, "short": 60, "moved_day": 100, "moved_time": 20}
TAPER = [{"sessions": n, "per_week_min": n, "per_week_max": n, "max_gap_days": 10} for n in (3, 2, 1)]
DAILY = {"sessions": 30, "per_week_min": 5, "per_week_max": 5, "per_week_floor": 3, "max_gap_days": 7}


def main(cases: int) -> None:
    """Print a table of percentiles."""
    print(f"{'case':34} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8} {'grid ms':>8} {'solved':>7}")
    for name, sites, build in (
        ("36 sessions, 4 chairs", 1, full_course),
        ("36 sessions, 40 chairs", 10, full_course),
        ("30 x twice a day, 4 chairs", 1, twice_daily),
        ("10 a day for 5 days, 4 chairs", 1, accelerated),
        ("repair of a missed session", 1, repair),
        ("infeasible: 36 in 6 weeks", 1, too_tight),
    ):
        times, grids, solved = [], [], 0
        for seed in range(cases):
            rng = random.Random(seed)
            case = clinic(rng, sites)
            case["courses"] = [build(rng, case)]
            started = perf_counter()
            instance = Instance(case)
            grids.append(perf_counter() - started)
            problem = instance.problem(instance.courses[0])
            started = perf_counter()
            solved += solve(problem) is not None
            times.append(perf_counter() - started)
        report(name, times, f"{np.median(grids) * 1000:8.1f} {solved:4}/{cases}")
    whole_answers(cases)


def whole_answers(cases: int) -> None:
    """Time plans with their reasons, and refusals, on a clinic that is 80 % full."""
    full = demo.booked_demo_diary(MONDAY)
    diary = Diary.of(full.sessions)
    for name, wishes in (
        ("plans with reasons", {}),
        ("a refusal with reasons", {"latest_date": MONDAY + timedelta(45)}),
    ):
        times = []
        for seed in range(cases):
            rng = random.Random(seed)
            hours = rng.choice(["08:00-18:00", "09:00-13:00", "12:00-18:00", "09:00-15:00"])
            request = CourseRequest(
                patient="Ada",
                protocol=catalog.STANDARD_RTMS,
                earliest_date=MONDAY + timedelta(rng.randint(0, 10)),
                availability=Availability.parse(f"Mon-Fri {hours}"),
                **wishes,
            )
            started = perf_counter()
            plan_course(request, full.clinic, diary)
            times.append(perf_counter() - started)
        report(name, times)


def report(name: str, times: list[float], more: str = "") -> None:
    """Print one row."""
    p50, p95, most = np.percentile(times, [50, 95, 100]) * 1000
    print(f"{name:34} {p50:8.1f} {p95:8.1f} {most:8.1f} {more}")


def clinic(rng: random.Random, sites: int) -> Json:
    """Return a clinic with 4 chairs a site, filled at random."""
    dates = [MONDAY + timedelta(7 * week + day) for week in range(WEEKS) for day in WEEKDAYS]
    chairs, pools, booked = [], [], []
    for site in (f"S{n + 1}" for n in range(sites)):
        early, late = (("08:00", "17:00", 3), ("09:00", "18:00", 2))
        windows = [{"weekdays": WEEKDAYS, "from": a, "to": b, "units": n} for a, b, n in (early, late)]
        pools.append({"id": f"{site}/tech", "site": site, "capacity": windows})
        windows = [
            {"weekdays": WEEKDAYS, "from": a, "to": b, "units": 1} for a, b in (("08:30", "12:30"), ("13:30", "17:30"))
        ]
        pools.append({"id": f"{site}/physician", "site": site, "capacity": windows})
        for number in range(4):
            chair = f"{site}C{number + 1}"
            hours = [{"weekdays": WEEKDAYS, "from": "08:00", "to": "18:00"}]
            chairs.append({"id": chair, "site": site, "hours": hours, "blocked": []})
            for day in dates:
                minute = 8 * 60 + rng.choice([0, 5, 10, 30])
                while minute < 17.5 * 60:
                    length = rng.choice([20, 30, 30, 40])
                    entry = {"id": f"B{len(booked)}", "chair": chair, "date": day.isoformat(), "minutes": length}
                    booked.append(entry | {"start": _clock(minute), "pools": [f"{site}/tech"]})
                    minute += length + rng.choice([0, 0, 0, 0, 0, 5, 10, 10, 35])
    return {
        "format": "tms-plan/1",
        "kind": "single",
        "timezone": "Europe/Berlin",
        "grid_minutes": 5,
        "week_starts_on": 0,
        "horizon": {"from": MONDAY.isoformat(), "to": (MONDAY + timedelta(7 * WEEKS - 1)).isoformat()},
        "closed_dates": ["2026-04-03", "2026-04-06", "2026-05-01"],
        "chairs": chairs,
        "pools": pools,
        "booked": booked,
        "weights": WEIGHTS,
    }


def full_course(rng: random.Random, case: Json) -> Json:
    """Return a course of 30 daily sessions and a taper, for a patient with some wishes."""
    start, end = rng.choice([("08:00", "18:00"), ("08:00", "13:00"), ("12:00", "18:00"), ("09:00", "15:00")])
    return {
        "id": "P1",
        "earliest_date": (MONDAY + timedelta(rng.randint(0, 10))).isoformat(),
        "pools": ["tech"],
        "first_pools": ["physician"],
        "minutes": 30,
        "first_minutes": 30,
        "availability": [{"weekdays": WEEKDAYS, "from": start, "to": end}],
        "unavailable_dates": [(MONDAY + timedelta(rng.randint(14, 40))).isoformat() for _ in range(2)],
        "phases": [DAILY, *TAPER],
    }


def twice_daily(rng: random.Random, case: Json) -> Json:
    """Return 30 sessions, two a day with at least four hours between."""
    rule = {"sessions": 30, "per_week_min": 5, "per_week_max": 5, "per_week_floor": 2, "max_gap_days": 7}
    extra = {"per_day": 2, "min_start_gap": 240, "nominal_gap": 240, "minutes": 20, "first_minutes": 20}
    return full_course(rng, case) | extra | {"phases": [rule], "availability": [_all_day()]}


def accelerated(rng: random.Random, case: Json) -> Json:
    """Return 50 sessions, ten a day on five days; one chair is kept free for it from the fifth week on."""
    free_from = (MONDAY + timedelta(28)).isoformat()
    case["booked"] = [b for b in case["booked"] if b["chair"] != "S1C1" or b["date"] < free_from or rng.random() < 0.05]
    rule = {"sessions": 50, "per_week_min": 5, "per_week_max": 5, "per_week_floor": 0, "max_gap_days": 7}
    extra = {"per_day": 10, "min_start_gap": 50, "nominal_gap": 50, "minutes": 10, "first_minutes": 20}
    return full_course(rng, case) | extra | {"phases": [rule], "availability": [_all_day()]}


def repair(rng: random.Random, case: Json) -> Json:
    """Return a running course of which one session was missed."""
    course = full_course(rng, case)
    first = {"earliest_date": MONDAY.isoformat(), "unavailable_dates": [], "availability": [_all_day()]}
    instance = Instance(case | {"courses": [course | first]})
    problem = instance.problem(instance.courses[0])
    solution = solve(problem)
    assert solution is not None
    sessions = instance.sessions(solution, problem)
    done, missed, left = sessions[:10], sessions[10], sessions[11:30]
    today = (date.fromisoformat(missed["date"]) + timedelta(1)).isoformat()
    old = {"old": left, "old_last": left[-1]["date"], "done_dates": [s["date"] for s in done]}
    usual = {"usual_start": left[0]["start"], "usual_chair": left[0]["chair"]}
    return course | first | {"earliest_date": today, "repair": old | usual, "phases": [DAILY | {"sessions": 20}]}


def too_tight(rng: random.Random, case: Json) -> Json:
    """Return a course whose authorisation ends too early."""
    course = full_course(rng, case)
    last = date.fromisoformat(course["earliest_date"]) + timedelta(42)
    return course | {"authorisation": {"from": course["earliest_date"], "to": last.isoformat(), "units": 36}}


def _all_day() -> Json:
    return {"weekdays": WEEKDAYS, "from": "08:00", "to": "18:00"}


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
