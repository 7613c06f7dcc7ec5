"""How soon a course could begin, and what would become of the people who are expected if the clinic were changed."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import reduce
from time import monotonic
from typing import Any

from django.db.models import Count

import scheduler
from clinic import planning
from clinic.models import Course, Patient, Protocol, Site
from clinic.models.courses import CourseStatus
from scheduler import Clinic, CourseRequest, Forecast, Plan, Stream, VisitKind, WeeklyHours

LOOKED_BACK = 26  # weeks from which it is judged who comes
MOST_SECONDS = 1.4  # for both forecasts together; the rest of two seconds is for the page
TRIED = 2  # people with whom it is measured how long one takes
SPARE_WEEKS = 8  # how much longer than a course at its slowest the diary is read


class TooManyPeople(Exception):
    """So many people cannot be planned while somebody waits for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Hold an offer to begin a course: what it is best at, its plan as data, and its sessions on the site's clock."""

    kind: str
    days_later: int
    plan: dict[str, Any]
    starts: tuple[datetime, ...]

    @property
    def first(self) -> datetime:
        """Return when the course begins."""
        return self.starts[0]

    @property
    def last(self) -> datetime:
        """Return when its last session before the follow-ups is."""
        return self.starts[-1]

    @property
    def usual(self) -> tuple[time, int]:
        """Return the most frequent time of day, and how many sessions are at it."""
        return Counter(start.time() for start in self.starts).most_common(1)[0]

    @property
    def key(self) -> str:
        """Return what a form sends to hold just these times."""
        return " ".join(session["starts_at"] for session in self.plan["sessions"] if not is_follow_up(session))


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """Hold the offers, the soonest first; without any, the reasons why there is none."""

    offers: tuple[Start, ...]
    reasons: tuple[dict[str, Any], ...] = ()


def earliest_starts(
    *, protocol: Protocol, site: Site, request: dict[str, Any], now: datetime, patient: Patient | None = None
) -> Starts:
    """Return when a course could begin: soonest, at the wished time, at a quiet hour. Nothing is written or held.

    Raises InvalidRequest.
    """
    today = now.astimezone(site.zone).date()
    somebody = patient or Patient(site=site)
    wanted = planning.request_value(request, patient=somebody, protocol=protocol, site=site, today=today)
    first, last = planning.horizon(wanted)
    clinic, diary = planning.load(site=site, first=first, last=last, now=now, patient=patient, past_is_taken=True)
    found = scheduler.quotes(wanted, clinic, diary)
    if found:
        return Starts(offers=tuple(_start(quote.kind, quote.days_later, quote.plan, site) for quote in found))
    (refused, *_) = scheduler.plan_course(wanted, clinic, diary)
    return Starts(offers=(), reasons=tuple(planning.reasons_data(r for item in refused.unplaced for r in item.reasons)))


def is_follow_up(session: dict[str, Any]) -> bool:
    """Tell whether a planned session comes after the course itself."""
    return bool(session["kind"] == VisitKind.FOLLOW_UP.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Hold who is expected: how many people a week, and which protocols they need, by shares."""

    a_week: float
    mix: tuple[tuple[Protocol, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """Hold how a clinic could be changed; what is left out stays as it is."""

    chairs: int = 0
    more_hours: WeeklyHours | None = None
    part_time: tuple[int, WeeklyHours] | None = None  # a technician, and the only hours then
    switch: tuple[str, Protocol] | None = None  # whoever would have had the protocol of this slug gets the other one

    def clinic(self, clinic: Clinic, site: str) -> Clinic:
        """Return a changed copy of a clinic."""
        clinic = reduce(lambda so_far, _: scheduler.with_chair(so_far, site), range(self.chairs), clinic)
        if self.more_hours:
            clinic = scheduler.with_hours(clinic, site, self.more_hours)
        return scheduler.with_part_time(clinic, str(self.part_time[0]), self.part_time[1]) if self.part_time else clinic

    def stream(self, stream: Stream) -> Stream:
        """Return a stream in which protocols are switched."""
        return stream.switched(self.switch[0], planning.protocol_value(self.switch[1])) if self.switch else stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Hold what becomes of the same people in the clinic as it is and as it would be, over some weeks."""

    first: date
    weeks: int
    before: Forecast
    after: Forecast


def weekly_hours(text: str) -> WeeklyHours:
    """Read weekly hours such as "Sat 09:00-13:00".

    Raises ValueError with a sentence that has an example.
    """
    try:
        hours = WeeklyHours.parse(text)
    except ValueError:
        hours = None
    if not hours:
        raise ValueError("Write hours of the week such as Mon-Wed 08:00-13:00.")
    return hours


def expected_people(site: Site, now: datetime) -> Expected:
    """Judge by the courses that were booked in the last half year who will come; at least one a week."""
    since = now - timedelta(weeks=LOOKED_BACK)
    rows = Course.objects.filter(site=site, booked_at__gte=since, booked_at__lte=now)
    kept = rows.exclude(status=CourseStatus.REVOKED).order_by().values_list("protocol__slug")
    shares = dict(kept.annotate(courses=Count("pk")))
    current = Protocol.objects.filter(is_current=True)
    mix = tuple((protocol, shares[protocol.slug]) for protocol in current if protocol.slug in shares)
    return Expected(a_week=max(1.0, round(sum(shares.values()) / LOOKED_BACK, 1)), mix=mix)


def what_if(*, site: Site, expected: Expected, altered: Altered, weeks: int, now: datetime) -> Comparison:
    """Plan who is expected from next week on twice: in the clinic as it is, and in a changed copy of it.

    As many weeks are looked at as two seconds allow, at most those that were asked for.

    Raises TooManyPeople when not even one week can be.
    """
    first = scheduler.week_start(now.astimezone(site.zone).date(), site.week_starts_on) + timedelta(weeks=1)
    mix = tuple((planning.protocol_value(row), share) for row, share in expected.mix)
    stream = Stream(a_week=expected.a_week, weeks=weeks, protocols=mix)
    last = first + timedelta(weeks=weeks + SPARE_WEEKS + max(map(_longest, (stream, altered.stream(stream)))))
    clinic, diary = planning.load(site=site, first=first, last=last, now=now)
    changed = altered.clinic(clinic, planning.site_id(site.pk))

    def both(stream: Stream) -> tuple[Forecast, Forecast]:
        return (
            scheduler.forecast(stream, clinic, diary, first),
            scheduler.forecast(altered.stream(stream), changed, diary, first),
        )

    started = monotonic()
    both(replace(stream, a_week=TRIED, weeks=1))
    seconds = monotonic() - started
    people = TRIED * (MOST_SECONDS - seconds) / seconds
    weeks = min(weeks, int(people / expected.a_week))
    if weeks < 1:
        raise TooManyPeople
    before, after = both(replace(stream, weeks=weeks))
    return Comparison(first=first, weeks=weeks, before=before, after=after)


def _longest(stream: Stream) -> int:
    return max(
        scheduler.slowest_weeks(CourseRequest(patient="", protocol=protocol, earliest_date=date.min))
        for protocol, _ in stream.protocols
    )


def _start(kind: str, days_later: int, plan: Plan, site: Site) -> Start:
    main = (session for session in plan.sessions if session.kind is not VisitKind.FOLLOW_UP)
    return Start(
        kind=kind,
        days_later=days_later,
        plan=planning.plan_data(plan),
        starts=tuple(session.when.start.astimezone(site.zone) for session in main),
    )
