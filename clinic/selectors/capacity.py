"""How much room the clinic has, hour by hour of its week."""

from collections import defaultdict
from datetime import date, timedelta

import numpy as np

from clinic import planning
from clinic.models import Site
from scheduler import days_between

from .timeline import Cells, Timeline

A_WEEK = timedelta(weeks=1)
LEVELS = 4
# Less than this share of the chairs is no room: a visit would have to fit into the very gap that is left.
NEXT_TO_NOTHING = 0.05


def free_capacity(site: Site, first: date, weeks: int) -> dict[tuple[int, int], int]:
    """Say how free each hour of the week is on average, from 0 (no space) to 4 (nearly everything).

    A place is free when a chair and somebody to attend it are. Hours in which no chair is open are left out.
    """
    last = first + A_WEEK * weeks - timedelta(days=1)
    week = Timeline(site, first, last)
    # Proposals come and go within minutes; the picture is of what is booked.
    clinic, diary = planning.load(site=site, first=first, last=last, now=week.within.end)
    shut = clinic.sites[0].closures
    chairs, opened = week.nothing(), week.nothing()
    for chair in clinic.chairs:
        hours = week.during(clinic.hours_of(chair))
        opened += hours
        chairs += week.free(hours, [*shut, *chair.closures], diary, chair.id)
    people = week.nothing()
    for technician in clinic.technicians:
        on_shift = week.on_shift(technician.shifts)
        for lane in range(technician.at_once):
            people += week.free(on_shift, [*shut, *technician.absences], diary, technician.id, lane)
    return _levels(week, np.minimum(chairs, people), opened)


def _levels(week: Timeline, free: Cells, opened: Cells) -> dict[tuple[int, int], int]:
    """Compare what is free with what is open, for every hour of the week."""
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for day in days_between(week.first, week.last):
        for hour in range(24):
            cells = week.between(day, hour * 60, hour * 60 + 60)
            both = sums[day.weekday(), hour]
            both[0] += int(free[cells].sum())
            both[1] += int(opened[cells].sum())
    return {key: _level(room / whole) for key, (room, whole) in sums.items() if whole}


def _level(share: float) -> int:
    return 0 if share < NEXT_TO_NOTHING else min(LEVELS, 1 + int(share * LEVELS))
