"""Reasons put into words for the clinic's staff: what is so, why, and what can be done."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from .sentences import SENTENCES

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BLOCKERS = {
    "chair": "the usual chair is taken",
    "technician": "no technician is free",
    "prescriber": "no prescriber is free",
    "patient": "the patient cannot come",
    "closed": "the clinic is closed",
}
NAMED = {"site", "chair", "usual_chair", "technician", "prescriber", "resource"}
DATED = {"date", "due_date", "earliest_date", "first_date", "last_date", "latest_date", "needed_date", "week_start"}


def sentence(reason: Mapping[str, Any], names: Mapping[str, str], zone: ZoneInfo) -> str:
    """Say a reason in words; `names` gives the names of chairs, people and sites by their id."""
    words = {
        name: _word(name, value, names, zone)
        for name, value in reason.items()
        if name != "code" and value not in (None, "")
    }
    if words.get("first_date") and words.get("last_date"):
        words["dates"] = " to ".join(dict.fromkeys((words["first_date"], words["last_date"])))
    for wording in SENTENCES[reason["code"]]:
        if _needed(wording) <= {name for name, word in words.items() if word}:
            return _one(wording.format_map(words))
    return _one(SENTENCES[reason["code"]][-1].format_map(_Unknown(words)))


class _Unknown(dict[str, str]):
    """Says “unknown” where a reason does not carry what its sentence tells."""

    def __missing__(self, name: str) -> str:
        return "unknown"


def _needed(wording: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(wording) if name}


def _word(name: str, value: Any, names: Mapping[str, str], zone: ZoneInfo) -> str:
    """Write one piece of data as a person would."""
    if name in NAMED:
        return names.get(str(value), "") or ("" if str(value).isdigit() else str(value))
    if name in DATED:
        return _day(value if isinstance(value, date) else date.fromisoformat(value))
    say: Mapping[str, Callable[[Any], str]] = {
        "until": lambda moment: _moment(moment, zone),
        "weekday": _weekday,
        "blocker": lambda blocker: BLOCKERS.get(str(blocker), str(blocker)),
    }
    return say.get(name, str)(value)


def _weekday(day: Any) -> str:
    """Return the whole name of a weekday, which is given by its number or the beginning of its name."""
    if isinstance(day, int):
        return WEEKDAYS[day]
    return next((name for name in WEEKDAYS if name.startswith(str(day))), str(day))


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _moment(value: Any, zone: ZoneInfo) -> str:
    moment = (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(zone)
    return f"{moment:%H:%M} on {_day(moment.date())}"


def _one(text: str) -> str:
    """Speak of one day, not of 1 days, and begin with a capital."""
    for plural, singular in (("days", "day"), ("sessions", "session"), ("minutes", "minute")):
        for between in ("", "working ", "treatment ", "closed "):
            text = text.replace(f" 1 {between}{plural}", f" 1 {between}{singular}")
            if text.startswith(f"1 {between}{plural}"):
                text = f"1 {between}{singular}" + text.removeprefix(f"1 {between}{plural}")
    return text[:1].upper() + text[1:]
