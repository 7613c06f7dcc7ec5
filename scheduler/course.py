"""What is asked of the planner: one patient, one protocol, and when the patient can come."""

import datetime as dt
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from .hours import WeeklyHours
from .protocols import Phase, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Hold when the patient can come: weekly hours (None is any time), less the dates away."""

    hours: WeeklyHours | None = None
    away: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, hours: str, away: tuple[date, ...] = ()) -> "Availability":
        """Build an availability from hours such as "Mon-Fri 09:00-12:00"."""
        return cls(hours=WeeklyHours.parse(hours), away=frozenset(away))

    def allows(self, day: date, start: int, end: int) -> bool:
        """Tell whether the patient can be there for the minutes [start, end) of a date."""
        return day not in self.away and (self.hours is None or self.hours.covers(day, start, end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """Hold an insurer's permission: treatment sessions from a first to a last date (both included).

    `units` None means that no number was given. Follow-ups are outside an authorisation.
    """

    first_date: date
    last_date: date
    units: int | None = None
    number: str = ""

    def __post_init__(self) -> None:
        if self.last_date < self.first_date:
            raise ValueError("The authorisation ends before it begins.")
        if self.units is not None and self.units < 0:
            raise ValueError("Authorised units cannot be negative.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Hold what each thing costs, in points; a plan with fewer points is better.

    The defaults are those of the public instance format. `wait` and `end` count days since the earliest date, `time`
    grid steps from the course's usual time for each session, `chair` sessions off the usual chair, `short` treatment
    days below a week's target, `wish` grid steps from the wished time to the usual time (once for the course) and
    `crowd` the crowdedness of the usual hour (0 to 100, once for the course).
    """

    wait: int = 5
    end: int = 10
    time: int = 1
    chair: int = 6
    short: int = 60
    wish: int = 4
    crowd: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Hold what the patient would like, without insisting on it."""

    time: dt.time | None = None
    chair: str | None = None
    technician: str | None = None
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSession:
    """Hold a session that must stand at this instant (and on this chair, when one is named)."""

    start: datetime
    chair: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Hold a course to fewer treatment days a week than its protocol allows, from a date on; tapers stay as they are.

    Raises ValueError for a number that a week does not have.
    """

    per_week: int
    since: date

    def __post_init__(self) -> None:
        if not 1 <= self.per_week <= 7:
            raise ValueError("A week has 1 to 7 treatment days.")

    def slowed(self, phase: Phase, *, from_now_on: bool) -> Phase:
        """Return a phase that asks for no more a week, and that allows no more when it is all still to come."""
        if phase.taper:
            return phase
        fewest, target = min(phase.per_week_min, self.per_week), min(phase.per_week_target or 0, self.per_week)
        most = min(phase.per_week_max, self.per_week) if from_now_on else phase.per_week_max
        return replace(phase, per_week_min=fewest, per_week_target=target, per_week_max=most)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseRequest:
    """Hold everything that is asked of a course before it has a plan.

    `skipped` are dates that the desk does not want; `phases` names the conditional phases to plan as well; `sites`
    empty means any site; a `pace` keeps the course slower than its protocol. Dates are those of the site.

    Raises ValueError when the latest date comes before the earliest.
    """

    patient: str
    protocol: Protocol
    earliest_date: date
    latest_date: date | None = None
    availability: Availability = field(default_factory=Availability)
    authorisation: Authorisation | None = None
    preference: Preference = field(default_factory=Preference)
    sites: frozenset[str] = frozenset()
    fixed: tuple[FixedSession, ...] = ()
    skipped: frozenset[date] = frozenset()
    phases: frozenset[str] = frozenset()
    pace: Pace | None = None
    course: str = ""

    def __post_init__(self) -> None:
        if self.latest_date is not None and self.latest_date < self.earliest_date:
            raise ValueError("The latest date comes before the earliest date.")

    @property
    def planned_phases(self) -> tuple[Phase, ...]:
        """Return the phases that this course follows, at its pace."""
        phases = self.protocol.planned_phases(self.phases)
        if self.pace is None:
            return phases
        from_now_on = self.pace.since <= self.earliest_date
        return tuple(self.pace.slowed(phase, from_now_on=from_now_on) for phase in phases)

    def most_a_week(self, phase: Phase, week: date) -> int:
        """Return how many treatment days of a phase are allowed in the week that begins on a date."""
        if self.pace is None or week < self.pace.since:
            return phase.per_week_max
        return min(phase.per_week_max, self.pace.per_week)

    @property
    def sessions(self) -> int:
        """Return how many sessions are to be placed, follow-ups not counted."""
        return sum(phase.sessions for phase in self.planned_phases)
