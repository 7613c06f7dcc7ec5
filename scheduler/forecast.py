"""What would happen if: people who are to come, planned one after another in a clinic as it is or as it could be."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from statistics import median

from .capacity import Booked, load_by_hour
from .course import Availability, CourseRequest
from .hours import MINUTES_A_DAY, WeeklyHours, instant, week_start
from .plan import Diary, epoch_minute
from .planner import steadiest_problem
from .protocols import Protocol
from .resources import Chair, Clinic, Shift
from .solver.best import solve
from .solver.ground import Ground, quickest_weeks
from .solver.sessions import sessions_of

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

    def by_week(self, clinic: Clinic, first: date) -> Iterator[tuple[date, list[CourseRequest]]]:
        """Yield each week with who comes in it; the same seed brings the same people, whatever the clinic is like."""
        random, number, due = Random(self.seed), 0, 0.0
        for week in range(self.weeks):
            due += self.a_week
            begins, people = first + timedelta(weeks=week), list[CourseRequest]()
            for day in sorted(random.randrange(5) for _ in range(int(due) - number)):
                (protocol,) = random.choices(*zip(*self.protocols, strict=True))
                (availability,) = random.choices(*zip(*self.availabilities, strict=True))
                number += 1
                people.append(
                    CourseRequest(
                        patient=f"expected-{number}",
                        protocol=protocol,
                        earliest_date=begins + timedelta(days=day),
                        availability=availability,
                        sites=frozenset({clinic.sites[number % len(clinic.sites)].id}),
                        course=f"expected-{number}",
                    )
                )
            yield begins, people


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Hold what became of a stream: courses begun in each month, days waited, who found no place, which weeks are full.

    `loads` has the share of open, staffed chair time that is taken in each week from the first on.
    """

    starts: tuple[tuple[date, int], ...] = ()  # (first of the month, courses)
    waits: tuple[int, ...] = ()  # days from the earliest date to the first session, in order of coming
    turned_away: int = 0
    loads: tuple[tuple[date, float], ...] = ()

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
    *_, found = Forecast(), *forecast_by_week(stream, clinic, booked, first)
    return found


def forecast_by_week(stream: Stream, clinic: Clinic, booked: Booked, first: date) -> Iterator[Forecast]:
    """Yield after each week what has become of those who came by then; as `forecast`, for whoever cannot wait."""
    diary = booked if isinstance(booked, Diary) else Diary.of(booked)
    waits, months, turned_away, loads = list[int](), Counter[date](), 0, list[tuple[date, float]]()
    for week, people in stream.by_week(clinic, week_start(first, clinic.sites[0].week_starts_on)):
        diary = _since(diary, week)
        for request in people:
            ground = Ground(request, clinic, diary, quickest_weeks(request))
            problem = steadiest_problem(ground)
            solution = solve(problem)
            if solution is None:
                turned_away += 1
                continue
            diary = diary.plus(sessions_of(ground, solution))
            waits.append(solution.places[0].day - problem.earliest)
            months[ground.frame.date(solution.places[0].day).replace(day=1)] += 1
        loads.append((week, _share(clinic, diary, week)))
        starts = tuple(sorted(months.items()))
        yield Forecast(starts=starts, waits=tuple(waits), turned_away=turned_away, loads=tuple(loads))


def _since(diary: Diary, week: date) -> Diary:
    """Return what is taken from a week on; nobody is planned before it."""
    from_then = epoch_minute(instant(week, 0, "UTC")) - MINUTES_A_DAY  # wherever the sites are
    return Diary({name: tuple(span for span in spans if span[2] > from_then) for name, spans in diary.taken.items()})


def _share(clinic: Clinic, diary: Diary, week: date) -> float:
    """Return the share of the open chair time of a week that is taken at all sites together."""
    loads = load_by_hour(clinic, diary, week, 1)
    return min(1.0, sum(load.booked for load in loads) / max(1, sum(load.open for load in loads)))


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
