"""The buttons of the booking page that change the form: each is one word and its value, such as "skip:2026-12-02"."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict

from clinic.selectors.availability import Grid, boxes_between, preset

from .dates import written


def apply(action: str, data: QueryDict, grid: Grid, zone: ZoneInfo) -> bool:
    """Change the form as a button asks; tell whether the button changes fields that the person sees.

    A button that does not exist, or a value that cannot be read, changes nothing.
    """
    word, _, value = action.partition(":")
    with suppress(ValueError, OverflowError):
        if word in ON_FIELDS:
            ON_FIELDS[word](data, value, grid)
            return True
        if word in ON_SESSIONS:
            ON_SESSIONS[word](data, value, zone)
    return False


def _latest(data: QueryDict, value: str, grid: Grid) -> None:
    data["latest"] = written(date.fromisoformat(value))


def _authorised_until(data: QueryDict, value: str, grid: Grid) -> None:
    data["authorised_until"] = written(date.fromisoformat(value))


def _units(data: QueryDict, value: str, grid: Grid) -> None:
    data["units"] = str(int(value))


def _hours(data: QueryDict, value: str, grid: Grid) -> None:
    weekday, start, end = value.split("~")
    data.setlist("av", sorted({*data.getlist("av"), *boxes_between(grid, weekday, start, end)}))


def _preset(data: QueryDict, value: str, grid: Grid) -> None:
    data.setlist("av", sorted(preset(grid, value)))


def _fix(data: QueryDict, value: str, zone: ZoneInfo) -> None:
    """Fix a session at "start|chair", in place of the one that was fixed at "|before"."""
    start, chair, before = (*value.split("|"), "", "")[:3]
    datetime.fromisoformat(start)
    kept = [text for text in data.getlist("fixed") if text.partition("|")[0] not in (start, before)]
    data.setlist("fixed", [*kept, f"{start}|{chair}"])


def _unfix(data: QueryDict, value: str, zone: ZoneInfo) -> None:
    """Let a session go that is fixed at an instant, or at "date~time" of the wall clock."""
    day, _, clock = value.partition("~")
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone) if clock else datetime.fromisoformat(day)
    data.setlist("fixed", [text for text in data.getlist("fixed") if _start(text) != moment])


def _skip(data: QueryDict, value: str, zone: ZoneInfo) -> None:
    """Keep a date free; what was fixed on it is let go."""
    day = date.fromisoformat(value)
    data.setlist("fixed", [text for text in data.getlist("fixed") if _start(text).astimezone(zone).date() != day])
    data.setlist("skipped", sorted({*data.getlist("skipped"), day.isoformat()}))


def _unskip(data: QueryDict, value: str, zone: ZoneInfo) -> None:
    data.setlist("skipped", [day for day in data.getlist("skipped") if day != value])


def _free(data: QueryDict, value: str, zone: ZoneInfo) -> None:
    for name in ("fixed", "skipped"):
        data.setlist(name, [])


def _start(text: str) -> datetime:
    return datetime.fromisoformat(text.partition("|")[0])


ON_FIELDS: dict[str, Callable[[QueryDict, str, Grid], None]] = {
    "latest": _latest,
    "authorised_until": _authorised_until,
    "units": _units,
    "hours": _hours,
    "anytime": lambda data, value, grid: _preset(data, "any", grid),
    "preset": _preset,
}
ON_SESSIONS: dict[str, Callable[[QueryDict, str, ZoneInfo], None]] = {
    "fix": _fix,
    "unfix": _unfix,
    "skip": _skip,
    "unskip": _unskip,
    "free": _free,
}
