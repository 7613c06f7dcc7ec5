"""Read what a `tms-plan/1` file holds, or say in a sentence which field is wrong."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from itertools import chain
from typing import Any, NamedTuple

LONGEST_HORIZON = 3_660


class BadInstance(ValueError):
    """Say in a sentence what is wrong with an instance file."""


class Kind(NamedTuple):
    """Say what a value has to be, and tell whether it is."""

    words: str
    fits: Callable[[Any], bool]


def _whole(words: str, least: float = float("-inf"), most: float = float("inf")) -> Kind:
    return Kind(words, lambda value: type(value) is int and least <= value <= most)


def _parses(read: Callable[[str], Any]) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        try:
            return isinstance(value, str) and bool(read(value))
        except ValueError:
            return False

    return fits


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d|24:00", value))


NAME = Kind("a text", lambda value: isinstance(value, str))
YES_OR_NO = Kind("true or false", lambda value: isinstance(value, bool))
DATE = Kind("a date such as 2026-06-01", _parses(date.fromisoformat))
TIME = Kind("a time of day such as 09:30", _is_time)
INSTANT = Kind(
    "an instant with its offset, such as 2026-06-01T07:30:00Z",
    _parses(lambda text: datetime.fromisoformat(text).tzinfo),
)
NUMBER = _whole("a whole number")
COUNT = _whole("a whole number, 0 or more", 0)
POSITIVE = _whole("a whole number, 1 or more", 1)
MINUTES = _whole("a number of minutes between 1 and 1440", 1, 1440)
WEEKDAY = _whole("a weekday between 0 (Monday) and 6 (Sunday)", 0, 6)
RANK = Kind("a number, 0 or more", lambda value: type(value) in (int, float) and value >= 0)

# A field whose name ends with "?" may be missing. Fields that are not named here are passed over.
PLACE = {"date": DATE, "start": TIME, "chair": NAME}
HOURS = {"weekdays": [WEEKDAY], "from": TIME, "to": TIME}
PHASE = {
    "sessions": COUNT,
    "per_week_min": COUNT,
    "per_week_max": COUNT,
    "per_week_floor?": COUNT,
    "max_gap_days": COUNT,
}
COURSE = {
    "id": NAME,
    "priority?": RANK,
    "chairs?": [NAME],
    "sites?": [NAME],
    "pools?": [NAME],
    "first_pools?": [NAME],
    "minutes": MINUTES,
    "first_minutes?": MINUTES,
    "first_counts?": YES_OR_NO,
    "per_day?": POSITIVE,
    "min_start_gap?": COUNT,
    "nominal_gap?": COUNT,
    "fixed_anchor_time?": TIME,
    "earliest_date": DATE,
    "latest_date?": DATE,
    "authorisation?": {"from?": DATE, "to?": DATE, "units?": COUNT},
    "availability?": [HOURS],
    "unavailable_dates?": [DATE],
    "phases": [PHASE],
    "repair?": {"old": [PLACE], "old_last": DATE, "usual_start": TIME, "usual_chair": NAME, "done_dates?": [DATE]},
}
SHAPE = {
    "grid_minutes": MINUTES,
    "timezone": NAME,
    "week_starts_on?": WEEKDAY,
    "horizon": {"from": DATE, "to": DATE},
    "closed_dates?": [DATE],
    "chairs": [
        {"id": NAME, "site": NAME, "hours": [HOURS], "blocked?": [{"date": DATE, "from": TIME, "to": TIME}]},
    ],
    "pools?": [
        {"id": NAME, "capacity": [{"weekdays?": [WEEKDAY], "date?": DATE, "from": TIME, "to": TIME, "units": NUMBER}]},
    ],
    "booked?": [
        {"chair": NAME, "minutes": MINUTES, "pools?": [NAME], "start_utc?": INSTANT, "date?": DATE, "start?": TIME},
    ],
    "courses": [COURSE],
    "weights": dict.fromkeys(("wait?", "end", "dev", "chair", "short", "moved_day?", "moved_time?"), COUNT),
}


def read(data: Any) -> Mapping[str, Any]:
    """Return the fields of a file without those that are null; raise BadInstance when one of them is wrong."""
    if not isinstance(data, dict) or data.get("format") != "tms-plan/1":
        raise BadInstance("This is not a tms-plan/1 file: its field 'format' says something else.")
    fields: dict[str, Any] = _without_nulls(data)
    for sentence in chain(_faults(fields, SHAPE, ""), _doubts(fields)):
        raise BadInstance(sentence)
    first, last = (date.fromisoformat(fields["horizon"][name]) for name in ("from", "to"))
    if not fields["chairs"] or not 0 <= (last - first).days < LONGEST_HORIZON:
        raise BadInstance(f"An instance needs a chair and a horizon of 1 to {LONGEST_HORIZON} days.")
    return fields


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _faults(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Yield a sentence for each field that is missing or of the wrong kind."""
    if isinstance(shape, Kind):
        if not shape.fits(value):
            yield f"{path} has to be {shape.words}; it is {json.dumps(value)[:60]}."
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path} has to be a list."
            return
        for number, inner in enumerate(value):
            yield from _faults(inner, shape[0], f"{path}[{number}]")
    elif not isinstance(value, dict):
        yield f"{path} has to be an object with named fields."
    else:
        for name, inner in shape.items():
            field = f"{path}.{name}".strip(".?")
            if name.strip("?") in value:
                yield from _faults(value[name.strip("?")], inner, field)
            elif not name.endswith("?"):
                yield f"the field {field} is missing."
        yield from _backwards(value, shape, path)


def _backwards(value: Mapping[str, Any], shape: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield a sentence for a window that ends before it begins."""
    if shape.get("from") is TIME and all(TIME.fits(value.get(name)) for name in ("from", "to")):
        start, end = (value[name].rjust(5, "0") for name in ("from", "to"))
        if end < start:
            yield f"{path} ends at {end}, which is before its beginning at {start}."


def _doubts(fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each name that two things have, and for each course without a session."""
    for kind in ("chairs", "pools", "courses"):
        names = [thing["id"] for thing in fields.get(kind, ())]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{kind} holds two with the id {name!r}."
    for course in fields["courses"]:
        if not any(phase["sessions"] for phase in course["phases"]):
            yield f"Course {course['id']!r} has no sessions."
