"""The values of reminders: what a clinic wants said when, what is known of a course, and what there is to say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from scheduler.plan import Session
from scheduler.protocols import Protocol, VisitKind

BY_KIND: Mapping[VisitKind, tuple[int, ...]] = {
    VisitKind.CONSULTATION: (3, 1),
    VisitKind.MAPPING: (1,),
    VisitKind.REDETERMINATION: (1,),
    VisitKind.ASSESSMENT: (1,),
    VisitKind.FOLLOW_UP: (3, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRules:
    """Hold what a clinic says when; times are minutes of the wall clock, 0 is Monday.

    `days_before` says for each kind of visit how many days before it is told, whatever else holds. Visits with no other
    within `alone_days` are told `days_before_alone`; those of the first days of a course, after a gap, in a taper, and
    those that were moved are told the day before. Between `closes` and `opens` no message leaves.

    Raises ValueError, in a sentence for the screen, for rules that cannot be kept.
    """

    digest_weekday: int | None = 4
    leaves_at: int = 16 * 60
    days_before: Mapping[VisitKind, tuple[int, ...]] = field(default_factory=lambda: BY_KIND)
    days_before_alone: tuple[int, ...] = (3, 1)
    alone_days: int = 4
    first_days: int = 7
    gap_days: int = 4
    tells_taper: bool = True
    invites_days_before: int = 21
    invites_every_days: int = 14
    most_a_week: int = 3
    opens: int = 8 * 60
    closes: int = 20 * 60

    def __post_init__(self) -> None:
        offsets = [*chain.from_iterable(self.days_before.values()), *self.days_before_alone]
        if not 0 <= self.opens <= self.leaves_at < self.closes <= 24 * 60:
            raise ValueError("Messages leave at a time outside the quiet hours, and the quiet hours leave some time.")
        if not all(1 <= days <= 30 for days in offsets):
            raise ValueError("A visit is told 1 to 30 days before it.")
        if not 0 <= self.most_a_week <= 14:
            raise ValueError("A patient gets 0 to 14 messages a week.")
        if min(self.alone_days, self.first_days + 1, self.gap_days, self.invites_every_days) < 1:
            raise ValueError("Days are counted from 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Hold one course as reminders need it.

    `expected` is how many sessions it has in all; a course that `is_over` is noted as finished, and gets no more.
    `moved` names those that were moved since they were first told, `told_at` is when the patient last got the whole
    schedule.
    """

    course: str
    protocol: Protocol
    sessions: tuple[Session, ...]
    expected: int
    is_over: bool = False
    moved: frozenset[tuple[bool, int]] = frozenset()
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Hold one thing to say from `due_at` until it is too late; `also` are the keys of what it says besides."""

    key: str
    kind: str
    due_at: datetime
    until: datetime
    sessions: tuple[Session, ...] = ()
    course: str = ""
    follow_up: str = ""
    also: tuple[str, ...] = ()

    @property
    def is_for_desk(self) -> bool:
        """Tell whether the desk is told, not the patient."""
        return self.kind == "gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """Hold what is due now, what it is too late for since the last look, and when to look again if nothing changes."""

    due: tuple[Reminder, ...] = ()
    late: tuple[Reminder, ...] = ()
    next_at: datetime | None = None
