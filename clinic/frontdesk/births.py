"""Dates of birth in a search, in whatever form the clinic's country writes them."""

import re
from contextlib import suppress
from datetime import date

from .dates import read_birth

BIRTH = re.compile(
    r"""(?<!\S)(?:
    \d{1,4}([./-])\d{1,2}\1\d{1,4}                # 14/5/1971, 1971-05-14, 5/14/71
    | \d{1,2}(?:st|nd|rd|th|\.)?\s+(?:de\s+)?[a-z]{3,10}\.?,?\s+(?:del?\s+)?\d{2,4}  # 14 May 1971, 14 de mayo de 1971
    | [a-z]{3,9}\.?\s+\d{1,2},?\s+\d{4}           # May 14, 1971
    | \d{8}                                       # 14051971
    )(?!\S)""",
    re.VERBOSE | re.IGNORECASE,
)


def births_in(text: str, today: date) -> tuple[str, tuple[date, ...]]:
    """Return a search without its date of birth, and which dates that can be.

    5/4/1971 is the fifth of April in one country and the fourth of May in another. A list of both does no harm.
    """
    match = BIRTH.search(text)
    meant = tuple(dict.fromkeys(_read(match[0], today))) if match else ()
    if not match or not meant:
        return text, ()
    return " ".join([*text[: match.start()].split(), *text[match.end() :].split()]), meant


def _read(written: str, today: date) -> list[date]:
    parts = re.findall(r"\d+|[a-z]{3,}", written.casefold())
    orders = [parts]
    if len(parts) == 3 and len(parts[0]) < 4:
        orders.append([parts[1], parts[0], parts[2]])
    found = []
    for order in orders:
        with suppress(ValueError):
            found.append(read_birth(" ".join(order), today))
    return found
