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


AT_LENGTH = {
    "en": {
        "moved": "Until now: {was}\nFrom now on: {now}",
        "off": "Cancelled: {was}",
        "new": "New: {now}",
        "stays": "As before: {now}",
    },
    "es": {
        "moved": "Hasta ahora: {was}\nDesde ahora: {now}",
        "off": "Anulada: {was}",
        "new": "Nueva: {now}",
        "stays": "Como antes: {now}",
    },
}
SHORTLY = {
    "en": {"moved": "{was} to {now}", "off": "{was} cancelled", "new": "new: {now}", "stays": "{now} as before"},
    "es": {"moved": "{was} pasa a {now}", "off": "{was} anulada", "new": "nueva: {now}", "stays": "{now} como antes"},
}


def moment(local: datetime, language: str, *, short: bool) -> str:
    """Say a day and a time of the wall clock."""
    return f"{_day(local, language, short=short)}{' ' if short else ', '}{_clock(local.time(), language)}"


def appointments(count: int, language: str) -> str:
    """Say how many appointments there are."""
    one, many = {"en": ("appointment", "appointments"), "es": ("cita", "citas")}[language]
    return f"{count} {one if count == 1 else many}"


def changes(pairs: Iterable[tuple[datetime | None, datetime | None]], language: str, *, short: bool) -> str:
    """Say for each appointment when it was and when it is now; one has no time before, and one that is off none now."""
    said = []
    for pair in pairs:
        was, now = (local and moment(local, language, short=short) for local in pair)
        kind = "off" if now is None else "new" if was is None else "stays" if was == now else "moved"
        said.append((SHORTLY if short else AT_LENGTH)[language][kind].format(was=was, now=now))
    return ("; " if short else "\n\n").join(said)


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
