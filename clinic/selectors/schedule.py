"""A patient's own schedule: every visit with the words that say it, what is next, and how far the course is."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from clinic.models import Patient, Session, Site
from clinic.models.courses import SessionStatus
from scheduler import VisitKind, week_start

from .said import said_date, said_time, short_time, weekday_short

COUNTED: frozenset[str] = frozenset({VisitKind.MAPPING, VisitKind.TREATMENT, VisitKind.REDETERMINATION})
TITLES: dict[str, str] = {
    VisitKind.CONSULTATION: gettext_noop("Consultation"),
    VisitKind.ASSESSMENT: gettext_noop("Assessment"),
    VisitKind.FOLLOW_UP: gettext_noop("Follow-up visit"),
}
SESSION = gettext_noop("Session")
UNSEEN = (SessionStatus.PROPOSED, SessionStatus.WAITLIST, SessionStatus.ENTERED_IN_ERROR)
TO_COME = (SessionStatus.BOOKED, SessionStatus.ARRIVED, SessionStatus.CHECKED_IN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Hold one session as its patient sees it; `starts_at` is on a wall clock.

    `state` is done, next, due, changed (due, at an unusual time), cancelled or missed; `note` says what is unusual.
    """

    uid: UUID
    course: int
    title: str
    starts_at: datetime
    minutes: int
    state: str
    is_counted: bool
    address: str
    note: str = ""

    @property
    def day(self) -> date:
        """Return the date."""
        return self.starts_at.date()

    @property
    def time(self) -> str:
        """Say the time."""
        return said_time(self.starts_at.time())

    @property
    def short_time(self) -> str:
        """Write the time for a small box."""
        return short_time(self.starts_at.time())

    @property
    def date_words(self) -> str:
        """Say the date."""
        return said_date(self.day)

    @property
    def weekday_short(self) -> str:
        """Name the day of the week in three letters."""
        return weekday_short(self.day.weekday())

    @property
    def is_to_come(self) -> bool:
        """Tell whether the patient is still expected."""
        return self.state in ("next", "due", "changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Hold the visits of one week under its heading."""

    title: str
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Hold all visits of a patient in order of time, as things stand today at the site."""

    site: Site
    today: date
    visits: tuple[Visit, ...]

    @property
    def next(self) -> Visit | None:
        """Return the visit that comes next."""
        return next((visit for visit in self.visits if visit.state == "next"), None)

    @property
    def next_in_words(self) -> str:
        """Say how soon the next visit is."""
        days = (self.next.day - self.today).days if self.next else 0
        if days > 1:
            return ngettext("In %(days)d day", "In %(days)d days", days) % {"days": days}
        return _("Tomorrow") if days else _("Today")

    @property
    def current(self) -> tuple[Visit, ...]:
        """Return the sessions of the course that runs now, or of the last one: neither cancelled nor missed ones."""
        counted = [visit for visit in self.visits if visit.is_counted]
        course = next((visit.course for visit in counted if visit.is_to_come), counted[-1].course if counted else None)
        return tuple(
            visit for visit in counted if visit.course == course and (visit.is_to_come or visit.state == "done")
        )

    @property
    def done(self) -> int:
        """Count the sessions that are done."""
        return sum(visit.state == "done" for visit in self.current)

    @property
    def missed(self) -> int:
        """Count the visits that the patient missed."""
        return sum(visit.state == "missed" for visit in self.visits)

    @property
    def weeks(self) -> list[Week]:
        """Return the sessions of the course by week."""
        return list(self._by_week(self.current))

    @property
    def coming(self) -> list[Week]:
        """Return what is still to come by week, cancelled visits among it."""
        past = ("done", "missed")
        return list(self._by_week([v for v in self.visits if v.day >= self.today and v.state not in past]))

    @property
    def past(self) -> list[Visit]:
        """Return what has been, the latest first."""
        gone = ("done", "missed")
        return [v for v in reversed(self.visits) if v.state in gone or (v.state == "cancelled" and v.day < self.today)]

    def _by_week(self, visits: Sequence[Visit]) -> Iterator[Week]:
        starts_on = self.site.week_starts_on
        this_week = week_start(self.today, starts_on)
        named = {this_week: _("This week"), this_week + timedelta(days=7): _("Next week")}
        for first, inside in groupby(visits, key=lambda visit: week_start(visit.day, starts_on)):
            title = named.get(first) or _("Week of %(date)s") % {"date": said_date(first)}
            yield Week(title=title, visits=tuple(inside))


def patient_schedule(patient: Patient, now: datetime, *, zone: ZoneInfo | None = None) -> Schedule:
    """Return a patient's schedule, in one query; by the wall clock of a zone, or by those of the sites."""
    rows = patient.sessions.exclude(status__in=UNSEEN).select_related("site").order_by("starts_at", "pk")
    visits = [_visit(row, patient.site, now) for row in rows]
    told = {visit.uid: visit for course in {visit.course for visit in visits} for visit in _told(course, visits)}
    visits = [told[visit.uid] for visit in visits]
    if zone:  # what is unusual was judged by the clock of the site before
        visits = [replace(visit, starts_at=visit.starts_at.astimezone(zone)) for visit in visits]
    upcoming = next((visit for visit in visits if visit.is_to_come), None)
    return Schedule(
        site=patient.site,
        today=now.astimezone(zone or patient.site.zone).date(),
        visits=tuple(replace(visit, state="next") if visit is upcoming else visit for visit in visits),
    )


def _visit(row: Session, home: Site, now: datetime) -> Visit:
    is_elsewhere = row.site_id != home.pk
    return Visit(
        uid=row.uid,
        course=row.course_id,
        title=_(TITLES.get(row.kind, SESSION)),
        starts_at=row.starts_at.astimezone(row.site.zone),
        minutes=row.minutes,
        state=_state(row, now),
        is_counted=row.kind in COUNTED,
        address=row.site.address,
        note=_("at %(address)s") % {"address": row.site.address} if is_elsewhere else "",
    )


def _state(row: Session, now: datetime) -> str:
    """Say how a session stands; one whose time is over counts as done before the desk has ticked it off."""
    if row.status in TO_COME:
        return "due" if row.ends_at > now else "done"
    struck: dict[str, str] = {SessionStatus.CANCELLED: "cancelled", SessionStatus.NOSHOW: "missed"}
    return struck.get(row.status, "done")


def _told(course: int, visits: Sequence[Visit]) -> Iterator[Visit]:
    """Yield the visits of one course, its sessions numbered, and unusual times called out."""
    standing = [v for v in visits if v.course == course and v.is_counted and v.state in ("due", "done")]
    numbers = {visit.uid: number for number, visit in enumerate(standing, start=1)}
    usual = _usual_time(standing)
    for visit in visits:
        if visit.course != course:
            continue
        if visit.uid in numbers:
            title = _("Session %(number)d of %(all)d") % {"number": numbers[visit.uid], "all": len(standing)}
            visit = replace(visit, title=title)
            if visit.state == "due" and usual and visit.starts_at.time() != usual:
                notes = filter(None, [_difference(visit.starts_at.time(), usual), visit.note])
                visit = replace(visit, state="changed", note=", ".join(notes))
        yield visit


def _usual_time(sessions: Sequence[Visit]) -> time | None:
    """Return the time at which at least half of a course's sessions start; without one, nothing is unusual."""
    common = Counter(visit.starts_at.time() for visit in sessions).most_common(1)
    return common[0][0] if common and common[0][1] * 2 >= len(sessions) > 2 else None


def _difference(start: time, usual: time) -> str:
    minutes = (start.hour - usual.hour) * 60 + start.minute - usual.minute
    hours, rest = divmod(abs(minutes), 60)
    parts = []
    if hours:
        parts.append(ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours})
    if rest:
        parts.append(ngettext("%(count)d minute", "%(count)d minutes", rest) % {"count": rest})
    amount = {"amount": " ".join(parts)}
    return _("%(amount)s earlier than usual") % amount if minutes < 0 else _("%(amount)s later than usual") % amount
