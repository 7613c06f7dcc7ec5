"""Treatment recipes: what a course is made of, before anybody has a time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

EVERY_DAY = frozenset(range(7))


class VisitKind(StrEnum):
    """Name what a visit is for."""

    CONSULTATION = "consultation"
    MAPPING = "mapping"
    TREATMENT = "treatment"
    REDETERMINATION = "redetermination"
    ASSESSMENT = "assessment"
    FOLLOW_UP = "follow-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Hold how long a visit takes and what it needs.

    The chair and the patient are taken for `minutes`; the chair then stays taken for `turnaround_minutes`. A technician
    is needed for the whole visit, a prescriber from `prescriber_offset` minutes after its start for
    `prescriber_minutes` (20-30 minutes inside a 60-100 minute mapping visit is usual: caltms.com/what-to-expect).
    A chair fits when it has every kind named in `chair_kinds`, such as a device or a coil.

    Raises ValueError for lengths that cannot be.
    """

    kind: VisitKind = VisitKind.TREATMENT
    minutes: int = 30
    turnaround_minutes: int = 0
    needs_chair: bool = True
    chair_kinds: frozenset[str] = frozenset()
    needs_technician: bool = True
    prescriber_minutes: int = 0
    prescriber_offset: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.minutes <= 12 * 60:
            raise ValueError("A visit lasts between 1 minute and 12 hours.")
        if min(self.turnaround_minutes, self.prescriber_minutes, self.prescriber_offset) < 0:
            raise ValueError("Minutes cannot be negative.")
        if self.prescriber_offset + self.prescriber_minutes > self.minutes:
            raise ValueError("The prescriber's minutes must lie inside the visit.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Ask for treatment days in runs of consecutive dates, with few days off between two runs."""

    min_days: int
    max_days: int
    max_break_days: int

    def __post_init__(self) -> None:
        if not 1 <= self.min_days <= self.max_days <= 14 or self.max_break_days < 1:
            raise ValueError("A block has 1 to 14 days, and at least one day off before the next.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Hold a run of sessions with one rhythm, such as five a week.

    Weekly numbers count treatment days, not sessions. `per_week_max` is never exceeded and `per_week_min` never
    missed (except in the week in which the phase ends, and in the week in which a course begins); falling short of
    `per_week_target` only costs. A `taper` lists the exact days of successive treatment weeks, such as (3, 2, 1),
    and then says how many sessions there are; a week off may lie between them if the longest gap allows it. Two
    treatment days are `min_days_between` to `max_days_between` dates apart; the rule of the later session's phase
    holds across a phase change. With several sessions a day all are on one chair, their starts at least
    `minutes_between_starts` apart.

    A phase with a `condition` ("responders") is planned only when the course request asks for it by name.

    Raises ValueError, in a sentence for the screen, for numbers that contradict each other.
    """

    name: str
    visit: Visit
    sessions: int = 0
    per_week_max: int = 5
    per_week_min: int = 1
    per_week_target: int | None = None
    taper: tuple[int, ...] = ()
    weekdays: frozenset[int] = EVERY_DAY
    sessions_per_day: int = 1
    minutes_between_starts: int = 0
    min_days_between: int = 1
    max_days_between: int = 7
    blocks: Blocks | None = None
    condition: str = ""

    def __post_init__(self) -> None:
        if self.taper:
            object.__setattr__(self, "sessions", sum(self.taper) * self.sessions_per_day)
        if self.per_week_target is None:
            object.__setattr__(self, "per_week_target", self.per_week_max)
        for wrong, sentence in self._contradictions():
            if wrong:
                raise ValueError(f"Phase {self.name!r}: {sentence}")

    def _contradictions(self) -> Iterable[tuple[bool, str]]:
        many = self.sessions_per_day > 1
        return (
            (not self.name.strip(), "it needs a name."),
            (not 1 <= self.sessions <= 200, "it needs between 1 and 200 sessions."),
            (not 1 <= self.sessions_per_day <= 12, "there can be 1 to 12 sessions a day."),
            (self.sessions % max(self.sessions_per_day, 1) != 0, "its sessions must fill whole days."),
            (many and self.minutes_between_starts < self.visit.minutes, "two sessions of one day would overlap."),
            (not 1 <= self.per_week_max <= 7, "there can be 1 to 7 days a week."),
            (not 0 <= self.per_week_min <= self.per_week_max, "its fewest days a week exceed its most."),
            (not 0 <= (self.per_week_target or 0) <= self.per_week_max, "its target exceeds its most days a week."),
            (not self.weekdays, "it needs at least one weekday."),
            (not self.weekdays <= EVERY_DAY, "weekdays are 0 (Monday) to 6 (Sunday)."),
            (not self.taper and self.per_week_min > len(self.weekdays), "it needs more days than its weekdays give."),
            (any(not 1 <= days <= len(self.weekdays) for days in self.taper), "each taper week needs 1 to 7 days."),
            (not 1 <= self.min_days_between <= self.max_days_between, "its shortest gap exceeds its longest gap."),
            (self.max_days_between > 120, "its longest gap is more than 120 days."),
        )

    @property
    def days(self) -> int:
        """Return the number of treatment days."""
        return self.sessions // self.sessions_per_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Redetermination:
    """Replace a treatment visit by a longer one every so many days.

    It is due on start + k x `every_days`, and happens on the first treatment day from then on; the next due date is
    counted from the start again, so it never drifts.
    """

    visit: Visit
    every_days: int = 7

    def __post_init__(self) -> None:
        if self.every_days % 7 or self.every_days < 7:
            raise ValueError("A redetermination comes every 7, 14, 21 ... days.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Ask for a rating scale or review on the day of a numbered session."""

    name: str
    at_session: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Ask for a visit some months (or days) after the last session, within a window on either side."""

    name: str
    visit: Visit
    months: int = 0
    days: int = 0
    window_days: int = 7

    def __post_init__(self) -> None:
        if self.months <= 0 and self.days <= 0:
            raise ValueError("A follow-up comes some days or months after the last session.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Hold an ordered recipe of phases, with its first visit, redeterminations, assessments and follow-ups.

    `first_visit`, usually the mapping, replaces the first session of the course. `source` says where the schedule is
    from; a protocol is a schedule shape and never medical advice.

    Raises ValueError for a protocol without phases or with two phases of one name.
    """

    slug: str
    name: str
    phases: tuple[Phase, ...]
    version: int = 1
    first_visit: Visit | None = None
    redetermination: Redetermination | None = None
    assessments: tuple[Assessment, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    summary: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not self.phases:
            raise ValueError("A protocol needs at least one phase.")
        if len({phase.name for phase in self.phases}) < len(self.phases):
            raise ValueError("Each phase of a protocol needs its own name.")
        if all(phase.condition for phase in self.phases):
            raise ValueError("A protocol needs at least one phase without a condition.")

    def planned_phases(self, chosen: Iterable[str] = ()) -> tuple[Phase, ...]:
        """Return the phases that a course follows: all without a condition, and the chosen ones."""
        return tuple(phase for phase in self.phases if not phase.condition or phase.name in set(chosen))

    def sessions(self, chosen: Iterable[str] = ()) -> int:
        """Return how many sessions a course has, follow-ups not counted."""
        return sum(phase.sessions for phase in self.planned_phases(chosen))

    def revised(self, **changes: object) -> "Protocol":
        """Return the next version with some fields changed."""
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]
