"""Wall-clock hours, and how they become instants."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.relativedelta import relativedelta

from .intervals import Interval

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Window:
    """Hold a stretch of one weekday, in minutes of the wall clock; 0 is Monday, the end may be 1440."""

    weekday: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"A weekday is 0 (Monday) to 6 (Sunday), not {self.weekday}.")
        if not 0 <= self.start < self.end <= MINUTES_A_DAY:
            raise ValueError(f"Hours must end after they start, within one day: {clock(self.start)}-{clock(self.end)}.")


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hold the same hours every week, as windows in order that neither touch nor overlap on one day.

    >>> hours = WeeklyHours.parse("Mon-Thu 08:00-18:00, Fri 08:00-12:00 13:00-16:30")
    >>> str(hours)
    'Mon-Thu 08:00-18:00, Fri 08:00-12:00 13:00-16:30'
    >>> hours.on(date(2026, 3, 6))
    ((480, 720), (780, 990))
    """

    windows: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", tuple(_merged(sorted(self.windows))))

    @classmethod
    def parse(cls, text: str) -> "WeeklyHours":
        """Read hours such as "Mon-Fri 08:00-18:00, Sat 09:00-13:00".

        Raises ValueError, with an example that works, when the text cannot be read.
        """
        return cls(tuple(window for part in re.split(r"[,;\n]", text) if part.strip() for window in _parse_part(part)))

    @classmethod
    def always(cls) -> "WeeklyHours":
        """Build hours without any limit."""
        return cls(tuple(Window(weekday=day, start=0, end=MINUTES_A_DAY) for day in range(7)))

    def on(self, day: date) -> tuple[tuple[int, int], ...]:
        """Return the windows of a date, each as (start, end) in minutes of its wall clock."""
        return self.on_weekday(day.weekday())

    def on_weekday(self, weekday: int) -> tuple[tuple[int, int], ...]:
        """Return the windows of a weekday, each as (start, end) in minutes."""
        return tuple((window.start, window.end) for window in self.windows if window.weekday == weekday)

    def covers(self, day: date, start: int, end: int) -> bool:
        """Tell whether the minutes [start, end) of a date lie inside one window."""
        return any(opens <= start and end <= closes for opens, closes in self.on(day))

    def __bool__(self) -> bool:
        return bool(self.windows)

    def __str__(self) -> str:
        texts = [" ".join(f"{clock(a)}-{clock(b)}" for a, b in self.on_weekday(day)) for day in range(7)]
        parts, day = [], 0
        while day < 7:
            last = day
            while last < 6 and texts[last + 1] == texts[day]:
                last += 1
            if texts[day]:
                days = WEEKDAYS[day] if last == day else f"{WEEKDAYS[day]}-{WEEKDAYS[last]}"
                parts.append(f"{days} {texts[day]}")
            day = last + 1
        return ", ".join(parts)


def clock(minute: int) -> str:
    """Write a minute of the day as HH:MM; 1440 is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute_of(moment: time | datetime) -> int:
    """Return the minute of the day of a wall-clock time."""
    return moment.hour * 60 + moment.minute


def zone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name such as "Europe/London".

    Raises ValueError when no such zone is known.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"Unknown time zone {name!r}. Use a name such as 'Europe/London'.") from None


def instant(day: date, minute: int, timezone: str) -> datetime:
    """Return the instant, in UTC, at which the wall clock of a zone shows a minute of a date.

    A time that the clock shows twice is the first of the two; a time that it skips is read as if the clock had not
    changed yet, so that it falls just after the jump. Minute 1440 is midnight of the next day.
    """
    midnight = datetime.combine(day, time()) + timedelta(minutes=minute)
    return midnight.replace(tzinfo=zone(timezone)).astimezone(UTC)


def local_days(first: date, last: date, timezone: str) -> Interval:
    """Return the interval from the beginning of a date to the end of another, both included."""
    return Interval(instant(first, 0, timezone), instant(last, MINUTES_A_DAY, timezone))


def week_start(day: date, week_starts_on: int = 0) -> date:
    """Return the first date of the week that holds `day`; 0 makes weeks begin on Monday."""
    return day - timedelta(days=(day.weekday() - week_starts_on) % 7)


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield every date from `first` to `last`, both included."""
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of a month that is too short."""
    return day + relativedelta(months=months)


def _merged(windows: list[Window]) -> Iterator[Window]:
    """Join windows of one day that touch or overlap."""
    current: Window | None = None
    for window in windows:
        if current and current.weekday == window.weekday and window.start <= current.end:
            current = Window(weekday=current.weekday, start=current.start, end=max(current.end, window.end))
            continue
        if current:
            yield current
        current = window
    if current:
        yield current


def _parse_part(part: str) -> Iterator[Window]:
    days, _, spans = part.strip().partition(" ")
    first, _, last = days.partition("-")
    pairs = re.findall(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", spans)
    try:
        begin, end = _weekday(first), _weekday(last or first)
        if not pairs or re.sub(r"[\d:\s-]", "", spans):
            raise ValueError(spans)
        for offset in range((end - begin) % 7 + 1):
            for h1, m1, h2, m2 in pairs:
                start, stop = int(h1) * 60 + int(m1), int(h2) * 60 + int(m2)
                yield Window(weekday=(begin + offset) % 7, start=start, end=stop)
    except ValueError:
        raise ValueError(f"Cannot read opening hours: {part.strip()!r}. Try 'Mon-Fri 08:00-18:00'.") from None


def _weekday(name: str) -> int:
    return [day.lower() for day in WEEKDAYS].index(name.strip()[:3].lower())
