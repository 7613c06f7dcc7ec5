"""What a clinic has: sites, chairs and people, and when each is there."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from .hours import WeeklyHours, local_days, zone
from .intervals import Interval

Kind = TypeVar("Kind", "Site", "Chair", "Technician", "Prescriber")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Hold when a site or chair is shut, or a person is absent, and why."""

    when: Interval
    cause: str = ""

    @classmethod
    def days(cls, first: date, last: date, timezone: str, cause: str = "") -> "Closure":
        """Build the closure of whole dates, both included."""
        return cls(when=local_days(first, last, timezone), cause=cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Hold a clinic address with its time zone, hours and closures; 0 makes its weeks begin on Monday."""

    id: str
    name: str
    timezone: str
    hours: WeeklyHours
    closures: tuple[Closure, ...] = ()
    week_starts_on: int = 0

    def __post_init__(self) -> None:
        zone(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chair:
    """Hold a bookable station. Without hours of its own it keeps those of its site."""

    id: str
    name: str
    site: str
    kinds: frozenset[str] = frozenset()
    hours: WeeklyHours | None = None
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Hold the weekly hours of a person at a site, from a first to a last date (both included, None is open)."""

    site: str
    hours: WeeklyHours
    first_date: date | None = None
    last_date: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether a date lies between the first and the last date."""
        return (self.first_date is None or self.first_date <= day) and (self.last_date is None or day <= self.last_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Technician:
    """Hold an operator, who may attend `at_once` patients at the same time (one lane each)."""

    id: str
    name: str
    shifts: tuple[Shift, ...]
    absences: tuple[Closure, ...] = ()
    at_once: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.at_once <= 8:
            raise ValueError("A technician attends 1 to 8 patients at once.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescriber:
    """Hold a physician, who is needed for part of some visits."""

    id: str
    name: str
    shifts: tuple[Shift, ...]
    absences: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """Hold everything that can be booked. Ids are unique over all kinds; times are multiples of `grid_minutes`.

    Raises ValueError for an id used twice, a site that does not exist, or a grid that does not divide an hour.
    """

    sites: tuple[Site, ...]
    chairs: tuple[Chair, ...] = ()
    technicians: tuple[Technician, ...] = ()
    prescribers: tuple[Prescriber, ...] = ()
    grid_minutes: int = 5
    _by_id: dict[str, Site | Chair | Technician | Prescriber] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        if self.grid_minutes not in (5, 10, 15, 20, 30, 60):
            raise ValueError("Starts are multiples of 5, 10, 15, 20, 30 or 60 minutes.")
        people: tuple[Technician | Prescriber, ...] = (*self.technicians, *self.prescribers)
        things: tuple[Site | Chair | Technician | Prescriber, ...] = (*self.sites, *self.chairs, *people)
        for thing in things:
            if thing.id in self._by_id:
                raise ValueError(f"Two resources have the id {thing.id!r}.")
            self._by_id[thing.id] = thing
        sites = {site.id for site in self.sites}
        used = {chair.site for chair in self.chairs} | {shift.site for person in people for shift in person.shifts}
        if used - sites:
            raise ValueError(f"Unknown site {sorted(used - sites)[0]!r}.")

    @classmethod
    def simple(
        cls,
        *,
        timezone: str,
        hours: str,
        chairs: Iterable[str],
        technicians: Iterable[str],
        prescribers: Iterable[str] = (),
        kinds: Iterable[str] = ("rtms", "deep", "pms"),
        grid_minutes: int = 5,
    ) -> "Clinic":
        """Build a clinic with one site, where everybody works all opening hours; names serve as ids."""
        opening = WeeklyHours.parse(hours)
        shifts = (Shift(site="site", hours=opening),)
        return cls(
            sites=(Site(id="site", name="Clinic", timezone=timezone, hours=opening),),
            chairs=tuple(Chair(id=name, name=name, site="site", kinds=frozenset(kinds)) for name in chairs),
            technicians=tuple(Technician(id=name, name=name, shifts=shifts) for name in technicians),
            prescribers=tuple(Prescriber(id=name, name=name, shifts=shifts) for name in prescribers),
            grid_minutes=grid_minutes,
        )

    def site(self, id: str) -> Site:
        """Return a site; raises KeyError for an unknown one."""
        return _typed(self._by_id[id], Site)

    def chair(self, id: str) -> Chair:
        """Return a chair; raises KeyError for an unknown one."""
        return _typed(self._by_id[id], Chair)

    def technician(self, id: str) -> Technician:
        """Return a technician; raises KeyError for an unknown one."""
        return _typed(self._by_id[id], Technician)

    def prescriber(self, id: str) -> Prescriber:
        """Return a prescriber; raises KeyError for an unknown one."""
        return _typed(self._by_id[id], Prescriber)

    def has(self, id: str) -> bool:
        """Tell whether any site, chair or person has this id."""
        return id in self._by_id

    def hours_of(self, chair: Chair) -> WeeklyHours:
        """Return the hours of a chair: its own, or those of its site."""
        return chair.hours if chair.hours is not None else self.site(chair.site).hours

    def with_closure(self, id: str, first: date, last: date, cause: str = "") -> "Clinic":
        """Return the clinic with a site or chair shut, or a person absent, on whole dates (both included)."""
        thing = self._by_id[id]
        if isinstance(thing, Site):
            shut = Closure.days(first, last, thing.timezone, cause)
            return replace(self, sites=_with(self.sites, replace(thing, closures=(*thing.closures, shut))))
        if isinstance(thing, Chair):
            shut = Closure.days(first, last, self.site(thing.site).timezone, cause)
            return replace(self, chairs=_with(self.chairs, replace(thing, closures=(*thing.closures, shut))))
        home = thing.shifts[0].site if thing.shifts else self.sites[0].id
        away = replace(thing, absences=(*thing.absences, Closure.days(first, last, self.site(home).timezone, cause)))
        if isinstance(away, Technician):
            return replace(self, technicians=_with(self.technicians, away))
        return replace(self, prescribers=_with(self.prescribers, away))


def _typed(thing: object, kind: type[Kind]) -> Kind:
    if not isinstance(thing, kind):
        raise KeyError(f"{thing!r} is not a {kind.__name__.lower()}")
    return thing


def _with(things: tuple[Kind, ...], changed: Kind) -> tuple[Kind, ...]:
    return tuple(changed if thing.id == changed.id else thing for thing in things)
