"""Dates of birth as people type them."""

import re
from datetime import date

from clinic.notifications.phrases import MESES
from clinic.notifications.words import MONTHS


def birth_of(day: str, month: str, year: str, *, today: date) -> date | None:
    """Read a date of birth from three fields, or from one in which somebody typed it whole.

    Takes 4 or 04, April, apr or abril, 1968 or 68; None when there is no such date.
    """
    parts = re.findall(r"\d+|[^\W\d_]+", " ".join((day, month, year))[:100])
    if len(parts) != 3:
        return None
    if parts[0].isalpha():  # April 12 1968
        parts[0], parts[1] = parts[1], parts[0]
    try:
        return date(_year(parts[2], today), _month(parts[1]), int(parts[0]))
    except (ValueError, OverflowError):
        return None


def _month(text: str) -> int:
    if text.isdecimal():
        return int(text)
    known = ((number, name) for names in (MONTHS, MESES) for number, name in enumerate(names, start=1))
    named = {number for number, name in known if name.lower().startswith(text.lower())}
    if len(named) != 1:
        raise ValueError(text)
    return named.pop()


def _year(text: str, today: date) -> int:
    """Read a year; of two digits it is the latest such year that has begun."""
    year = int(text)
    if len(text) > 2:
        return year
    century = today.year - today.year % 100
    return century + year if century + year <= today.year else century - 100 + year
