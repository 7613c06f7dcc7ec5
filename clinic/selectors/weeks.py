"""A calendar of weeks: one row a week, one column a weekday, for a plan and for a booked course alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from clinic.models import Site
from clinic.models.courses import SessionStatus
from clinic.planning.clinics import holidays_at
from scheduler import WeeklyHours, days_between, instant, local_days, week_start

from .words import kind_word
from .written import clock, written

NEAR_MINUTES = 15
SHORT_NAME = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Hold one session as a calendar shows it: times of the site's wall clock, names, what is unusual."""

    number: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    chair: str = ""
    technician: str = ""
    prescriber: str = ""
    minutes_off: int = 0
    is_fixed: bool = False
    status: str = ""
    key: str = ""
    version: int = 0
    assessments: tuple[str, ...] = ()

    @property
    def steadiness(self) -> str:
        """Return "same", "near" or "other": how far the session is from the usual time."""
        if self.minutes_off == 0:
            return "same"
        return "near" if abs(self.minutes_off) <= NEAR_MINUTES else "other"

    @property
    def mark(self) -> str:
        """Return the class of a first visit, or of one at which the prescriber is needed."""
        if self.kind in ("mapping", "consultation"):
            return "first"
        return "rev" if self.kind in ("redetermination", "assessment") or self.assessments else ""

    @property
    def minutes(self) -> int:
        """Return how long the visit takes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @property
    def label(self) -> str:
        """Return what a screen reader says of the session: when, where, and what is unusual."""
        told = [
            _("Session %(number)s") % {"number": self.number},
            written(self.starts_at, "l j F"),
        ]
        told += [clock(self.starts_at), self.chair.lower()]
        if self.kind != "treatment":
            told += [kind_word(self.kind), _("%(minutes)s minutes") % {"minutes": self.minutes}]
        told += self.assessments
        if self.status:
            told.append(str(SessionStatus(self.status).label))
        elif self.minutes_off:
            told.append(_("%(apart)s than usual") % {"apart": apart(self.minutes_off)})
        told.append(_("fixed") if self.is_fixed else "")
        return ", ".join(part for part in told if part)

    @property
    def short_chair(self) -> str:
        """Return the chair's name as it fits into a cell."""
        name = self.chair.replace("Chair ", "Ch ")
        return name if len(name) <= SHORT_NAME else f"{name[: SHORT_NAME - 1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Hold one date: its visits, or why it has none."""

    date: date
    visits: tuple[Visit, ...] = ()
    state: str = "off"
    cause: str = ""
    names_month: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Hold one row of the calendar; `skipped` weeks before it have no visit at all."""

    number: int
    days: tuple[Day, ...]
    skipped: int = 0

    @property
    def count(self) -> int:
        """Return how many sessions the week has."""
        return sum(len(day.visits) for day in self.days)


def apart(minutes: int) -> str:
    """Write how far a session is from another time: 15 min later, 1 h 05 earlier."""
    hours, rest = divmod(abs(minutes), 60)
    length = f"{hours} h {rest:02d}" if hours and rest else f"{hours} h" if hours else f"{rest} min"
    return (_("%(amount)s later") if minutes > 0 else _("%(amount)s earlier")) % {"amount": length}


def weeks_of(
    visits: Iterable[Visit],
    *,
    site: Site,
    closed: Mapping[date, str],
    marks: Mapping[date, tuple[str, str]] | None = None,
) -> tuple[Week, ...]:
    """Lay visits out in weeks; `closed` names shut dates, `marks` gives other dates a state and a cause."""
    by_date: dict[date, list[Visit]] = defaultdict(list)
    for visit in visits:
        by_date[visit.starts_at.date()].append(visit)
    if not by_date:
        return ()
    marks = marks or {}
    shown = [*by_date, *(day for day, (state, _other) in marks.items() if state == "limit" and _near(day, by_date))]
    columns = weekdays_of(site, by_date)
    begin = week_start(min(shown), site.week_starts_on)
    end = week_start(max(shown), site.week_starts_on)
    rows: list[Week] = []
    skipped = 0
    for number in range((end - begin).days // 7 + 1):
        first = begin + timedelta(weeks=number)
        dates = [day for day in days_between(first, first + timedelta(days=6)) if day.weekday() in columns]
        days = tuple(_day(day, by_date, closed, marks, is_first=day == dates[0]) for day in dates)
        if any(day.visits or day.state == "limit" for day in days):
            rows.append(Week(number=number + 1, days=days, skipped=skipped))
            skipped = 0
        else:
            skipped += 1
    return tuple(rows)


def weekdays_of(site: Site, dates: Iterable[date] = ()) -> tuple[int, ...]:
    """Return the weekdays on which a site is open, or something stands, in the order of its weeks."""
    opened = {window.weekday for window in WeeklyHours.parse(site.hours).windows} | {day.weekday() for day in dates}
    return tuple(sorted(opened, key=lambda day: (day - site.week_starts_on) % 7))


def closed_dates(site: Site, first: date, last: date) -> dict[date, str]:
    """Name each date on which the whole site is shut, by public holiday or closure, in one query."""
    hours, zone, named = WeeklyHours.parse(site.hours), site.zone, {}
    within = local_days(first, last, site.timezone)
    rows = site.closures.filter(chair=None, starts_at__lt=within.end, ends_at__gt=within.start)
    for start, end, cause in rows.values_list("starts_at", "ends_at", "cause"):
        begin, until = max(first, start.astimezone(zone).date()), min(last, end.astimezone(zone).date())
        for day in days_between(begin, until):
            opens = [(instant(day, a, site.timezone), instant(day, b, site.timezone)) for a, b in hours.on(day)]
            if opens and all(start <= begins and ends <= end for begins, ends in opens):
                named[day] = cause or _("Closed")
    for closure in holidays_at(site, first, last):
        named[closure.when.start.astimezone(site.zone).date()] = closure.cause
    return named


def _day(
    day: date,
    by_date: Mapping[date, list[Visit]],
    closed: Mapping[date, str],
    marks: Mapping[date, tuple[str, str]],
    *,
    is_first: bool,
) -> Day:
    visits = tuple(by_date.get(day, ()))
    state, cause = ("shut", closed[day]) if day in closed else marks.get(day, ("off", ""))
    return Day(
        date=day,
        visits=visits,
        state="" if visits else state,
        cause=cause,
        names_month=is_first or day.day == 1 or bool(cause),
    )


def _near(day: date, by_date: Mapping[date, list[Visit]]) -> bool:
    """Tell whether a date is close enough to the sessions to be worth a row of its own."""
    return min(by_date) - timedelta(weeks=1) <= day <= max(by_date) + timedelta(weeks=3)
