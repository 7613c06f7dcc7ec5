"""The gaps of a day, chair by chair, and how many people each of them suits."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import scheduler
from clinic import planning
from clinic.models import Chair, Site

from .gaps import candidates

SHORTEST_MINUTES = 15
Span = tuple[int, int]  # whole minutes since 1970, as a diary counts them


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Hold a stretch of a day in which a chair is free, by the clock of its site, and how many people it suits."""

    chair: Chair
    starts_at: datetime
    ends_at: datetime
    fits: int

    @property
    def minutes(self) -> int:
        """Return how long it lasts."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


def gaps_of_day(site: Site, day: date, now: datetime) -> tuple[Gap, ...]:
    """Return what is free of a day from now on, in order of time, in a fixed number of queries.

    What is held for somebody is not free. Whom a gap suits is judged as `who_fits` does.
    """
    if day < now.astimezone(site.zone).date():
        return ()
    clinic, diary = planning.load(site=site, first=day, last=day, now=now)
    needs, rows = Counter(one.need for one in candidates(site, day, now)), Chair.objects.filter(site=site).in_bulk()
    found = []
    for chair in clinic.chairs:
        kinds = frozenset(chair.kinds)
        taken = [(start, end) for _, start, end in diary.taken.get(chair.id, ())]
        closures = (*clinic.site(chair.site).closures, *chair.closures)
        taken += [_span(closure.when) for closure in closures]
        taken.append((0, _rounded_up(scheduler.epoch_minute(now))))
        for start, end in _open(clinic.hours_of(chair), day, site.timezone):
            for span in _free(start, end, taken):
                begins, ends = (_moment(minute, site) for minute in span)
                opens = begins.hour * 60 + begins.minute
                within = opens, opens + span[1] - span[0]
                fits = sum(many for one, many in needs.items() if one.first_start(within, kinds) is not None)
                found.append(Gap(chair=rows[int(chair.id)], starts_at=begins, ends_at=ends, fits=fits))
    return tuple(sorted(found, key=lambda gap: (gap.starts_at, gap.chair.position, gap.chair.pk)))


def _open(hours: scheduler.WeeklyHours, day: date, timezone: str) -> Iterator[Span]:
    for start, end in hours.on(day):
        opens, closes = (scheduler.instant(day, minute, timezone) for minute in (start, end))
        yield scheduler.epoch_minute(opens), scheduler.epoch_minute(closes)


def _free(start: int, end: int, taken: Iterable[Span]) -> Iterator[Span]:
    """Yield what is left of a span, as far as it is long enough for a visit."""
    for begins, ends in sorted(taken):
        if begins - start >= SHORTEST_MINUTES and begins < end:
            yield start, begins
        start = max(start, ends)
    if end - start >= SHORTEST_MINUTES:
        yield start, end


def _span(when: scheduler.Interval) -> Span:
    return scheduler.epoch_minute(when.start), scheduler.epoch_minute(when.end)


def _rounded_up(minute: int) -> int:
    return -(-minute // 5) * 5


def _moment(minute: int, site: Site) -> datetime:
    return datetime.fromtimestamp(minute * 60, tz=site.zone)
