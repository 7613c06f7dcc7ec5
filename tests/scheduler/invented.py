"""Small invented cases of the public instance format, made from a seed: tight, odd, and often without a plan."""

import datetime as dt
import random
from typing import Any

Json = dict[str, Any]
MONDAY = dt.date(2026, 3, 2)


def invent(seed: int) -> Json:
    """Return one case with a single course, new or running."""
    rng = random.Random(seed)
    weeks = rng.randint(2, 4)
    grid = rng.choice([10, 20, 30])
    week_starts_on = rng.choice([0, 0, 5, 6])
    first = MONDAY + dt.timedelta((week_starts_on - 1) % 7 - 6 + rng.choice([0, 0, 1, 3]))
    dates = [(first + dt.timedelta(n)).isoformat() for n in range(7 * weeks)]
    weekdays = rng.choice([[0, 1, 2, 3, 4]] * 3 + [[0, 1, 2, 3, 4, 5], [5, 6, 0, 1, 2, 3], [0, 2, 4], list(range(7))])
    sites = ["S1"] if rng.random() < 0.7 else ["S1", "S2"]
    chairs = [_chair(rng, f"C{n}", rng.choice(sites), weekdays, dates) for n in range(rng.randint(1, 3))]
    sites = sorted({chair["site"] for chair in chairs})
    case: Json = {
        "format": "tms-plan/1",
        "id": f"invented-{seed}",
        "kind": "single",
        "timezone": "Europe/Berlin",
        "grid_minutes": grid,
        "week_starts_on": week_starts_on,
        "horizon": {"from": dates[0], "to": dates[-1 - rng.randint(0, 3)]},
        "closed_dates": rng.sample(dates, rng.choice([0, 0, 1, 2])),
        "chairs": chairs,
        "pools": [_pool(rng, f"{site}/{name}", weekdays, dates) for site in sites for name in ("tech", "physician")],
        "booked": [],
        "courses": [],
        "weights": {"wait": 5, "end": 10, "dev": 1, "chair": 6, "short": 60, "moved_day": 100, "moved_time": 20},
    }
    if rng.random() < 0.3:
        case["weights"] |= {"wait": rng.choice([0, 1, 20]), "end": rng.choice([0, 1]), "dev": rng.choice([0, 1, 7])}
    load = rng.choice([0, 0.2, 0.5, 0.8])
    for date in dates:
        for chair in chairs:
            for start in range(8 * 60, 13 * 60, 30):
                if rng.random() < load:
                    _book(case, chair, date, start, rng.choice([15, 20, 30]))
    running = rng.random() < 0.3
    case["courses"].append(_running(rng, case, dates) if running else _new(rng, case, dates))
    return case


def _chair(rng: random.Random, name: str, site: str, weekdays: list[int], dates: list[str]) -> Json:
    morning = {"weekdays": weekdays, "from": "08:00", "to": rng.choice(["10:30", "11:00", "12:00"])}
    windows = [morning] if rng.random() < 0.7 else [morning, {"weekdays": weekdays[:2], "from": "12:00", "to": "13:30"}]
    blocked = [{"date": d, "from": rng.choice(["08:00", "09:30"]), "to": "18:00"} for d in rng.sample(dates, 2)]
    return {"id": name, "site": site, "hours": windows, "blocked": blocked if rng.random() < 0.5 else []}


def _pool(rng: random.Random, name: str, weekdays: list[int], dates: list[str]) -> Json:
    capacity = [{"weekdays": weekdays, "from": "08:00", "to": rng.choice(["10:00", "14:00"]), "units": 1}]
    capacity.append({"weekdays": weekdays[1:], "from": "09:00", "to": "14:00", "units": rng.choice([1, 2])})
    if rng.random() < 0.4:
        capacity.append({"date": rng.choice(dates), "from": "08:00", "to": "12:00", "units": rng.choice([-1, 1])})
    return {"id": name, "site": name.split("/")[0], "capacity": capacity}


