"""Dates and times as they are said to a patient: "8:30am", "Wednesday 16 December"."""

from datetime import date, time

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def spoken_time(clock: time) -> str:
    """Say a time by the twelve-hour clock; noon and midnight are named, because 12pm is read both ways."""
    if clock.minute == 0 and clock.hour in (0, 12):
        return "12 noon" if clock.hour else "12 midnight"
    return f"{clock.hour % 12 or 12}:{clock.minute:02}{'am' if clock.hour < 12 else 'pm'}"


def spoken_date(day: date, *, year: bool = False) -> str:
    """Say a date with its weekday, and with the year where it could be mistaken."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{f' {day.year}' if year else ''}"


def short_date(day: date) -> str:
    """Say a date in few letters, for a text message."""
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day} {MONTHS[day.month - 1][:3]}"


def spoken_month(day: date) -> str:
    """Say a month with its year."""
    return f"{MONTHS[day.month - 1]} {day.year}"
