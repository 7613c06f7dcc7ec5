"""Dates and times as people type them: "tue", "24/11", "24 Nov 2026", "2pm"; in Spanish too, and month first."""

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from functools import cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.models.people import plain_words
from clinic.selectors.written import is_month_first, months_in, weekdays_in
from clinic.selectors.written import weekday as weekday_name
from clinic.selectors.written import written as in_shape

HOW_FAR_BACK = timedelta(days=90)
MOST_DAYS_AWAY = 366
YEARS = range(1900, 2200)
NEARBY = {"today": 0, "tomorrow": 1, "hoy": 0, "manana": 1}


def read_day(text: str, today: date) -> date:
    """Read a date; one without a year is the one that is nearest in the future, or not long past.

    Raises ValueError with a sentence that has an example.
    """
    words = _words(re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", text.casefold()))
    if len(words) == 1 and words[0] in NEARBY:
        return today + timedelta(days=NEARBY[words[0]])
    named = _named(words[0], "weekdays") if words and not _is_month_and_day(words) else None
    if named is not None:
        words = words[1:]
        if not words:
            return today + timedelta(days=(named - today.weekday() - 1) % 7 + 1)
    try:
        day = _numbers_to_day(words, today)
    except (ValueError, OverflowError):
        raise ValueError(_unread_day(text)) from None
    if day.year not in YEARS:
        said = {"year": day.year, "text": repr(text[:40])}
        raise ValueError(_("The year %(year)d is too far away. Check the year in %(text)s.") % said)
    if named is not None and day.weekday() != named:
        said = {"day": in_shape(day, "j F Y"), "weekday": in_shape(day, "l"), "typed": weekday_name(named)}
        raise ValueError(_("%(day)s is a %(weekday)s, not a %(typed)s. Check which you mean.") % said)
    return day


def read_birth(text: str, today: date) -> date:
    """Read a date of birth, whose year must be given; two digits mean the last hundred years.

    Raises ValueError with a sentence that has an example.
    """
    words = _words(text)
    has_year = len(words) == 3 or (len(words) == 1 and len(words[0]) == 8)
    try:
        if not has_year:
            raise ValueError(text)
        day = _numbers_to_day(words, today)
    except (ValueError, OverflowError):
        if is_month_first():
            sentence = _("Cannot read %(text)s as a date of birth. Try 5/14/1971 or May 14 1971.")
        else:
            sentence = _("Cannot read %(text)s as a date of birth. Try 14/5/1971 or 14 May 1971.")
        raise ValueError(sentence % {"text": repr(text[:40])}) from None
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
    raise ValueError(_("Cannot read %(text)s as a time. Try 830, 8:30 or 2pm.") % {"text": repr(text[:40])})


def read_days(text: str, today: date) -> tuple[date, ...]:
    """Read a list of dates and stretches such as "24 Dec, 28 Dec to 2 Jan".

    Raises ValueError with a sentence about the part that cannot be read.
    """
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    return tuple(sorted({day for part in parts for day in _stretch(part, today)}))


def written(day: date) -> str:
    """Write a date so that `read_day` reads the same one back."""
    return in_shape(day, "D j M Y")


def _unread_day(text: str) -> str:
    if is_month_first():
        sentence = _("Cannot read %(text)s as a date. Try 11/24, Nov 24 2026 or tue.")
    else:
        sentence = _("Cannot read %(text)s as a date. Try 24/11, 24 Nov 2026 or tue.")
    return sentence % {"text": repr(text[:40])}


def _stretch(part: str, today: date) -> Iterator[date]:
    ends = re.split(r"\s+(?:to|al?|-)\s+|\s*–\s*", part)
    first, last = read_day(ends[0], today), read_day(ends[-1], today)
    if len(ends) > 2 or not 0 <= (last - first).days < MOST_DAYS_AWAY:
        sentence = _("Cannot read %(text)s as dates. Try 24 Dec, 28 Dec to 2 Jan.")
        raise ValueError(sentence % {"text": repr(part[:40])})
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _numbers_to_day(words: list[str], today: date) -> date:
    if len(words) == 1 and len(words[0]) == 8:
        words = [words[0][:2], words[0][2:4], words[0][4:]]
    if len(words) == 3 and len(words[0]) == 4:
        words = words[::-1]
    elif _is_month_and_day(words) or (
        is_month_first() and words[:2] == [word for word in words[:2] if word.isdecimal()]
    ):
        words = [*words[1::-1], *words[2:]]
    if len(words) not in (2, 3):
        raise ValueError(words)
    named = _named(words[1], "months")
    if named is None and not words[1].isdecimal():
        raise ValueError(words)
    month = int(words[1]) if named is None else named + 1
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
    raise ValueError(_("There is no %(day)s/%(month)s.") % {"day": day, "month": month})


def _words(text: str) -> list[str]:
    """Take a text apart into words without accents and numbers, leaving the "de" of Spanish dates out."""
    plain = " ".join(plain_words(text))
    return [word for word in re.findall(r"[a-z]+|\d+", plain) if word not in ("de", "del", "el")]


def _is_month_and_day(words: list[str]) -> bool:
    """Tell whether a date begins with the name of its month: Nov 24, 2026."""
    if len(words) not in (2, 3) or not words[1].isdecimal() or _named(words[0], "months") is None:
        return False
    return _named(words[0], "weekdays") is None


def _named(word: str, kind: str) -> int | None:
    """Find a weekday or month by the beginning of its name in the language of the page, else in English."""
    for names in _names(kind, (get_language() or "en")[:2]):
        found = [number for number, name in enumerate(names) if len(word) >= 3 and _begins_alike(name, word)]
        if found:
            return found[0]
    return None


@cache
def _names(kind: str, language: str) -> tuple[list[str], ...]:
    """Return the names of weekdays or months without accents, in a language and in English."""
    say = {"weekdays": weekdays_in, "months": months_in}[kind]
    return tuple([plain_words(name)[0] for name in say(spoken)] for spoken in dict.fromkeys((language, "en")))


def _begins_alike(name: str, word: str) -> bool:
    """Tell whether one of two words begins with the other, so that tue, tues and november are read."""
    return name.startswith(word) or word.startswith(name)
