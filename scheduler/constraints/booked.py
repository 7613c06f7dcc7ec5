"""What the rules look things up in: the clinic, and who holds what at a moment."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from scheduler.hours import MINUTES_A_DAY, zone
from scheduler.intervals import Interval
from scheduler.plan import Diary, Session
from scheduler.resources import Clinic

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Span = tuple[int, int, int]  # lane, first minute, minute after the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """Hold a span as the clock on the wall of a site shows it; the end passes 1440 when it runs into the next date."""

    day: date
    start: int
    end: int


@lru_cache(maxsize=1 << 14)  # a course is looked at again for every place that one of its sessions might have
def on_the_wall(when: Interval, timezone: str) -> Wall:
    """Return the date and the minutes of the day between which an interval lies at a site."""
    start, end = (moment.astimezone(zone(timezone)).replace(tzinfo=None) for moment in (when.start, when.end))
    midnight = datetime.combine(start.date(), datetime.min.time())
    return Wall(
        day=start.date(), start=(start - midnight) // timedelta(minutes=1), end=(end - midnight) // timedelta(minutes=1)
    )


class Booked:
    """Look up whether a chair or a person is taken.

    Of two sessions that clash the later one in the given order is at fault, so that the newcomer is blamed and each
    clash is told once. What stands in the diary is not judged, and came first.
    """

    def __init__(self, clinic: Clinic, sessions: Iterable[Session] = (), diary: Diary | None = None) -> None:
        self.clinic = clinic
        self._diary = diary or Diary()
        self._spans: dict[str, dict[date, list[Span]]] = {}  # of the diary, read when first asked for
        self._claims: dict[tuple[str, date], list[tuple[Session, int, Interval]]] = defaultdict(list)
        for session in sessions:
            self.add(session)

    def add(self, session: Session) -> None:
        """Note what a session takes; nothing when it was cancelled or missed."""
        if session.takes_its_place:
            for resource, lane, when in session.claims():
                for day in _utc_days(when):
                    self._claims[resource, day].append((session, lane, when))

    def is_taken(self, session: Session, resource: str, lane: int = 0) -> bool:
        """Tell whether an earlier session holds what this one claims of a resource."""
        return any(self._clashes(session, resource, lane, when) for who, _, when in session.claims() if who == resource)

    def _clashes(self, session: Session, resource: str, lane: int, when: Interval) -> bool:
        for day in _utc_days(when):
            if self._is_taken_in_diary(resource, day, lane, when):
                return True
            for holder, other_lane, other in self._claims.get((resource, day), ()):
                if holder is session:
                    break
                if other_lane == lane and other.overlaps(when):
                    return True
        return False

    def _is_taken_in_diary(self, resource: str, day: date, lane: int, when: Interval) -> bool:
        if resource not in self._spans:
            self._spans[resource] = _by_day(self._diary.taken.get(resource, ()))
        spans = self._spans[resource].get(day, ())
        return any(
            other_lane == lane and Interval(_moment(start), _moment(end)).overlaps(when)
            for other_lane, start, end in spans
        )


def _by_day(spans: Iterable[Span]) -> dict[date, list[Span]]:
    days: dict[date, list[Span]] = defaultdict(list)
    for lane, start, end in spans:
        for number in range(start // MINUTES_A_DAY, end // MINUTES_A_DAY + 1):
            days[EPOCH.date() + timedelta(days=number)].append((lane, start, end))
    return days


def _moment(epoch_minute: int) -> datetime:
    return EPOCH + timedelta(minutes=epoch_minute)


def _utc_days(when: Interval) -> Iterator[date]:
    first, last = when.start.date(), when.end.date()
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))
