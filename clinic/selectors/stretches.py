"""Stretches of dates to look at: weeks from a site's own first weekday, or a month as far as it has passed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clinic.models import Site
from scheduler import months_later, week_start

Span = tuple[date, date]  # a first and a last date, both included
WEEKS_BACK = (4, 12)
MONTHS_BACK = 12
A_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Hold dates to look back on, as the weeks they are made of: so many weeks, or one month."""

    name: str
    spans: tuple[Span, ...]
    month: date | None = None


def weeks_from(first: date, weeks: int) -> tuple[Span, ...]:
    """Return so many weeks, from the one that begins on a date."""
    begins = [first + number * A_WEEK for number in range(weeks)]
    return tuple((begin, begin + A_WEEK - A_DAY) for begin in begins)


def site_weeks(site: Site, day: date, weeks: int) -> tuple[Span, ...]:
    """Return so many weeks, from the one that a date lies in."""
    return weeks_from(week_start(day, site.week_starts_on), weeks)


def stretches_of(site: Site, now: datetime) -> tuple[Stretch, ...]:
    """Return what can be looked back on: whole weeks before this one, or a month as far as it has passed."""
    today = now.astimezone(site.zone).date()
    this_week = week_start(today, site.week_starts_on)
    weeks = [Stretch(name=str(count), spans=weeks_from(this_week - count * A_WEEK, count)) for count in WEEKS_BACK]
    months = (months_later(today.replace(day=1), -back) for back in range(MONTHS_BACK + 1))
    return (
        *weeks,
        *(
            Stretch(name=f"{month:%Y-%m}", spans=tuple(_weeks_in(site, month, today)), month=month)
            for month in months
            if month < today
        ),
    )


def _weeks_in(site: Site, month: date, today: date) -> Iterator[Span]:
    """Yield the weeks of a month, cut off at its ends and before today."""
    first, last = month, min(months_later(month, 1), today) - A_DAY
    while first <= last:
        end = min(week_start(first, site.week_starts_on) + A_WEEK - A_DAY, last)
        yield first, end
        first = end + A_DAY
