"""The grid on which the desk paints when a patient can come: one box an hour, each with how free the clinic is."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from clinic.models import Site
from scheduler import WeeklyHours

from .weeks import weekdays_of
from .written import minute_of_day, short_weekday

NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LEVELS = (_("no space"), _("little space"), _("some space"), _("good space"), _("very good space"))
# The quick fills: from which hour to which, on weekdays.
PRESETS = {"mornings": (0, 12), "lunch": (11, 14), "afternoons": (12, 24), "late": (15, 24)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Hold one hour of one weekday; a shut one cannot be chosen."""

    weekday: int
    hour: int
    level: int = 0
    is_open: bool = True

    @property
    def value(self) -> str:
        """Return what the form sends, such as "0-08"."""
        return f"{self.weekday}-{self.hour:02d}"

    @property
    def label(self) -> str:
        """Return what a screen reader says."""
        return f"{short_weekday(self.weekday)} {minute_of_day(self.hour * 60)}, {LEVELS[self.level]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Hold the boxes of a site's week, row by row."""

    weekdays: tuple[int, ...]
    rows: tuple[tuple[Box, ...], ...]

    @property
    def names(self) -> tuple[tuple[int, str], ...]:
        """Return the columns as weekday and name."""
        return tuple((day, short_weekday(day)) for day in self.weekdays)

    @property
    def values(self) -> tuple[str, ...]:
        """Return every box that can be chosen."""
        return tuple(box.value for row in self.rows for box in row if box.is_open)


def grid_of(site: Site, free: Mapping[tuple[int, int], int]) -> Grid:
    """Lay out the hours at which a site is open; `free` says how much room each has, 0 to 4."""
    hours, weekdays = WeeklyHours.parse(site.hours), weekdays_of(site)
    starts = [window.start // 60 for window in hours.windows]
    ends = [-(-window.end // 60) for window in hours.windows]
    rows = tuple(
        tuple(
            Box(weekday=day, hour=hour, level=free.get((day, hour), 0), is_open=bool(_open_in(hours, day, hour)))
            for day in weekdays
        )
        for hour in range(min(starts, default=0), max(ends, default=0))
    )
    return Grid(weekdays=weekdays, rows=rows)


def chosen_in(grid: Grid, site: Site, availability: str | None) -> frozenset[str]:
    """Return the boxes that an availability covers wholly, as far as the site is open; None covers all."""
    if availability is None:
        return frozenset(grid.values)
    site_hours, hours = WeeklyHours.parse(site.hours), WeeklyHours.parse(availability)

    def is_covered(box: Box) -> bool:
        return all(_covers(hours, box.weekday, a, b) for a, b in _open_in(site_hours, box.weekday, box.hour))

    return frozenset(box.value for row in grid.rows for box in row if box.is_open and is_covered(box))


def preset(grid: Grid, name: str) -> frozenset[str]:
    """Return the boxes of a quick fill; Saturday and Sunday stay free in all but "any"."""
    if name not in PRESETS:
        return frozenset(grid.values)
    first, last = PRESETS[name]
    boxes = (box for row in grid.rows for box in row)
    return frozenset(box.value for box in boxes if box.is_open and box.weekday < 5 and first <= box.hour < last)


def availability_text(grid: Grid, chosen: Collection[str]) -> str | None:
    """Write chosen boxes as weekly hours, such as "Mon 08:00-12:00, Tue 09:00-10:00"; None for all of them."""
    if set(grid.values) <= set(chosen):
        return None
    parts = []
    for day in grid.weekdays:
        hours = sorted(box.hour for row in grid.rows for box in row if box.weekday == day and box.value in chosen)
        parts += [f"{NAMES[day]} {first:02d}:00-{last + 1:02d}:00" for first, last in _runs(hours)]
    return ", ".join(parts)


def boxes_between(grid: Grid, weekday: str, start: str, end: str) -> frozenset[str]:
    """Return the boxes that touch the hours from `start` to `end` of a weekday given by its name."""
    day = next((number for number, name in enumerate(NAMES) if weekday.startswith(name)), None)
    first, last = int(start[:2]), int(end[:2]) + (end[3:5] != "00")
    values = {f"{day}-{hour:02d}" for hour in range(first, last)} if day is not None else set()
    return frozenset(values & set(grid.values))


def _runs(hours: list[int]) -> Iterable[tuple[int, int]]:
    """Join hours that follow each other."""
    breaks = [0, *(place for place, (a, b) in enumerate(pairwise(hours), start=1) if b != a + 1), len(hours)]
    return ((hours[a], hours[b - 1]) for a, b in pairwise(breaks) if a < b)


def _open_in(hours: WeeklyHours, weekday: int, hour: int) -> list[tuple[int, int]]:
    """Return the stretches of an hour in which a site is open."""
    begin, end = hour * 60, hour * 60 + 60
    return [(max(a, begin), min(b, end)) for a, b in hours.on_weekday(weekday) if a < end and begin < b]


def _covers(hours: WeeklyHours, weekday: int, start: int, end: int) -> bool:
    return any(a <= start and end <= b for a, b in hours.on_weekday(weekday))
