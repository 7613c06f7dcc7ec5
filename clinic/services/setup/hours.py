"""A week of hours as people type it: one text a weekday, such as "08:00-16:30" or "8-12, 13-17"."""

import re
from collections.abc import Sequence
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduler import WeeklyHours

from .errors import InvalidSetup

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_STRETCHES = 4
LONGEST_TEXT = 80
NOTHING = {"", "-", "off", "closed", "none", "0"}
EXAMPLE = gettext_lazy("Try 08:00-16:30, or 8-12, 13-17; leave it empty for none.")


def read_week(texts: Sequence[str], *, required: bool = False) -> WeeklyHours:
    """Read seven texts, Monday first.

    Raises InvalidSetup with a sentence at "day_0" to "day_6" for each that is wrong; with `required`, one of them must
    name hours.
    """
    errors, parts = {}, []
    for day, text in enumerate(texts):
        try:
            spans = read_day(text)
        except ValueError as wrong:
            errors[f"day_{day}"] = str(wrong)
        else:
            parts += [f"{WEEKDAYS[day]} {start}-{end}" for start, end in spans]
    if required and not parts and not errors:
        errors["day_0"] = _("No weekday has hours, so nothing could be booked. %(example)s") % {"example": EXAMPLE}
    if errors:
        raise InvalidSetup(errors)
    return WeeklyHours.parse(", ".join(parts))


def read_day(text: str) -> list[tuple[str, str]]:
    """Read the hours of one weekday as pairs such as ("08:00", "16:30").

    Raises ValueError with a sentence that has an example.
    """
    plain = text.strip().casefold()
    if plain in NOTHING:
        return []
    if len(plain) > LONGEST_TEXT:
        raise ValueError(
            _("These hours have %(count)s characters, which nobody could read. %(example)s")
            % {"count": f"{len(plain):,}", "example": EXAMPLE}
        )
    joined = re.sub(r"\s*(?:-|–|—|\bto\b)\s*", "-", plain)
    spans = sorted(_read_span(part) for part in re.split(r"[,;+&\s]+", joined) if part)
    for before, after in pairwise(spans):
        if after[0] < before[1]:
            raise ValueError(
                _("%(written)s and %(written2)s overlap. %(example)s")
                % {"written": _written(*before), "written2": _written(*after), "example": EXAMPLE}
            )
    if len(spans) > MOST_STRETCHES:
        raise ValueError(
            _("A day has at most %(most_stretches)s stretches of hours. Join some of them.")
            % {"most_stretches": MOST_STRETCHES}
        )
    return [(_clock(start), _clock(end)) for start, end in spans]


def week_texts(text: str) -> tuple[str, ...]:
    """Write weekly hours as the seven texts that `read_week` reads."""
    hours = WeeklyHours.parse(text)
    return tuple(", ".join(_written(*span) for span in hours.on_weekday(day)) for day in range(7))


def _read_span(part: str) -> tuple[int, int]:
    start, _other, end = part.partition("-")
    begins, ends = _read_clock(start, part), _read_clock(end, part)
    if ends <= begins:
        raise ValueError(
            _("%(part)s ends before it begins; hours stay within one day. %(example)s")
            % {"part": part[:20], "example": EXAMPLE}
        )
    return begins, ends


def _read_clock(text: str, part: str) -> int:
    match = re.fullmatch(r"(\d{1,2})(?:[:.h]?(\d{2}))?(am|pm|h)?", text)
    if match is None:
        raise ValueError(
            _("Cannot read %(part)s as hours. %(example)s") % {"part": repr(part[:20]), "example": EXAMPLE}
        )
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if half in ("am", "pm") and 1 <= hour <= 12:
        hour = hour % 12 + 12 * (half == "pm")
    if hour * 60 + minute > 24 * 60 or minute > 59:
        raise ValueError(
            _("There is no %(text)s on a clock; a day ends at 24:00. %(example)s") % {"text": text, "example": EXAMPLE}
        )
    return hour * 60 + minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _written(start: int, end: int) -> str:
    return f"{_clock(start)}-{_clock(end)}"
