"""Reasons put into words for the clinic's staff: what is so, why, and what can be done."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from clinic.selectors.written import clock, minute_of_day, weekday, written

from .sentences import SENTENCES

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")  # as reasons carry them
BLOCKERS = {
    "chair": gettext_lazy("the usual chair is taken"),
    "technician": gettext_lazy("no technician is free"),
    "prescriber": gettext_lazy("no prescriber is free"),
    "patient": gettext_lazy("the patient cannot come"),
    "closed": gettext_lazy("the clinic is closed"),
}
# Numbers are put into sentences as they are; these say it rightly of one.
SINGULARS = {
    "en": (
        (r"1 (|working |treatment |closed )days", r"1 \1day"),
        (r"1 (|working |treatment |closed )sessions", r"1 \1session"),
        (r"1 (|working |treatment |closed )minutes", r"1 \1minute"),
    ),
    "es": (
        (r"1 días hábiles", "1 día hábil"),
        (r"1 días", "1 día"),
        (r"1 sesiones", "1 sesión"),
        (r"1 minutos", "1 minuto"),
    ),
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
        ends = list(dict.fromkeys((words["first_date"], words["last_date"])))
        words["dates"] = _("%(first)s to %(last)s") % {"first": ends[0], "last": ends[1]} if len(ends) > 1 else ends[0]
    for wording in SENTENCES[reason["code"]]:
        if _needed(wording) <= {name for name, word in words.items() if word}:
            return _one(_(wording).format_map(words))
    least = SENTENCES[reason["code"]][-1]
    return _one(_(least).format_map(_Unknown(words)))


class _Unknown(dict[str, str]):
    """Says “unknown” where a reason does not carry what its sentence tells."""

    def __missing__(self, name: str) -> str:
        return _("unknown")


def _needed(wording: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(wording) if name}


def _word(name: str, value: Any, names: Mapping[str, str], zone: ZoneInfo) -> str:
    """Write one piece of data as a person would."""
    if name in NAMED:
        return names.get(str(value), "") or ("" if str(value).isdigit() else str(value))
    if name in DATED:
        return _day(value if isinstance(value, date) else date.fromisoformat(value))
    say: Mapping[str, Callable[[Any], str]] = {
        "until": lambda moment: _moment(moment, zone),
        "weekday": _weekday,
        "blocker": lambda blocker: str(BLOCKERS.get(str(blocker), blocker)),
        "time": _clock,
        "usual_time": _clock,
        "start": _clock,
        "end": _clock,
        "opens": _clock,
        "closes": _clock,
    }
    return say.get(name, str)(value)


def _weekday(day: Any) -> str:
    """Return the whole name of a weekday, which is given by its number or the beginning of its name."""
    number = (
        day if isinstance(day, int) else next((n for n, name in enumerate(WEEKDAYS) if name.startswith(str(day))), None)
    )
    return str(day) if number is None else weekday(number)


def _clock(time_of_day: Any) -> str:
    """Write a time of day, which reasons carry as 08:30."""
    match = re.fullmatch(r"(\d\d):(\d\d)(?::00)?", str(time_of_day))
    return minute_of_day(int(match[1]) * 60 + int(match[2])) if match else str(time_of_day)


def _day(day: date) -> str:
    return written(day, "D j M Y")


def _moment(value: Any, zone: ZoneInfo) -> str:
    moment = (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(zone)
    return _("%(time)s on %(day)s") % {"time": clock(moment), "day": _day(moment.date())}


def _one(text: str) -> str:
    """Speak of one day, not of 1 days, and begin with a capital."""
    for many, one in SINGULARS.get((get_language() or "en")[:2], ()):
        text = re.sub(rf"(?<![\w.,:/]){many}\b", one, text)
    return text[:1].upper() + text[1:]
