"""Dates and times as people type them: "tue", "24/11", "24 Nov 2026", "830", "2pm"."""

import re
from collections.abc import Iterator
from datetime import date, time, timedelta

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOW_FAR_BACK = timedelta(days=90)
MOST_DAYS_AWAY = 366
YEARS = range(1900, 2200)
DAY_HELP = "Cannot read {text!r} as a date. Try 24/11, 24 Nov 2026 or tue."
TIME_HELP = "Cannot read {text!r} as a time. Try 830, 8:30 or 2pm."


def read_day(text: str, today: date) -> date:
    """Read a date; one without a year is the one that is nearest in the future, or not long past.

    Raises ValueError with a sentence that has an example.
    """
    words = re.findall(r"[a-z]+|\d+", re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", text.casefold()))
    help_text = DAY_HELP.format(text=text[:40])
    if words in (["today"], ["tomorrow"]):
        return today + timedelta(days=words == ["tomorrow"])
    named = _named(words[0], WEEKDAYS) if words else None
    if named is not None:
        words = words[1:]
        if not words:
            return today + timedelta(days=(named - today.weekday() - 1) % 7 + 1)
    try:
        day = _numbers_to_day(words, today)
    except (ValueError, OverflowError):
        raise ValueError(help_text) from None
    if day.year not in YEARS:
        raise ValueError(f"The year {day.year} is too far away. Check the year in {text[:40]!r}.")
    if named is not None and day.weekday() != named:
        raise ValueError(f"{day.day} {day:%B %Y} is a {day:%A}, not a {WEEKDAYS[named].title()}. Check which you mean.")
    return day


def read_birth(text: str, today: date) -> date:
    """Read a date of birth, whose year must be given; two digits mean the last hundred years.

    Raises ValueError with a sentence that has an example.
    """
    words = re.findall(r"[a-z]+|\d+", text.casefold())
    has_year = len(words) == 3 or (len(words) == 1 and len(words[0]) == 8)
    try:
        if not has_year:
            raise ValueError(text)
        day = _numbers_to_day(words, today)
    except (ValueError, OverflowError):
        raise ValueError(f"Cannot read {text[:40]!r} as a date of birth. Try 14/5/1971 or 14 May 1971.") from None
    is_short = len(words) == 3 and len(words[2]) == 2
    return day.replace(year=day.year - 100) if is_short and day > today else day


def read_time(text: str) -> time:
    """Read a time of day.

    Raises ValueError with a sentence that has an example.
    """
    match = re.fullmatch(r"\s*(\d{1,2})(?:[:.h ]?(\d{2}))?\s*(am|pm|h)?\s*", text.casefold())
    if match:
        hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
        if half in ("am", "pm") and 1 <= hour <= 12:
            hour = hour % 12 + 12 * (half == "pm")
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValueError(TIME_HELP.format(text=text[:40]))


def read_days(text: str, today: date) -> tuple[date, ...]:
    """Read a list of dates and stretches such as "24 Dec, 28 Dec to 2 Jan".

    Raises ValueError with a sentence about the part that cannot be read.
    """
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    return tuple(sorted({day for part in parts for day in _stretch(part, today)}))


def written(day: date) -> str:
    """Write a date so that `read_day` reads the same one back."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def _stretch(part: str, today: date) -> Iterator[date]:
    ends = re.split(r"\s+to\s+|\s+-\s+|\s*–\s*", part)
    first, last = read_day(ends[0], today), read_day(ends[-1], today)
    if len(ends) > 2 or not 0 <= (last - first).days < MOST_DAYS_AWAY:
        raise ValueError(f"Cannot read {part[:40]!r} as dates. Try 24 Dec, 28 Dec to 2 Jan.")
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _numbers_to_day(words: list[str], today: date) -> date:
    if len(words) == 1 and len(words[0]) == 8:
        words = [words[0][:2], words[0][2:4], words[0][4:]]
    if len(words) == 3 and len(words[0]) == 4:
        words = words[::-1]
    if len(words) not in (2, 3):
        raise ValueError(words)
    month = int(words[1]) if words[1].isdecimal() else (_named(words[1], MONTHS) or 0) + 1
    if not words[1].isdecimal() and _named(words[1], MONTHS) is None:
        raise ValueError(words)
    if len(words) == 3:
        year = int(words[2])
        return date(year + 2000 if len(words[2]) == 2 else year, month, int(words[0]))
    return _nearest(int(words[0]), month, today)


def _nearest(day: int, month: int, today: date) -> date:
    years = range(today.year - 1, today.year + 9)  # 29 February may be eight years away
    for year in years:
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today - HOW_FAR_BACK:
            return found
    raise ValueError(f"There is no {day}/{month}.")


def _named(word: str, names: tuple[str, ...]) -> int | None:
    return next((number for number, name in enumerate(names) if len(word) >= 3 and _begins_alike(name, word)), None)


def _begins_alike(name: str, word: str) -> bool:
    """Tell whether one of two words begins with the other, so that tue, tues and november are read."""
    return name.startswith(word) or word.startswith(name)
