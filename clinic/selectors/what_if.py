"""What would become of the people who are expected, if a site were changed: the same people, planned twice."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

import scheduler
from clinic import planning
from clinic.models import Course, Protocol, Site, WhatIf
from clinic.models.courses import CourseStatus
from scheduler import Clinic, CourseRequest, Forecast, Stream, WeeklyHours

LOOKED_BACK = 26  # weeks from which it is judged who comes
SPARE_WEEKS = 8  # how much longer than a course at its slowest the diary is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Hold who is expected: how many people a week, and which protocols they need, by shares."""

    a_week: float
    mix: tuple[tuple[Protocol, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Hold how many people a week need which protocols (by shares), and how a site could be changed for them.

    What is left out stays as it is. Protocols are named by slugs; a technician by the key of the row.
    """

    a_week: float
    mix: tuple[tuple[str, int], ...]
    chairs: int = 0
    more_hours: str | None = None
    part_time: tuple[int, str] | None = None  # a technician, and the only hours then
    switch: tuple[str, str] | None = None  # whoever would have had the first protocol gets the second

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Question":
        """Read a question as it is kept."""
        pairs = {name: tuple(data[name]) if data[name] else None for name in ("part_time", "switch")}
        return cls(**{**data, **pairs, "mix": tuple((slug, share) for slug, share in data["mix"])})

    @property
    def data(self) -> dict[str, Any]:
        """Return the question as it is kept."""
        return asdict(self)

    def changed(self, clinic: Clinic, site: str) -> Clinic:
        """Return a changed copy of a clinic; a technician who has left meanwhile changes nothing."""
        clinic = reduce(lambda so_far, _: scheduler.with_chair(so_far, site), range(self.chairs), clinic)
        if self.more_hours:
            clinic = scheduler.with_hours(clinic, site, WeeklyHours.parse(self.more_hours))
        if self.part_time and str(self.part_time[0]) in {person.id for person in clinic.technicians}:
            clinic = scheduler.with_part_time(clinic, str(self.part_time[0]), WeeklyHours.parse(self.part_time[1]))
        return clinic


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Hold what becomes of the same people in the site as it is and as it would be, over some weeks."""

    weeks: int
    before: Forecast
    after: Forecast

    @classmethod
    def read(cls, row: WhatIf) -> "Comparison":
        """Read an answer as it is kept."""
        return cls(weeks=row.weeks_done, before=_read(row.answer["before"]), after=_read(row.answer["after"]))

    @property
    def data(self) -> dict[str, Any]:
        """Return the answer as it is kept."""
        return {"before": _data(self.before), "after": _data(self.after)}

    @property
    def months(self) -> list[tuple[date, int, int]]:
        """Return the courses that begin in each month, before and after."""
        before, after = dict(self.before.starts), dict(self.after.starts)
        return [(month, before.get(month, 0), after.get(month, 0)) for month in sorted(before | after)]


def weekly_hours(text: str) -> WeeklyHours:
    """Read weekly hours such as "Sat 09:00-13:00".

    Raises ValueError with a sentence that has an example.
    """
    try:
        hours = WeeklyHours.parse(text)
    except ValueError:
        hours = None
    if not hours:
        raise ValueError(_("Write hours of the week such as Mon-Wed 08:00-13:00."))
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


def next_week(site: Site, now: datetime) -> date:
    """Return the first day of the next week of a site."""
    today = now.astimezone(site.zone).date()
    return scheduler.week_start(today, site.week_starts_on) + timedelta(weeks=1)


def comparisons(*, site: Site, question: Question, first: date, weeks: int, now: datetime) -> Iterator[Comparison]:
    """Plan who is expected twice, in the site as it is and in a changed copy; yield after each week what is known."""
    recipes = _recipes({slug for slug, _other in question.mix} | set(question.switch or ()))
    mix = tuple((recipes[slug], share) for slug, share in question.mix)
    people = Stream(a_week=question.a_week, weeks=weeks, protocols=mix)
    others = people.switched(question.switch[0], recipes[question.switch[1]]) if question.switch else people
    last = first + timedelta(weeks=weeks + SPARE_WEEKS + max(map(_longest, (people, others))))
    clinic, diary = planning.load(site=site, first=first, last=last, now=now)
    changed = question.changed(clinic, planning.site_id(site.pk))
    sides = (
        scheduler.forecast_by_week(people, clinic, diary, first),
        scheduler.forecast_by_week(others, changed, diary, first),
    )
    for done, (before, after) in enumerate(zip(*sides, strict=True), 1):
        yield Comparison(weeks=done, before=before, after=after)


def _recipes(slugs: set[str]) -> dict[str, scheduler.Protocol]:
    """Return protocols by slug, each in its newest version."""
    rows = Protocol.objects.filter(slug__in=slugs).order_by("version")
    return {row.slug: planning.protocol_value(row) for row in rows}


def _longest(stream: Stream) -> int:
    return max(
        scheduler.slowest_weeks(CourseRequest(patient="", protocol=protocol, earliest_date=date.min))
        for protocol, _other in stream.protocols
    )


def _data(side: Forecast) -> dict[str, Any]:
    return {
        "starts": [(month.isoformat(), courses) for month, courses in side.starts],
        "waits": side.waits,
        "turned_away": side.turned_away,
        "loads": [(week.isoformat(), share) for week, share in side.loads],
    }


def _read(data: Mapping[str, Any]) -> Forecast:
    return Forecast(
        starts=tuple((date.fromisoformat(month), courses) for month, courses in data["starts"]),
        waits=tuple(data["waits"]),
        turned_away=data["turned_away"],
        loads=tuple((date.fromisoformat(week), share) for week, share in data["loads"]),
    )
