"""Invented clinics with a fragmented diary and people who wait for a course, made from a seed."""

import datetime as dt
import random
from typing import Any

Json = dict[str, Any]
MONDAY = dt.date(2026, 3, 2)
WEEKDAYS = [0, 1, 2, 3, 4]
OPENS, CLOSES, GRID = 8 * 60, 18 * 60, 5
WEIGHTS = {"wait": 5, "end": 10, "dev": 1, "chair": 6, "short": 60}
TAPER = [{"sessions": n, "per_week_min": n, "per_week_max": n, "max_gap_days": 10} for n in (3, 2, 1)]
WISHES = (("08:00", "18:00"), ("08:00", "13:00"), ("12:00", "18:00"), ("09:00", "15:00"))


def referrals(seed: int, *, sites: int = 1, waiting: int = 50, active: int = 130, weeks: int = 13) -> Json:
    """Return a clinic with 4 chairs a site, `active` running courses a site, and `waiting` people in all."""
    rng = random.Random(seed)
    dates = [(MONDAY + dt.timedelta(n)).isoformat() for n in range(7 * weeks)]
    hours = {"weekdays": WEEKDAYS, "from": "08:00", "to": "18:00"}
    case: Json = {
        "format": "tms-plan/1",
        "id": f"referrals-{seed}",
        "kind": "intake",
        "timezone": "Europe/Berlin",
        "grid_minutes": GRID,
        "week_starts_on": 0,
        "horizon": {"from": dates[0], "to": dates[-1]},
        "closed_dates": [date for date in ("2026-04-03", "2026-04-06", "2026-05-01") if date in dates],
        "chairs": [],
        "pools": [],
        "booked": [],
        "courses": [],
        "weights": dict(WEIGHTS),
    }
    for site in (f"S{number + 1}" for number in range(sites)):
        case["chairs"] += [{"id": f"{site}C{n + 1}", "site": site, "hours": [hours], "blocked": []} for n in range(4)]
        windows = [("08:00", "17:00", 3), ("09:00", "18:00", 2)]
        technicians = [{"weekdays": WEEKDAYS, "from": a, "to": b, "units": n} for a, b, n in windows]
        case["pools"].append({"id": f"{site}/tech", "site": site, "capacity": technicians})
        windows = [("08:30", "12:30", 1), ("13:30", "17:30", 1)]
        physicians = [{"weekdays": WEEKDAYS, "from": a, "to": b, "units": n} for a, b, n in windows]
        case["pools"].append({"id": f"{site}/physician", "site": site, "capacity": physicians})
        _fill(rng, case, site, active, weeks)
    for number in range(waiting):
        case["courses"].append(_referral(rng, f"P{number + 1:03d}", f"S{number % sites + 1}"))
    return case


def _fill(rng: random.Random, case: Json, site: str, active: int, weeks: int) -> None:
    """Book running courses, each at its own time on most days; new ones follow where old ones end."""
    chairs = [chair["id"] for chair in case["chairs"] if chair["site"] == site]
    taken: set[tuple[str, int, int]] = set()
    for _ in range(active):
        minutes, begins, count = (
            rng.choice([20, 30, 30, 40]),
            rng.choice([0, 0, 0, 1, 2, 3, 4, 5, 6]),
            rng.randint(8, 36),
        )
        weekdays = rng.choice([WEEKDAYS, WEEKDAYS, WEEKDAYS, [0, 2, 4]])
        days = [7 * week + day for week in range(begins, weeks) for day in weekdays][:count]
        tries = [(rng.randrange(OPENS, CLOSES - minutes + 1, GRID), rng.choice(chairs)) for _ in range(40)]
        usual = min(tries, key=lambda place: sum(_clash(taken, *place, day, minutes) for day in days))
        for day in days:
            begin, chair = usual
            if _clash(taken, begin, chair, day, minutes):
                begin, chair = rng.randrange(OPENS, CLOSES - minutes + 1, GRID), rng.choice(chairs)
            if not _clash(taken, begin, chair, day, minutes):
                _book(case, taken, site, chair, begin, day, minutes)


def _clash(taken: set[tuple[str, int, int]], begin: int, chair: str, day: int, minutes: int) -> bool:
    return any((chair, day, minute) in taken for minute in range(begin, begin + minutes, GRID))


def _book(
    case: Json, taken: set[tuple[str, int, int]], site: str, chair: str, begin: int, day: int, minutes: int
) -> None:
    taken.update((chair, day, minute) for minute in range(begin, begin + minutes, GRID))
    date = (MONDAY + dt.timedelta(day)).isoformat()
    if date not in case["closed_dates"]:
        entry = {"id": f"B{len(case['booked'])}", "chair": chair, "date": date, "start": _clock(begin)}
        case["booked"].append(entry | {"minutes": minutes, "pools": [f"{site}/tech"]})


def _referral(rng: random.Random, name: str, site: str) -> Json:
    """Return a course of 20 to 30 daily sessions, perhaps with a taper, that has to begin within some weeks."""
    begin, end = rng.choice(WISHES)
    earliest = MONDAY + dt.timedelta(rng.randint(0, 10))
    count, minutes = rng.choice([20, 30, 30]), rng.choice([20, 30, 30, 40])
    daily = {"sessions": count, "per_week_min": 5, "per_week_max": 5, "per_week_floor": 3, "max_gap_days": 7}
    away = sorted({(earliest + dt.timedelta(rng.randint(14, 40))).isoformat() for _ in range(2)})
    return {
        "id": name,
        "priority": 1,
        "sites": [site],
        "earliest_date": earliest.isoformat(),
        "pools": ["tech"],
        "first_pools": ["physician"],
        "minutes": minutes,
        "first_minutes": 60,
        "availability": [{"weekdays": WEEKDAYS, "from": begin, "to": end}],
        "unavailable_dates": away,
        "phases": [daily, *(TAPER if rng.random() < 0.6 else [])],
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
