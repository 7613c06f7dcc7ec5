"""What would happen if: people who are to come, planned one after another in a clinic as it is or as it could be."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from statistics import median

import numpy as np

from .capacity import Booked, taken_and_open
from .course import Availability, CourseRequest
from .hours import WeeklyHours, week_start
from .plan import Diary
from .planner import steadiest_problem
from .protocols import Protocol
from .resources import Chair, Clinic, Shift
from .solver.admission_diary import DiaryFloor
from .solver.ground import quickest_weeks
from .solver.problem import WEEK

OVERLOADED = 0.95  # the share of open chair time from which a week has no room for what goes wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Hold the people who are expected: how many a week for how many weeks, and what they need, by shares.

    Raises ValueError for a stream without protocols or a negative number.
    """

    a_week: float
    weeks: int
    protocols: tuple[tuple[Protocol, int], ...]
    availabilities: tuple[tuple[Availability, int], ...] = ((Availability(), 1),)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.a_week < 0 or self.weeks < 0:
            raise ValueError("A stream cannot bring fewer than no people.")
        if not self.protocols or not self.availabilities:
            raise ValueError("A stream needs a protocol, and a time at which people can come.")

    def switched(self, slug: str, protocol: Protocol) -> "Stream":
        """Return the stream with another protocol for all who would have had the one of this slug."""
        mix = tuple((protocol if item.slug == slug else item, share) for item, share in self.protocols)
        return replace(self, protocols=mix)

    def requests(self, clinic: Clinic, first: date) -> Iterator[CourseRequest]:
        """Yield who comes, in order; the same seed brings the same people, whatever the clinic is like then."""
        random, number, due = Random(self.seed), 0, 0.0
        for week in range(self.weeks):
            due += self.a_week
            for day in sorted(random.randrange(5) for _ in range(int(due) - number)):
                (protocol,) = random.choices(*zip(*self.protocols, strict=True))
                (availability,) = random.choices(*zip(*self.availabilities, strict=True))
                number += 1
                yield CourseRequest(
                    patient=f"expected-{number}",
                    protocol=protocol,
                    earliest_date=first + timedelta(weeks=week, days=day),
                    availability=availability,
                    sites=frozenset({clinic.sites[number % len(clinic.sites)].id}),
                    course=f"expected-{number}",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Hold what became of a stream: courses begun in each month, days waited, who found no place, which weeks are full.

    `loads` has the share of open, staffed chair time that is taken in each week from the first on.
    """

    starts: tuple[tuple[date, int], ...]  # (first of the month, courses)
    waits: tuple[int, ...]  # days from the earliest date to the first session, in order of coming
    turned_away: int
    loads: tuple[tuple[date, float], ...]

    @property
    def typical_wait(self) -> float | None:
        """Return the median of the days waited, or None when nobody began."""
        return median(self.waits) if self.waits else None

    @property
    def overloaded_weeks(self) -> int:
        """Return the number of weeks that are nearly full."""
        return sum(share >= OVERLOADED for _, share in self.loads)


def forecast(stream: Stream, clinic: Clinic, booked: Booked, first: date) -> Forecast:
    """Plan a stream of people in the order in which they come, each as steadily as possible beside all before.

    Somebody who could not be done within the weeks of a quick course and eight more is turned away.
    """
    diary = booked if isinstance(booked, Diary) else Diary.of(booked)
    requests = list(stream.requests(clinic, week_start(first)))
    if not requests:
        return Forecast(starts=(), waits=(), turned_away=0, loads=())
    floor = DiaryFloor(requests, [1] * len(requests), clinic, diary, steadiest_problem, quickest_weeks)
    waits, months = [], Counter[date]()
    for number, request in enumerate(requests):
        solution = floor.best(number)
        if solution is not None:
            floor.stand(number, solution.places)
            wait = solution.places[0].day - floor.candidates[number].problem.earliest
            waits.append(wait)
            months[(request.earliest_date + timedelta(days=wait)).replace(day=1)] += 1
    return Forecast(
        starts=tuple(sorted(months.items())),
        waits=tuple(waits),
        turned_away=len(requests) - len(waits),
        loads=tuple(_loads(floor, stream.weeks)),
    )


def _loads(floor: DiaryFloor, weeks: int) -> Iterator[tuple[date, float]]:
    """Yield each week with the share of its open chair time that is taken at all sites together."""
    both = [taken_and_open(lanes.grid, lanes.grid.chairs_free & ~lanes.chairs) for lanes in floor.sites.values()]
    taken, opened = (sum(np.add.reduce(cells, axis=1) for cells in side) for side in zip(*both, strict=True))
    for week in range(weeks):
        days = slice(WEEK * week, WEEK * (week + 1))
        yield floor.frame.date(WEEK * week), min(1.0, float(taken[days].sum()) / max(1, int(opened[days].sum())))


def with_chair(clinic: Clinic, site: str, kinds: Iterable[str] = ()) -> Clinic:
    """Return the clinic with one chair more at a site, of the kinds of its first chair unless others are named."""
    like = next((chair for chair in clinic.chairs if chair.site == site), None)
    number = 1 + sum(chair.site == site for chair in clinic.chairs)
    wanted = frozenset(kinds) or (like.kinds if like else frozenset())
    more = Chair(id=f"{site}-expected-{number}", name=f"Chair {number}", site=site, kinds=wanted)
    return replace(clinic, chairs=(*clinic.chairs, more))


def with_hours(clinic: Clinic, site: str, more: WeeklyHours) -> Clinic:
    """Return the clinic with a site open, its chairs usable and its people there for more hours, such as Saturdays."""

    def longer(hours: WeeklyHours) -> WeeklyHours:
        return WeeklyHours((*hours.windows, *more.windows))

    def shifts(all_shifts: tuple[Shift, ...]) -> tuple[Shift, ...]:
        return tuple(replace(s, hours=longer(s.hours)) if s.site == site else s for s in all_shifts)

    return replace(
        clinic,
        sites=tuple(replace(s, hours=longer(s.hours)) if s.id == site else s for s in clinic.sites),
        chairs=tuple(replace(c, hours=longer(c.hours)) if c.site == site and c.hours else c for c in clinic.chairs),
        technicians=tuple(replace(person, shifts=shifts(person.shifts)) for person in clinic.technicians),
        prescribers=tuple(replace(person, shifts=shifts(person.shifts)) for person in clinic.prescribers),
    )


def with_part_time(clinic: Clinic, technician: str, hours: WeeklyHours) -> Clinic:
    """Return the clinic with a technician who works only these hours; raises KeyError for an unknown one."""
    there = clinic.technician(technician)
    less = replace(there, shifts=tuple(replace(shift, hours=hours) for shift in there.shifts))
    return replace(clinic, technicians=tuple(less if one.id == technician else one for one in clinic.technicians))
