"""Dates, times and counts as messages say them, in the language of the patient."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from itertools import groupby

from .words import short_date, spoken_date, spoken_time

DIAS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MESES = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip


def moment(local: datetime, language: str, *, short: bool) -> str:
    """Say a day and a time of the wall clock."""
    return f"{_day(local, language, short=short)}{' ' if short else ', '}{_clock(local.time(), language)}"


def appointments(count: int, language: str) -> str:
    """Say how many appointments there are."""
    one, many = {"en": ("appointment", "appointments"), "es": ("cita", "citas")}[language]
    return f"{count} {one if count == 1 else many}"


def changes(pairs: Iterable[tuple[datetime, datetime]], language: str, *, short: bool) -> str:
    """Say for each appointment when it was and when it is now."""
    until, since, to = {"en": ("Until now", "From now on", "to"), "es": ("Hasta ahora", "Desde ahora", "pasa a")}[
        language
    ]
    said = [(moment(was, language, short=short), moment(now, language, short=short)) for was, now in pairs]
    if short:
        return "; ".join(f"{was} {to} {now}" for was, now in said)
    return "\n\n".join(f"{until}: {was}\n{since}: {now}" for was, now in said)


def visits(moments: Sequence[datetime], language: str, *, short: bool) -> str:
    """Say a number of visits: each on a line, or in few letters, the days with one time together."""
    if not short:
        return "\n".join(moment(local, language, short=False) for local in moments)
    said = []
    by_day = [list(group) for _, group in groupby(moments, key=lambda local: local.date())]
    for (clock, more, _), group in groupby(by_day, key=lambda day: (day[0].time(), len(day) - 1, day[0].month)):
        days = [_day(day[0], language, short=True) for day in group]
        earlier = [" ".join(day.split()[:2]) for day in days[:-1]]
        said.append(f"{', '.join([*earlier, days[-1]])} {_clock(clock, language)}{f' (+{more})' if more else ''}")
    return "; ".join(said)


def _day(local: datetime, language: str, *, short: bool) -> str:
    if language == "es":
        weekday, month = DIAS[local.weekday()], MESES[local.month - 1]
        if short:
            return f"{weekday[:3]} {local.day} {month[:3]}"
        return f"{weekday} {local.day} de {month} de {local.year}"
    return short_date(local) if short else spoken_date(local, year=True)


def _clock(clock: time, language: str) -> str:
    return f"{clock.hour}:{clock.minute:02}" if language == "es" else spoken_time(clock)
