"""Dates and times as a patient's page says them, in the language of the page."""

from datetime import date, time

from django.utils.translation import get_language

from clinic.notifications.phrases import DIAS, MESES
from clinic.notifications.words import WEEKDAYS, spoken_date, spoken_month, spoken_time


def is_spanish() -> bool:
    """Tell whether the page is in Spanish."""
    return (get_language() or "").startswith("es")


def weekday(number: int) -> str:
    """Name a day of the week, of which Monday is 0."""
    return (DIAS if is_spanish() else WEEKDAYS)[number]


def weekday_short(number: int) -> str:
    """Name a day of the week in three letters."""
    return weekday(number)[:3]


def said_date(day: date) -> str:
    """Say a date with its weekday."""
    return f"{DIAS[day.weekday()]} {day.day} de {MESES[day.month - 1]}" if is_spanish() else spoken_date(day)


def said_month(day: date) -> str:
    """Say a month with its year."""
    return f"{MESES[day.month - 1]} de {day.year}" if is_spanish() else spoken_month(day)


def said_time(clock: time) -> str:
    """Say a time: by the twelve-hour clock in English, by the whole day's in Spanish."""
    return f"{clock.hour}:{clock.minute:02}" if is_spanish() else spoken_time(clock)


def short_time(clock: time) -> str:
    """Write a time for a small box, in English without morning or afternoon."""
    return said_time(clock) if is_spanish() else f"{clock.hour % 12 or 12}:{clock.minute:02}"
