"""Single fields of a request: each reader takes what was sent and answers a value, or a sentence in a ValueError."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Any

from scheduler import WeeklyHours

MOST_DATES = 400
MOST_DAYS_AHEAD = 2 * 366
STEP_MINUTES = 5
MOST_MORE_SESSIONS = 60
LONGEST_HOURS = 1000
# A text without an hour is more often a mistake of a program than a person who can come at any time.
NO_HOURS = (
    "It names no hour at which the patient can come, so nothing could be planned. Name hours such as "
    "'Mon-Fri 08:00-12:00'; for any time, leave the availability out or send null."
)


def optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None or value == "" else read(value)


def read_date(value: Any) -> date:
    # Python would also read 20261124 and 2026-W48-2, which nobody expects.
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        if not "1900" <= value < "2200":
            raise ValueError(f"The year {value[:4]} does not lie between 1900 and 2199. Check it.")
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("Give a date such as 2026-11-24.")


def read_earliest(value: Any, today: date | None) -> date:
    day = read_date(value)
    if today and day < today:
        raise ValueError("The earliest date has passed. Choose today or later.")
    if today and (day - today).days > MOST_DAYS_AHEAD:
        raise ValueError("The earliest date is more than two years away. Choose a nearer one.")
    return day


def read_list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list | tuple) or len(value) > MOST_DATES:
        raise ValueError(f"Give a list of at most {MOST_DATES} entries.")
    return list(value)


def read_dates(value: Any) -> list[date]:
    return [read_date(item) for item in read_list(value)]


def read_hours(value: Any) -> WeeklyHours | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > LONGEST_HOURS:
        raise ValueError("Write when the patient can come such as 'Mon-Fri 08:00-12:00'.")
    if not (value.strip() and (hours := WeeklyHours.parse(value))):
        raise ValueError(NO_HOURS)
    return hours


def read_time(value: Any) -> time:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise ValueError("Give a time such as 08:30.")


def read_instant(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("Give the start as a date and time such as 2026-11-24T08:30:00+00:00.") from None
    if moment.tzinfo is None or moment.year < 1990 or moment.year > 2190:
        raise ValueError("Give the start with its time zone, such as 2026-11-24T08:30:00+00:00.")
    if moment.minute % STEP_MINUTES or moment.second or moment.microsecond:
        raise ValueError("Sessions begin on a multiple of five minutes.")
    return moment.astimezone(UTC)


def read_units(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 999:
        return value
    raise ValueError("Give the authorised sessions as a number up to 999.")


def read_extension(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_MORE_SESSIONS:
        return value
    raise ValueError(f"Give the further sessions as a number up to {MOST_MORE_SESSIONS}.")


def read_number(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and len(value) <= 60 and value.isprintable():
        return value.strip()
    raise ValueError("Give the authorisation's number in at most 60 characters.")
