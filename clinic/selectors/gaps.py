"""Whom a gap in the diary would suit: sessions that have to be made up first, then people who wait for a course."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef

import scheduler
from clinic import planning
from clinic.models import Chair, Course, Patient, Protocol, Referral, Session, Site
from clinic.models.courses import FREES_ITS_NUMBER, CourseStatus, SessionStatus
from clinic.models.referrals import AuthorisationState, ReferralState
from scheduler import CourseRequest, Visit

# What has a place already, or is only a wish, says nothing about a gap; to read it costs queries.
UNREAD: dict[str, Any] = {"chair": None, "technician": None, "fixed": []}
STEP, MINUTES_A_DAY = 5, 24 * 60
Span = tuple[int, int]  # whole minutes of one date


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Hold somebody whom a gap suits from an instant on: for a missed session, or for the first one of a referral."""

    patient: Patient
    minutes: int
    starts_at: datetime | None = None
    session: Session | None = None
    referral: Referral | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Hold how long somebody needs a chair on a date, of which kinds, and when the person can come.

    `spans` are minutes of that date by the clock of the site. Many who wait need the same.
    """

    minutes: int
    kinds: frozenset[str]
    spans: tuple[Span, ...]

    def first_start(self, gap: Span, kinds: Collection[str] | None) -> int | None:
        """Return the first minute at which it fits into a gap by length, availability and kinds of the chair."""
        if kinds is not None and not self.kinds.issubset(kinds):
            return None
        begins, ends = gap
        for opens, closes in self.spans:
            start = -(-max(begins, opens) // STEP) * STEP
            if start + self.minutes <= min(ends, closes):
                return start
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Hold somebody who needs a time on a date."""

    fit: Fit
    need: Need


def candidates(site: Site, day: date, now: datetime) -> tuple[Candidate, ...]:
    """Return who can come on a date and needs a time: missed sessions first, then people who wait; in three queries."""
    return (*_make_ups(site, day), *_first_sessions(site, day, now))


def who_fits(
    site: Site, start: datetime, end: datetime, *, now: datetime, chair: Chair | None = None
) -> tuple[Fit, ...]:
    """Return whom a gap suits by length, availability, rhythm and, with a `chair` named, what that has.

    Whether technician, prescriber and every rule of the course allow it is known only when it is planned there. The
    number of queries is fixed.
    """
    begins = start.astimezone(site.zone)
    opens = begins.hour * 60 + begins.minute
    span = opens, opens + int((end - start).total_seconds()) // 60
    kinds = frozenset(chair.kinds) if chair else None
    found = ((one, one.need.first_start(span, kinds)) for one in candidates(site, begins.date(), now))
    return tuple(
        replace(one.fit, starts_at=begins + timedelta(minutes=first - opens))
        for one, first in found
        if first is not None
    )


def _make_ups(site: Site, day: date) -> Iterator[Candidate]:
    """Yield for each running course that lacks a session the first that it lacks."""
    standing = Session.objects.filter(course=OuterRef("course"), number=OuterRef("number"))
    # By way of the running courses: a clinic of some years has far more sessions that were missed than courses.
    running = Course.objects.filter(site=site, status=CourseStatus.ACTIVE).values("pk")
    missed = Session.objects.filter(course__in=running, status__in=(SessionStatus.NOSHOW, SessionStatus.CANCELLED))
    missed = missed.exclude(kind="follow-up").exclude(Exists(standing.exclude(status__in=FREES_ITS_NUMBER)))
    rows = list(missed.select_related("course__protocol", "patient").order_by("starts_at", "pk"))
    weeks = _week_of(site, day, {session.course_id for session in rows})
    seen: set[int] = set()
    for session in rows:
        course: Course = session.course
        request = None if course.pk in seen else _request(course.request, session.patient, course.protocol, site)
        if request is None or session.number > request.sessions:
            continue  # it cannot be planned, or was left out since
        seen.add(course.pk)
        phase = next((one for one in request.planned_phases if one.name == session.phase), request.planned_phases[0])
        days = weeks[course.pk]
        spans = () if day in days or len(days) >= phase.per_week_max else _spans(request, day)
        if spans:
            fit = Fit(patient=session.patient, minutes=session.minutes, session=session)
            yield Candidate(fit=fit, need=_need(phase.visit, spans))


def _week_of(site: Site, day: date, courses: Collection[int]) -> dict[int, set[date]]:
    """Return the dates on which courses have sessions in the week of a date."""
    first = scheduler.week_start(day, site.week_starts_on)
    within = scheduler.local_days(first, first + timedelta(days=6), site.timezone)
    rows = Session.objects.filter(course__in=courses, starts_at__gte=within.start, starts_at__lt=within.end)
    rows = rows.exclude(kind="follow-up").exclude(status__in=planning.FREES_ITS_PLACE).order_by()
    days: dict[int, set[date]] = defaultdict(set)
    for course, start in rows.values_list("course", "starts_at"):
        days[course].add(start.astimezone(site.zone).date())
    return days


def _first_sessions(site: Site, day: date, now: datetime) -> Iterator[Candidate]:
    rows = Referral.objects.open(now).in_state(ReferralState.WAITING).filter(site=site)
    rows = rows.exclude(authorisation=AuthorisationState.AWAITED)
    for row in rows.select_related("patient", "protocol"):
        request = _request(row.request, row.patient, row.protocol, site)
        if request is not None and (spans := _spans(request, day)):
            visit = request.protocol.first_visit or request.planned_phases[0].visit
            fit = Fit(patient=row.patient, minutes=visit.minutes, referral=row)
            yield Candidate(fit=fit, need=_need(visit, spans))


def _request(data: dict[str, Any], patient: Patient, protocol: Protocol, site: Site) -> CourseRequest | None:
    """Read what is asked; None when it cannot be read any more."""
    try:
        return planning.request_value(data | UNREAD, patient=patient, protocol=protocol, site=site)
    except planning.InvalidRequest:
        return None


def _need(visit: Visit, spans: tuple[Span, ...]) -> Need:
    return Need(minutes=visit.minutes, kinds=frozenset(visit.chair_kinds), spans=spans)


def _spans(request: CourseRequest, day: date) -> tuple[Span, ...]:
    """Return when somebody can come on a date, as far as the dates of the request allow that at all."""
    allowed, can_come = request.authorisation, request.availability
    if day < request.earliest_date or (request.latest_date and day > request.latest_date) or day in request.skipped:
        return ()
    if day in can_come.away or (allowed and not allowed.first_date <= day <= allowed.last_date):
        return ()
    return can_come.hours.on(day) if can_come.hours else ((0, MINUTES_A_DAY),)
