"""Whether everything that is booked obeys the rule book, and whether the cells that guard it say the same."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import scheduler
from clinic import messages, planning
from clinic.models import Course, Occupancy, Session, Site
from clinic.models.courses import CELL_MINUTES, IMPORTED, CourseStatus, SessionStatus
from clinic.selectors.records import resources

from .finishing import FOLLOW_UP, is_finished
from .occupancy import cells

MISSED = frozenset({SessionStatus.NOSHOW, SessionStatus.CANCELLED})
Place = tuple[str, int, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Hold something that is wrong, and where: no names, since findings end up in logs."""

    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


def broken_rules(site: Site, *, now: datetime) -> tuple[Finding, ...]:
    """Judge everything that is booked at a site by the rule book.

    Courses that were cancelled are judged by the places of their sessions only. In a running course a missed session
    is no mistake until another session makes it up, nor is what stands in its place by now: the course breaks only
    rules that it breaks both with and without it.
    """
    standing = Session.objects.filter(site=site).exclude(status=SessionStatus.ENTERED_IN_ERROR)
    rows = list(standing.select_related("patient", "site"))
    if not rows:
        return ()
    first, last = (moment.astimezone(site.zone).date() for moment in (rows[0].starts_at, rows[-1].ends_at))
    clinic, _ = planning.load(site=site, first=first, last=last, now=now)
    values = {row.pk: planning.session_value(row, course=str(row.course_id)) for row in rows}
    say = _Speaker(site, {_place(values[row.pk]): row for row in rows})
    found = [say(violation) for violation in scheduler.check(values.values(), clinic)]
    as_it_stands: dict[int, list[scheduler.Session]] = defaultdict(list)
    as_planned: dict[int, list[scheduler.Session]] = defaultdict(list)
    stand = {(row.course_id, row.number) for row in rows if row.status not in MISSED}
    # A session that was missed, made up and missed again is one session.
    by_age = sorted(rows, key=lambda row: row.pk)
    missed = {(row.course_id, row.number): row.pk for row in by_age if row.status in MISSED}
    waiting = {pk for name, pk in missed.items() if name not in stand}
    for row in rows:
        value, counts = values[row.pk], row.pk in waiting
        as_it_stands[row.course_id].append(value)
        as_planned[row.course_id].append(replace(value, status="booked") if counts else value)
    found += _wrongly_running(site, now)
    for course in _living_courses(site):
        found += _of_course(course, as_it_stands[course.pk], as_planned[course.pk], clinic, say)
    return tuple(dict.fromkeys(found))


def wrong_cells(*, now: datetime) -> tuple[Finding, ...]:
    """Compare the cells that guard the diary from now on with what the sessions take."""
    first = int(now.timestamp()) // (CELL_MINUTES * 60) + 1
    standing = Session.objects.filter(chair_until__gt=now).exclude(status__in=planning.FREES_ITS_PLACE)
    implied = {(row.pk, *taken) for row in standing.iterator() for taken in cells(row) if taken[2] >= first}
    columns = ("session_id", "resource_id", "lane", "cell")
    written = set(Occupancy.objects.filter(cell__gte=first).values_list(*columns).iterator())
    wrong = [(pk, "cells are guarded that it does not take.") for pk in {pk for pk, *_ in written - implied}]
    wrong += [(pk, "it takes cells that are not guarded.") for pk in {pk for pk, *_ in implied - written}]
    rows = Session.objects.select_related("patient", "site").in_bulk(pk for pk, _ in wrong)
    return tuple(Finding(where=_where(rows[pk]), sentence=sentence) for pk, sentence in sorted(wrong))


def _wrongly_running(site: Site, now: datetime) -> Iterator[Finding]:
    """Find courses that run although all of them was given, and finished ones of which sessions are to come."""
    stand = Session.objects.exclude(kind=FOLLOW_UP).exclude(status__in=planning.FREES_ITS_PLACE).order_by()
    waiting = stand.exclude(status=SessionStatus.FULFILLED)
    rows = Course.objects.filter(site=site).select_related("patient", "protocol", "site").order_by("pk")
    for course in rows.filter(status=CourseStatus.ACTIVE).exclude(pk__in=waiting.values("course")):
        if is_finished(course):
            yield Finding(where=_where_of(course), sentence="it runs, although its last session was given.")
    to_come = waiting.filter(starts_at__gt=now).values("course")
    for course in rows.filter(status=CourseStatus.COMPLETED, pk__in=to_come):
        yield Finding(where=_where_of(course), sentence="it is finished, although sessions are to come.")


def _living_courses(site: Site) -> Iterable[Course]:
    # Courses that came from a spreadsheet were planned by other rules; only their places are judged.
    living = Course.objects.filter(site=site).exclude(status=CourseStatus.REVOKED).exclude(plan_kind=IMPORTED)
    return living.select_related("patient", "protocol").order_by("pk")


def _of_course(
    course: Course,
    as_it_stands: list[scheduler.Session],
    as_planned: list[scheduler.Session],
    clinic: scheduler.Clinic,
    say: "_Speaker",
) -> Iterator[Finding]:
    # What was fixed may have been moved by hand since, which is no broken rule.
    asked = {name: value for name, value in course.request.items() if name != "fixed"}
    try:
        request = planning.request_value(
            asked, patient=course.patient, protocol=course.protocol, site=course.site, course=str(course.pk)
        )
    except planning.InvalidRequest as wrong:
        yield Finding(where=_where_of(course), sentence=str(wrong))
        return
    # What was left out of the course since, such as a taper, does not wait for anything.
    as_planned = [value for value in as_planned if value in as_it_stands or value.number <= request.sessions]
    broken = {_rule(violation) for violation in scheduler.check(as_it_stands, clinic, [request])}
    planned = scheduler.check(as_planned, clinic, [request]) if broken else ()
    # Where its sessions stand was judged with everybody else's; a missed one stands nowhere.
    places = scheduler.check(as_planned, clinic) if planned else ()
    yield from (say(violation) for violation in planned if _rule(violation) in broken and violation not in places)


def _place(session: scheduler.Session) -> Place:
    """Return which session it is; one that was missed and its make-up have the same number."""
    return session.course, session.number, session.when.start


def _rule(violation: scheduler.Violation) -> tuple[str, str]:
    return violation.rule, violation.reason.code


class _Speaker:
    """Puts a violation into words."""

    def __init__(self, site: Site, rows: dict[Place, Session]) -> None:
        self.site, self.rows = site, rows
        self.names = {key: named.name for key, named in resources().items()}

    def __call__(self, violation: scheduler.Violation) -> Finding:
        reason = planning.reasons_data([violation.reason])[0]
        row = next((self.rows.get(_place(item)) for item in violation.sessions), None)
        where = _where(row) if row else f"{self.site.name}, course {violation.course}"
        return Finding(where=where, sentence=messages.sentence(reason, self.names, self.site.zone))


def _where_of(course: Course) -> str:
    return f"{course.site.name}, patient {course.patient.number}, course {course.uid}"


def _where(row: Session) -> str:
    start = row.starts_at.astimezone(row.site.zone)
    return f"{row.site.name}, patient {row.patient.number}, session {row.number}, {start:%a %d %b %Y %H:%M}"
