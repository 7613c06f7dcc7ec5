"""Dates and times as the desk writes them: in the language of the page, and in the way of the clinic it is read at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from functools import cache

from django.utils import dateformat
from django.utils.translation import get_language, override

from clinic.models import Site
from clinic.models.resources import Clock, DateOrder

Place = Callable[[], Site | None]
Shapes = tuple[tuple[str, str], ...]

_place: ContextVar[Place | None] = ContextVar("place", default=None)

# What each shape is where a language or a clinic writes it in another way; the longest that matches counts.
SPANISH: Shapes = (("j F Y", r"j \d\e F \d\e Y"), ("j F", r"j \d\e F"))
MONTH_FIRST: Shapes = (("l j F Y", "l, F j, Y"), ("l j F", "l, F j"), ("D j M Y", "D, M j, Y"), ("D j M", "D, M j"))
MONTH_FIRST += (("j M Y", "M j, Y"), ("j M", "M j"), ("j F Y", "F j, Y"), ("j F", "F j"))
TWELVE_HOURS: Shapes = (("H:i", "g:i a"),)


@contextmanager
def as_written_at(place: Place) -> Iterator[None]:
    """Write and read dates and times in the way of a clinic, which is looked up when one is needed."""
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def stay_at(site: Site) -> Site:
    """Write and read the rest of a page in the way of the clinic that it is about; elsewhere nothing is changed."""
    if _place.get() is not None:
        _place.set(lambda: site)
    return site


def is_month_first() -> bool:
    """Tell whether the month comes before the day where numbers stand for both, as in 11/24."""
    site = _here()
    return site is not None and site.date_order == DateOrder.MONTH_FIRST


def written(when: date | datetime | time, shape: str) -> str:
    """Write a date or a time as its own clock shows it; the shape is Django's, as English is written: "D j M H:i"."""
    language = (get_language() or "")[:2]
    text = dateformat.format(_dated(when), _shape(shape, language, _clock(), is_month_first()))
    text = text.replace("a.m.", "am").replace("p.m.", "pm")
    return text.lower() if language == "es" else text


def moment(when: datetime) -> str:
    """Write day and time: Fri 20 Nov 08:30."""
    return written(when, "D j M H:i")


def clock(when: datetime | time) -> str:
    """Write a time of day: 08:30."""
    return minute_of_day(when.hour * 60 + when.minute)


def minute_of_day(minute: int) -> str:
    """Write a time of day that is counted in minutes from midnight; a board has hundreds of them."""
    return _minute(minute, _shape("H:i", "", _clock(), False))


def hour_of_day(hour: int) -> str:
    """Write a whole hour beside a row: 08:00, or 8 am."""
    text = minute_of_day(hour * 60)
    return text.replace(":00 ", " ")


def weekday(number: int) -> str:
    """Name a day of the week, of which Monday is 0."""
    return written(date(2024, 1, 1 + number), "l")


def short_weekday(number: int) -> str:
    """Name a day of the week in three letters."""
    return written(date(2024, 1, 1 + number), "D")


@cache
def weekdays_in(language: str) -> tuple[str, ...]:
    """Name the days of the week in a language, Monday first, in small letters."""
    with override(language):
        return tuple(dateformat.format(date(2024, 1, day), "l").lower() for day in range(1, 8))


@cache
def months_in(language: str) -> tuple[str, ...]:
    """Name the months in a language, in small letters."""
    with override(language):
        return tuple(dateformat.format(date(2024, month, 1), "F").lower() for month in range(1, 13))


def _here() -> Site | None:
    place = _place.get()
    return place() if place else None


def _clock() -> str:
    site = _here()
    return site.clock if site else Clock.DAY


def _dated(when: date | datetime | time) -> date | datetime:
    return datetime.combine(date(2024, 1, 1), when) if isinstance(when, time) else when


@cache
def _shape(shape: str, language: str, clock: str, month_first: bool) -> str:
    """Turn a shape into that of a place."""
    rules: Shapes = TWELVE_HOURS if clock == Clock.TWICE_TWELVE else ()
    if language == "es":
        rules += SPANISH
    elif month_first:
        rules += MONTH_FIRST
    for usual, here in rules:
        if usual in shape:
            shape = shape.replace(usual, here)
            if usual != "H:i":
                break
    return shape


@cache
def _minute(minute: int, shape: str) -> str:
    text = dateformat.format(_dated(time(minute // 60 % 24, minute % 60)), shape)
    return text.replace("a.m.", "am").replace("p.m.", "pm")
