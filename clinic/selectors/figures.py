"""How it went: appointments that were kept, times that were refilled, and the wait to start, over stretches of dates.

Nothing here names a patient. What each figure counts is said in `MEANINGS`, which the page shows beside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median_high
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy

from clinic.models import Course, Referral, Session, Site
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.planning import FREES_ITS_PLACE
from scheduler import Interval, local_days

from .follow_ups import FOLLOW_UP
from .freed import freed_times
from .stretches import Span

MEANINGS = {
    "used": gettext_lazy(
        "The minutes for which sessions and their turnaround took the chairs, of the minutes for which chairs were "
        "open and somebody was there to run them. Missed and cancelled sessions take nothing."
    ),
    "kept": gettext_lazy(
        "The sessions that took place, of those that took place or were missed. What was cancelled or moved before is "
        "not among them, and neither is what nobody has noted yet."
    ),
    "refilled": gettext_lazy(
        "The times that were cancelled, or from which a session was moved in the eight weeks before, and in which "
        "another session stands on the same chair. Times at which the chair or the clinic was closed do not count."
    ),
    "wait": gettext_lazy(
        "The days from the referral, or else from the booking, to the first session, for the courses that began. Half "
        "of them waited no longer than the number shown."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Hold the figures of one span, as counts, so that they can be added up by hand."""

    first: date
    last: date
    done: int
    missed: int
    unnoted: int
    freed: int
    refilled: int
    waits: tuple[int, ...]

    @property
    def due(self) -> int:
        """Return how many sessions were due, as far as somebody noted what became of them."""
        return self.done + self.missed

    @property
    def kept(self) -> int | None:
        """Return the per cent of due sessions that took place; None when none was due."""
        return _percent(self.done, self.due)

    @property
    def reused(self) -> int | None:
        """Return the per cent of freed times that were used again; None when none was freed."""
        return _percent(self.refilled, self.freed)

    @property
    def typical_wait(self) -> int | None:
        """Return how many days half of those who began waited at most; None when nobody began."""
        return median_high(self.waits) if self.waits else None

    @property
    def longest_wait(self) -> int | None:
        """Return how many days the one who waited longest did; None when nobody began."""
        return max(self.waits, default=None)


def figures(site: Site, spans: Sequence[Span], *, now: datetime) -> tuple[Figures, ...]:
    """Count what became of sessions, freed times and waits in each span, in a fixed number of queries."""
    within = local_days(spans[0][0], spans[-1][1], site.timezone)
    due = list(_due(site, within, now))
    freed = list(freed_times(site, within))
    waits = list(_waits(site, within))
    return tuple(_counted(span, due, freed, waits, site) for span in spans)


def together(parts: Sequence[Figures]) -> Figures:
    """Add the figures of spans that follow each other up."""
    counts = ("done", "missed", "unnoted", "freed", "refilled")
    return Figures(
        first=parts[0].first,
        last=parts[-1].last,
        waits=tuple(days for part in parts for days in part.waits),
        **{name: sum(getattr(part, name) for part in parts) for name in counts},
    )


def _counted(
    span: Span,
    due: Iterable[tuple[datetime, str]],
    freed: Iterable[tuple[datetime, bool]],
    waits: Iterable[tuple[datetime, int]],
    site: Site,
) -> Figures:
    inside = local_days(*span, site.timezone)
    said = [status for when, status in due if inside.start <= when < inside.end]
    again = [is_refilled for when, is_refilled in freed if inside.start <= when < inside.end]
    done, missed = said.count(SessionStatus.FULFILLED), said.count(SessionStatus.NOSHOW)
    return Figures(
        first=span[0],
        last=span[1],
        done=done,
        missed=missed,
        unnoted=len(said) - done - missed,
        freed=len(again),
        refilled=sum(again),
        waits=tuple(days for when, days in waits if inside.start <= when < inside.end),
    )


def _sessions(site: Site, within: Interval) -> QuerySet[Session]:
    return Session.objects.filter(site=site, starts_at__gte=within.start, starts_at__lt=within.end).order_by()


def _due(site: Site, within: Interval, now: datetime) -> Iterable[tuple[datetime, str]]:
    """Return the sessions whose time has passed and that nobody took back, with what became of them."""
    gone = (SessionStatus.CANCELLED, SessionStatus.ENTERED_IN_ERROR)
    return _sessions(site, within).filter(ends_at__lte=now).exclude(status__in=gone).values_list("starts_at", "status")


def _waits(site: Site, within: Interval) -> Iterator[tuple[datetime, int]]:
    """Yield when each course began whose first session is within, and the days from the referral or booking to it."""
    main = Session.objects.filter(course=OuterRef("pk")).exclude(status__in=FREES_ITS_PLACE).exclude(kind=FOLLOW_UP)
    courses = Course.objects.filter(site=site, pk__in=_sessions(site, within).values("course"))
    courses = courses.exclude(status=CourseStatus.REVOKED).annotate(
        first=Subquery(main.order_by("starts_at").values("starts_at")[:1])
    )
    begun = courses.filter(first__gte=within.start, first__lt=within.end).order_by("first", "pk")
    rows = list(begun.values_list("patient", "protocol__slug", "booked_at", "first"))
    people = {patient for patient, *_ in rows}
    asked = _in_order(Referral.objects.filter(patient__in=people, withdrawn_at=None), "created_at")
    booked = _in_order(Course.objects.filter(patient__in=people).exclude(status=CourseStatus.REVOKED), "booked_at")
    for patient, slug, booked_at, first in rows:
        # A referral belongs to the first course that was booked after it.
        before = max((at for at in booked[patient, slug] if at < booked_at), default=None)
        since = [at for at in asked[patient, slug] if at <= booked_at and (before is None or before < at)]
        days = (first.astimezone(site.zone).date() - min([*since, booked_at]).astimezone(site.zone).date()).days
        if days >= 0:  # a course that was taken over from another program may have been written down after it began
            yield first, days


def _in_order(rows: QuerySet[Any], moment: str) -> dict[tuple[int, str], list[datetime]]:
    """Gather moments by patient and protocol."""
    found: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    for patient, slug, at in rows.order_by(moment).values_list("patient", "protocol__slug", moment):
        found[patient, slug].append(at)
    return found


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None
