"""Invented clinics full of running courses that lose a chair or people for some days, made from a seed."""

import datetime as dt
import random
from collections import Counter
from typing import Any

Json = dict[str, Any]
MONDAY = dt.date(2026, 3, 2)
OPENS, CLOSES, GRID = 8 * 60, 18 * 60, 5
LOAD, DAILY = 0.69, 0.85
WEIGHTS = {"wait": 5, "end": 10, "dev": 1, "chair": 6, "short": 60, "moved_day": 100, "moved_time": 20}


def chair_down(
    seed: int,
    *,
    chairs: int = 4,
    courses: int = 75,
    weeks: int = 8,
    days: int = 3,
    tight: bool = False,
    load: float = LOAD,
    daily: float = DAILY,
) -> Json:
    """Return a clinic whose first chair is down for some days of the first week."""
    case = full_clinic(seed, chairs, courses, weeks, tight, load, daily)
    for date in _first_days(days):
        case["chairs"][0]["blocked"].append({"date": date, "from": "08:00", "to": "18:00"})
    return case


def technicians_absent(seed: int, *, chairs: int = 4, courses: int = 75, weeks: int = 8, days: int = 2) -> Json:
    """Return a clinic in which one technician is missing for some days, and two for one of the afternoons."""
    case = full_clinic(seed, chairs, courses, weeks)
    dates = _first_days(days)
    away = [{"date": date, "from": "08:00", "to": "18:00", "units": -1} for date in dates]
    case["pools"][0]["capacity"] += [*away, {"date": dates[-1], "from": "13:00", "to": "16:00", "units": -1}]
    return case


