"""The shifts of a person at a site as what they mean together: stretches of dates, each with the hours of its weeks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from clinic.models import Shift
from scheduler import WeeklyHours

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Hold the same hours every week from a first to a last date, both included; None is open."""

    hours: WeeklyHours
    first: date | None = None
    last: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether a date lies in it."""
        return (self.first or date.min) <= day <= (self.last or date.max)

    def within(self, first: date | None, last: date | None) -> "Stretch | None":
        """Return the part of it between two dates, if there is any."""
        begin = max(self.first or date.min, first or date.min)
        end = min(self.last or date.max, last or date.max)
        if begin > end:
            return None
        return replace(self, first=None if begin == date.min else begin, last=None if end == date.max else end)


def stretches(shifts: Iterable[Shift]) -> tuple[Stretch, ...]:
    """Join shifts, which may overlap, into stretches that do not, in order."""
    own = [Stretch(hours=WeeklyHours.parse(row.hours), first=row.first_date, last=row.last_date) for row in shifts]
    cuts = {item.first or date.min for item in own} | {item.last + DAY for item in own if item.last}
    found = []
    for begin in sorted(cuts):
        until = min((cut for cut in cuts if cut > begin), default=None)
        windows = tuple(window for item in own if item.holds_on(begin) for window in item.hours.windows)
        first, last = None if begin == date.min else begin, until - DAY if until else None
        found.append(Stretch(hours=WeeklyHours(windows), first=first, last=last))
    return _merged(found)


def painted(old: Iterable[Stretch], new: Stretch) -> tuple[Stretch, ...]:
    """Return stretches with another one painted over them."""
    before = new.first - DAY if new.first else None
    after = new.last + DAY if new.last else None
    kept = [
        part
        for item in old
        for part in (item.within(None, before) if before else None, item.within(after, None) if after else None)
        if part
    ]
    return _merged([*kept, new])


def _merged(items: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Leave out what has no hours, and join neighbours that have the same."""
    found: list[Stretch] = []
    for item in sorted((item for item in items if item.hours), key=lambda item: item.first or date.min):
        if found and found[-1].hours == item.hours and found[-1].last and found[-1].last + DAY == item.first:
            found[-1] = replace(found[-1], last=item.last)
        else:
            found.append(item)
    return tuple(found)
