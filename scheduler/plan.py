"""What the planner answers: sessions with their reasons, what could not be placed, and what it costs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from .hours import zone
from .intervals import Interval
from .protocols import VisitKind
from .reasons import Reason

FREES_ITS_PLACE = frozenset({"cancelled", "noshow", "entered-in-error", "waitlist"})
GIVEN = frozenset({"arrived", "checked-in", "fulfilled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Hold one visit of a course with its place and time.

    `number` counts the sessions of a course from 1; follow-ups go on counting after the last session, as many as were
    planned when they were booked, so that sessions added later may bear the same numbers. The chair stays taken for
    `turnaround_minutes` after the visit. Statuses are FHIR R4 AppointmentStatus codes, letter for letter.
    """

    number: int
    when: Interval
    kind: VisitKind = VisitKind.TREATMENT
    phase: str = ""
    site: str
    chair: str | None = None
    technician: str | None = None
    lane: int = 0
    prescriber: str | None = None
    prescriber_when: Interval | None = None
    turnaround_minutes: int = 0
    patient: str = ""
    course: str = ""
    status: str = "proposed"
    assessments: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def name(self) -> tuple[bool, int]:
        """Return what tells the session from the others of its course: whether it is a follow-up, and its number."""
        return self.kind is VisitKind.FOLLOW_UP, self.number

    @property
    def takes_its_place(self) -> bool:
        """Tell whether the session holds its chair and people, as all but cancelled and missed ones do."""
        return self.status not in FREES_ITS_PLACE

    @property
    def place(self) -> tuple[Interval, str | None, str | None, str | None]:
        """Return when and where the session stands, and with whom."""
        return self.when, self.chair, self.technician, self.prescriber

    def claims(self) -> Iterator[tuple[str, int, Interval]]:
        """Yield (resource id, lane, interval) for everything that the session takes, the patient included."""
        if self.chair:
            yield self.chair, 0, Interval(self.when.start, self.when.end + timedelta(minutes=self.turnaround_minutes))
        if self.technician:
            yield self.technician, self.lane, self.when
        if self.prescriber:
            yield self.prescriber, 0, self.prescriber_when or self.when
        if self.patient:
            yield self.patient, 0, self.when


@dataclass(frozen=True, slots=True)
class Diary:
    """Hold what is taken: for each resource id, spans (lane, start, end) in whole minutes since 1970, UTC, half-open.

    This is the form that the planner reads, so that a caller with a database need not build a value a session.
    """

    taken: Mapping[str, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, sessions: Iterable[Session]) -> "Diary":
        """Build the diary of booked sessions; those that free their place are left out."""
        taken: dict[str, list[tuple[int, int, int]]] = {}
        for session in sessions:
            if session.takes_its_place:
                for resource, lane, when in session.claims():
                    taken.setdefault(resource, []).append((lane, epoch_minute(when.start), epoch_minute(when.end)))
        return cls({resource: tuple(spans) for resource, spans in taken.items()})

    def plus(self, sessions: Iterable[Session]) -> "Diary":
        """Return the diary with more sessions booked."""
        more = Diary.of(sessions).taken
        return Diary({**self.taken, **{name: (*self.taken.get(name, ()), *spans) for name, spans in more.items()}})


def epoch_minute(moment: datetime) -> int:
    """Return whole minutes from 1970-01-01 UTC to an instant."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) // 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """Hold sessions that have no place, and why: first the proof, then the smallest changes that would help."""

    first_number: int
    count: int = 1
    kind: VisitKind = VisitKind.TREATMENT
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Hold the points of a plan by name; fewer are better, and names are those of `Weights`."""

    points: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> int:
        """Return the sum of all points."""
        return sum(value for _, value in self.points)

    def __getitem__(self, name: str) -> int:
        return dict(self.points).get(name, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Hold one difference between two plans: a session moved, added or dropped."""

    kind: Literal["moved", "added", "dropped"]
    before: Session | None = None
    after: Session | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Hold the planner's answer for one course.

    `kind` names what the plan is best at: steadiest, soonest or quiet hour. `is_optimal` says that no plan under the
    same rules and weights has fewer points, and that a plan without sessions is a proof that there is none.
    """

    kind: str = "steadiest"
    sessions: tuple[Session, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    notes: tuple[Reason, ...] = ()
    score: Score = field(default_factory=Score)
    is_optimal: bool = True
    timezone: str = "UTC"

    @property
    def is_complete(self) -> bool:
        """Tell whether every session that is not a follow-up has its place."""
        return not any(item.kind is not VisitKind.FOLLOW_UP for item in self.unplaced) and bool(self.sessions)

    def summary(self) -> str:
        """Return one line for a terminal or a log: how many sessions have a place, and from when to when."""
        placed = sorted(session.when.start for session in self.sessions if session.kind is not VisitKind.FOLLOW_UP)
        missing = sum(item.count for item in self.unplaced if item.kind is not VisitKind.FOLLOW_UP)
        counted = f"{len(placed)} of {len(placed) + missing} sessions placed"
        if not placed:
            return counted
        first, last = (moment.astimezone(zone(self.timezone)).date() for moment in (placed[0], placed[-1]))
        return f"{counted}, {first} to {last}"

    def line(self, number: int) -> str:
        """Return one line for a terminal about the session of this number, by the wall clock of its site.

        Raises KeyError when no session has this number.
        """
        session = {session.number: session for session in self.sessions}[number]
        start, end = (moment.astimezone(zone(self.timezone)) for moment in (session.when.start, session.when.end))
        where = (session.chair, session.technician, session.prescriber, session.phase)
        return f"{number:>3}  {start:%a %d %b %Y  %H:%M}-{end:%H:%M}  " + "  ".join(filter(None, where))

    def why(self, number: int) -> tuple[Reason, ...]:
        """Return why the session of this number stands where it does, or why it has no place."""
        for session in self.sessions:
            if session.number == number:
                return session.reasons
        for item in self.unplaced:
            if item.first_number <= number < item.first_number + item.count:
                return item.reasons
        return ()

    def changes(self, before: Iterable[Session]) -> tuple[Change, ...]:
        """Return what differs from earlier sessions, matched by name, in order of number and the follow-ups last."""
        old = {session.name: session for session in before}
        new = {session.name: session for session in self.sessions}
        found = []
        for name in sorted(old.keys() | new.keys()):
            was, now = old.get(name), new.get(name)
            if was is None:
                found.append(Change(kind="added", after=now))
            elif now is None:
                found.append(Change(kind="dropped", before=was))
            elif was.place != now.place:
                found.append(Change(kind="moved", before=was, after=now))
        return tuple(found)