def full_clinic(
    seed: int,
    chairs: int,
    courses: int,
    weeks: int,
    tight: bool = False,
    load: float = LOAD,
    daily: float = DAILY,
) -> Json:
    """Return a clinic in which every course keeps its own time where it can, at a load; many come every day.

    In a tight one people can come for few hours only, and hardly a day of a week may be lost.
    """
    rng = random.Random(seed)
    dates = [(MONDAY + dt.timedelta(n)).isoformat() for n in range(7 * weeks)]
    weekdays = [0, 1, 2, 3, 4]
    hours = {"weekdays": weekdays, "from": "08:00", "to": "18:00"}
    case: Json = {
        "format": "tms-plan/1",
        "id": f"disruption-{seed}",
        "kind": "repair",
        "timezone": "Europe/London",
        "grid_minutes": GRID,
        "week_starts_on": 0,
        "horizon": {"from": dates[0], "to": dates[-1]},
        "closed_dates": [dates[7 * (weeks // 2) + rng.choice([0, 4])]],
        "chairs": [{"id": f"C{n + 1}", "site": "S1", "hours": [hours], "blocked": []} for n in range(chairs)],
        "pools": [{"id": "S1/tech", "site": "S1", "capacity": [{**hours, "units": chairs}]}],
        "booked": [],
        "courses": [],
        "weights": dict(WEIGHTS),
    }
    taken: set[tuple[str, str, int]] = set()
    for _ in range(2 * courses):
        if len(case["courses"]) == courses or _load(case) >= load:
            break
        if course := _running(rng, case, taken, f"P{len(case['courses']) + 1:03d}", tight, daily):
            case["courses"].append(course)
    return case


def small(seed: int) -> Json:
    """Return a clinic of two chairs in which people can come for an hour or so; a chair or a technician is missing."""
    rng = random.Random(seed)
    case = full_clinic(seed, 2, rng.randint(3, 5), 4, tight=rng.random() < 0.5)
    date = _first_days(3)[rng.randrange(3)]
    used = Counter(booking["chair"] for booking in case["booked"] if booking["date"] == date)
    chair = next(chair for chair in case["chairs"] if chair["id"] == max(used, key=lambda name: used[name]))
    chair["blocked"].append(
        {"date": date, "from": rng.choice(["08:00", "11:00"]), "to": rng.choice(["15:00", "18:00"])}
    )
    if rng.random() < 0.6:
        case["pools"][0]["capacity"].append(
            {"date": date, "from": "08:00", "to": "18:00", "units": rng.choice([-1, -2])}
        )
    for course in case["courses"]:
        begins = [_minutes(old["start"]) for old in course["repair"]["old"]]
        wide = rng.choice([20, 40])
        low, high = min(begins) - wide, max(begins) + course["minutes"] + wide
        window = {"from": _clock(max(low, OPENS)), "to": _clock(min(high, CLOSES))}
        course["availability"] = [{"weekdays": [0, 1, 2, 3, 4], **window}]
    return case


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _first_days(days: int) -> list[str]:
    return [(MONDAY + dt.timedelta(n)).isoformat() for n in range(1, 1 + days)]


def _load(case: Json) -> float:
    """Return how much of the first days' room is taken."""
    days = _first_days(3)
    minutes = sum(booking["minutes"] for booking in case["booked"] if booking["date"] in days)
    return minutes / (len(days) * len(case["chairs"]) * (CLOSES - OPENS))


def _running(
    rng: random.Random, case: Json, taken: set[tuple[str, str, int]], name: str, tight: bool, daily: float
) -> Json | None:
    """Fit one course into what is left, at a time that is free on most of its days."""
    minutes, five = rng.choice([20, 25, 30, 30, 40, 40]), rng.random() < daily
    weekdays = [0, 1, 2, 3, 4] if five else rng.choice([[0, 2, 4], [0, 1, 3], [1, 2, 4], [1, 3, 4]])
    open_dates = [d for d in _dates(case) if dt.date.fromisoformat(d).weekday() in weekdays]
    count = rng.randint(4, min(26 if five else 14, len(open_dates) - 4))
    dates, tries = open_dates[:count], []
    for _ in range(60):
        begin = rng.randrange(OPENS, CLOSES - minutes + 1, GRID)
        chair = rng.choice(case["chairs"])["id"]
        missed = sum(not _free(taken, chair, date, begin, minutes) for date in dates)
        tries.append((missed, begin, chair))
    missed, usual, home = min(tries)
    places = [_place(case, taken, date, usual, minutes, home) for date in dates]
    if missed > count // 3 or None in places:
        return None
    for date, (begin, chair) in zip(dates, places, strict=True):
        taken.update((chair, date, minute) for minute in range(begin, begin + minutes, GRID))
        entry = {"id": f"B{len(case['booked'])}", "chair": chair, "date": date, "start": _clock(begin)}
        case["booked"].append(entry | {"minutes": minutes, "pools": ["S1/tech"], "course": name})
    wide = [90, 150, 240] if tight else [120, 240, 600]
    low, high = max(OPENS, usual - rng.choice(wide)), min(CLOSES, usual + minutes + rng.choice(wide))
    begins = [begin for begin, _ in places]
    low, high = min(low, *begins), max(high, *(begin + minutes for begin in begins))
    rhythm = 5 if five else 3
    phase = {"sessions": count, "per_week_max": rhythm, "per_week_min": rhythm, "max_gap_days": 7}
    done = [(MONDAY - dt.timedelta(n)).isoformat() for n in (3, 4, 5)]
    return {
        "id": name,
        "earliest_date": case["horizon"]["from"],
        "pools": ["tech"],
        "minutes": minutes,
        "availability": [{"weekdays": [0, 1, 2, 3, 4], "from": _clock(low), "to": _clock(high)}],
        "phases": [phase | {"per_week_floor": rhythm - (rng.choice([1, 2]) if tight else 2)}],
        "repair": {
            "old": [{"date": d, "start": _clock(b), "chair": c} for d, (b, c) in zip(dates, places, strict=True)],
            "old_last": dates[-1],
            "usual_start": _clock(usual),
            "usual_chair": Counter(chair for _, chair in places).most_common(1)[0][0],
            "done_dates": done,
        },
    }


def _dates(case: Json) -> list[str]:
    first = dt.date.fromisoformat(case["horizon"]["from"])
    last = dt.date.fromisoformat(case["horizon"]["to"])
    days = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
    return [d.isoformat() for d in days if d.weekday() < 5 and d.isoformat() not in case["closed_dates"]]


def _place(
    case: Json, taken: set[tuple[str, str, int]], date: str, usual: int, minutes: int, home: str
) -> tuple[int, str] | None:
    """Return the free place of a date that is nearest to the usual time and chair."""
    names = sorted((chair["id"] for chair in case["chairs"]), key=lambda name: name != home)
    begins = sorted(range(OPENS, CLOSES - minutes + 1, GRID), key=lambda begin: (abs(begin - usual), begin))
    free = ((begin, name) for begin in begins for name in names if _free(taken, name, date, begin, minutes))
    return next(free, None)


def _free(taken: set[tuple[str, str, int]], chair: str, date: str, begin: int, minutes: int) -> bool:
    return all((chair, date, minute) not in taken for minute in range(begin, begin + minutes, GRID))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
