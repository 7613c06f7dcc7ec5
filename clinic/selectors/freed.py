"""Times that were freed, and whether somebody else could use them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from django.conf import settings

from clinic.models import AuditEntry, Closure, Session, Site
from clinic.models.courses import SessionStatus
from clinic.planning import FREES_ITS_PLACE
from scheduler import Interval

FREED_BEFORE = timedelta(weeks=8)
ALL_DAY = timedelta(days=1)
Stands = tuple[int, datetime, datetime]  # a session's key, and from when until when it stands


def freed_times(site: Site, within: Interval) -> Iterator[tuple[datetime, bool]]:
    """Yield each time that was freed while its chair was open, and whether another session stands in it."""
    cancelled = Session.objects.filter(
        site=site, status=SessionStatus.CANCELLED, starts_at__gte=within.start, starts_at__lt=within.end
    ).exclude(chair=None)
    places = {*cancelled.values_list("pk", "chair", "starts_at", "ends_at"), *_moved_away(site, within)}
    near = {"site": site, "starts_at__lt": within.end + ALL_DAY}
    shut = list(Closure.objects.filter(ends_at__gt=within.start, **near).values_list("chair", "starts_at", "ends_at"))
    standing = Session.objects.filter(starts_at__gte=within.start - ALL_DAY, **near).exclude(status__in=FREES_ITS_PLACE)
    by_chair: dict[int | None, list[Stands]] = defaultdict(list)
    for pk, chair, starts_at, ends_at in standing.order_by("starts_at").values_list(
        "pk", "chair", "starts_at", "ends_at"
    ):
        by_chair[chair].append((pk, starts_at, ends_at))
    for own, chair, start, end in sorted(places):
        there = {pk for pk, begins, ends in _overlapping(by_chair[chair], start, end)}
        is_shut = any(of in (None, chair) and begins < end and start < ends for of, begins, ends in shut)
        if not is_shut and own not in there:
            yield start, bool(there)


def _overlapping(rows: Sequence[Stands], start: datetime, end: datetime) -> Iterator[Stands]:
    """Yield the sessions of a chair, which are in order and never overlap each other, that fall into a span."""
    first = bisect_right(rows, start, key=lambda row: row[2])
    return takewhile(lambda row: row[1] < end, rows[first:])


def _moved_away(site: Site, within: Interval) -> Iterator[tuple[int, int, datetime, datetime]]:
    """Yield the places that sessions were moved away from; one that was had for moments only was never theirs."""
    moves = AuditEntry.objects.filter(
        action="session moved", session__site=site, at__gte=within.start - FREED_BEFORE, at__lt=within.end
    )
    last: dict[int, datetime] = {}
    for pk, at, data, starts_at, ends_at in moves.order_by("at", "pk").values_list(
        "session", "at", "data", "session__starts_at", "session__ends_at"
    ):
        was_short = pk in last and at - last[pk] <= timedelta(seconds=settings.UNDO_SECONDS)
        last[pk] = at
        place = data["from"]  # a replan writes the columns of a session, a single move what programs are told
        chair = place.get("chair", place.get("chair_id"))
        start = datetime.fromisoformat(place["start"] if "start" in place else place["starts_at"])
        if chair is not None and not was_short and within.start <= start < within.end:
            yield pk, chair, start, start + (ends_at - starts_at)
