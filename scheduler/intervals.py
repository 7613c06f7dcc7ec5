"""Spans of time: the only overlap test in the code base."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold a half-open span of time [start, end), kept in UTC.

    Both ends must be aware. They are converted to UTC at once, because Python compares and subtracts two datetimes
    of one zone by their wall clock, which is an hour wrong across a clock change.

    Raises ValueError for a naive instant or a span that is not longer than nothing.

    >>> morning = Interval(datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC))
    >>> morning.minutes
    60
    >>> morning.overlaps(morning.shifted(timedelta(hours=1)))
    False
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("An interval needs instants with a time zone.")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError(f"An interval must end after it starts: {self.start} to {self.end}.")

    @classmethod
    def lasting(cls, minutes: int, start: datetime) -> "Interval":
        """Build the interval that begins at `start` and lasts `minutes` of elapsed time."""
        begin = start.astimezone(UTC)
        return cls(begin, begin + timedelta(minutes=minutes))

    @property
    def duration(self) -> timedelta:
        """Return the elapsed time between the two ends."""
        return self.end - self.start

    @property
    def minutes(self) -> int:
        """Return the elapsed whole minutes."""
        return int(self.duration.total_seconds()) // 60

    def overlaps(self, other: "Interval") -> bool:
        """Tell whether the two share any moment; intervals that only touch do not."""
        return self.start < other.end and other.start < self.end

    def covers(self, other: "Interval") -> bool:
        """Tell whether the whole of `other` lies inside this interval."""
        return self.start <= other.start and other.end <= self.end

    def shifted(self, by: timedelta) -> "Interval":
        """Return the interval moved by an elapsed time."""
        return Interval(self.start + by, self.end + by)