def _book(case: Json, chair: Json, date: str, start: int, minutes: int, course: str | None = None) -> None:
    entry = {"id": f"B{len(case['booked'])}", "chair": chair["id"], "date": date, "minutes": minutes}
    entry |= {"start": f"{start // 60:02d}:{start % 60:02d}", "pools": [f"{chair['site']}/tech"]}
    case["booked"].append(entry | ({"course": course} if course else {}))


def _phase(rng: random.Random, sessions: int) -> Json:
    most = rng.randint(2, 5)
    phase = {"sessions": sessions, "per_week_max": most, "per_week_min": rng.randint(1, most)}
    phase["max_gap_days"] = rng.choice([2, 3, 4, 5, 7, 10, 14])
    return phase | ({"per_week_floor": rng.randint(1, phase["per_week_min"])} if rng.random() < 0.6 else {})


def _course(rng: random.Random, case: Json, dates: list[str], per_day: int) -> Json:
    weekdays = case["chairs"][0]["hours"][0]["weekdays"]
    course: Json = {
        "id": "P1",
        "earliest_date": dates[rng.choice([0, 0, 1, 3, 8])],
        "latest_date": dates[-1 - rng.choice([0, 2, 5])],
        "pools": ["tech"],
        "minutes": rng.choice([20, 30]),
        "availability": [{"weekdays": weekdays, "from": rng.choice(["08:00", "09:00"]), "to": "11:30"}],
        "unavailable_dates": rng.sample(dates, rng.choice([0, 1, 3])),
        "phases": [_phase(rng, rng.randint(2, 8) * per_day)],
    }
    if rng.random() < 0.3:
        course["availability"].append({"weekdays": weekdays[1:], "from": "11:30", "to": "14:00"})
    for _ in range(rng.choice([0, 0, 1, 2])):
        course["phases"].append(_phase(rng, rng.randint(1, 3) * per_day))
    if rng.random() < 0.3:
        course["authorisation"] = {"from": course["earliest_date"], "to": dates[rng.randint(10, len(dates) - 1)]}
        course["authorisation"]["units"] = rng.choice([40, 40, 40, 6])
    if rng.random() < 0.3:
        course["sites"] = [case["chairs"][0]["site"]]
    return course


def _new(rng: random.Random, case: Json, dates: list[str]) -> Json:
    per_day = rng.choice([1, 1, 1, 2, 3])
    course = _course(rng, case, dates, per_day)
    course |= {"first_minutes": course["minutes"] + rng.choice([0, 10, 30]), "first_pools": ["physician"]}
    course["first_counts"] = rng.random() < 0.2
    if per_day > 1:
        gap = rng.choice([10, 30, 40, 50])
        course |= {"per_day": per_day, "min_start_gap": gap, "nominal_gap": gap + rng.choice([0, 0, 10, 30])}
    return course


def _running(rng: random.Random, case: Json, dates: list[str]) -> Json:
    per_day = rng.choice([1, 1, 1, 1, 2])
    course = _course(rng, case, dates, per_day)
    course["phases"][0]["sessions"] = max(per_day, course["phases"][0]["sessions"])
    if per_day > 1:
        course |= {"per_day": per_day, "min_start_gap": 40}
    days = sum(phase["sessions"] for phase in course["phases"]) // per_day
    later = [d for d in dates if d >= course["earliest_date"]]
    kept = sorted(rng.sample(later, min(days, len(later))))
    chair, start = case["chairs"][0], rng.choice([480, 540, 600])
    old = []
    for date in kept:
        begin = start + rng.choice([0, 0, 0, case["grid_minutes"]])
        old.append({"date": date, "start": f"{begin // 60:02d}:{begin % 60:02d}", "chair": chair["id"]})
        _book(case, chair, date, begin, course["minutes"], course="P1")
    today = dt.date.fromisoformat(course["earliest_date"])
    done = [(today - dt.timedelta(n)).isoformat() for n in sorted(rng.sample(range(1, 7), rng.choice([0, 1, 2, 3])))]
    course["repair"] = {
        "old": old,
        "old_last": kept[-1],
        "usual_start": f"{start // 60:02d}:{start % 60:02d}",
        "usual_chair": chair["id"],
        "done_dates": done,
    }
    return course
