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
STEP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Hold somebody whom a gap suits from an instant on: for a missed session, or for the first one of a referral."""

    patient: Patient
    minutes: int
    starts_at: datetime | None = None
    session: Session | None = None
    referral: Referral | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Hold somebody who needs a time, with what is asked and the visit that it would be for.

    `week` are the dates of the week on which the course has sessions already, of which it may have so many `a_week`.
    """

    fit: Fit
    request: CourseRequest
    visit: Visit
    week: frozenset[date] = frozenset()
    a_week: int = 7

    def within(self, begins: datetime, minutes: int, kinds: Collection[str] | None) -> Fit | None:
        """Return how a gap suits by length, availability and, if given, the kinds of the chair; None if it does not."""
        if kinds is not None and not self.visit.chair_kinds <= set(kinds):
            return None
        if begins.date() in self.week or len(self.week) >= self.a_week:
            return None
        minute = begins.hour * 60 + begins.minute
        start = _first_start(self.request, self.visit.minutes, begins.date(), minute, minutes)
        return None if start is None else replace(self.fit, starts_at=begins + timedelta(minutes=start - minute))


def candidates(site: Site, day: date, now: datetime) -> tuple[Candidate, ...]:
    """Return who needs a time on a date: missed sessions first, then people who wait; in three queries."""
    return (*_make_ups(site, day), *_first_sessions(site, now))


def who_fits(
    site: Site, start: datetime, end: datetime, *, now: datetime, chair: Chair | None = None
) -> tuple[Fit, ...]:
    """Return whom a gap suits by length, availability, rhythm and, with a `chair` named, what that has.

    Whether technician, prescriber and every rule of the course allow it is known only when it is planned there. The
    number of queries is fixed.
    """
    begins, minutes = start.astimezone(site.zone), int((end - start).total_seconds()) // 60
    kinds = chair.kinds if chair else None
    found = candidates(site, begins.date(), now)
    return tuple(fit for one in found if (fit := one.within(begins, minutes, kinds)))


def _make_ups(site: Site, day: date) -> Iterator[Candidate]:
    """Yield for each course that lacks a session the first that it lacks."""
    standing = Session.objects.filter(course=OuterRef("course"), number=OuterRef("number"))
    missed = Session.objects.filter(
        site=site, course__status=CourseStatus.ACTIVE, status__in=(SessionStatus.NOSHOW, SessionStatus.CANCELLED)
    ).exclude(kind="follow-up")
    missed = missed.exclude(Exists(standing.exclude(status__in=FREES_ITS_NUMBER))).order_by("starts_at", "pk")
    weeks = _week_of(site, day)
    seen: set[int] = set()
    for session in missed.select_related("course__protocol", "patient"):
        course: Course = session.course
        request = None if course.pk in seen else _request(course.request, session.patient, course.protocol, site)
        if request is None or session.number > request.sessions:
            continue  # it cannot be planned, or was left out since
        seen.add(course.pk)
        phase = next((one for one in request.planned_phases if one.name == session.phase), request.planned_phases[0])
        fit = Fit(patient=session.patient, minutes=session.minutes, session=session)
        days, most = frozenset(weeks[course.pk]), phase.per_week_max
        yield Candidate(fit=fit, request=request, visit=phase.visit, week=days, a_week=most)


def _week_of(site: Site, day: date) -> dict[int, set[date]]:
    """Return the dates on which each course has sessions in the week of a date."""
    first = scheduler.week_start(day, site.week_starts_on)
    within = scheduler.local_days(first, first + timedelta(days=6), site.timezone)
    rows = Session.objects.filter(site=site, starts_at__gte=within.start, starts_at__lt=within.end)
    rows = rows.exclude(kind="follow-up").exclude(status__in=planning.FREES_ITS_PLACE).order_by()
    days: dict[int, set[date]] = defaultdict(set)
    for course, start in rows.values_list("course", "starts_at"):
        days[course].add(start.astimezone(site.zone).date())
    return days


def _first_sessions(site: Site, now: datetime) -> Iterator[Candidate]:
    rows = Referral.objects.open(now).in_state(ReferralState.WAITING).filter(site=site)
    rows = rows.exclude(authorisation=AuthorisationState.AWAITED)
    for row in rows.select_related("patient", "protocol"):
        request = _request(row.request, row.patient, row.protocol, site)
        if request is not None:
            visit = request.protocol.first_visit or request.planned_phases[0].visit
            fit = Fit(patient=row.patient, minutes=visit.minutes, referral=row)
            yield Candidate(fit=fit, request=request, visit=visit)


def _request(data: dict[str, Any], patient: Patient, protocol: Protocol, site: Site) -> CourseRequest | None:
    """Read what is asked; None when it cannot be read any more."""
    try:
        return planning.request_value(data | UNREAD, patient=patient, protocol=protocol, site=site)
    except planning.InvalidRequest:
        return None


def _first_start(request: CourseRequest, needed: int, day: date, minute: int, minutes: int) -> int | None:
    """Return the first minute of a date in a gap that leaves the needed minutes while the person can come."""
    if day < request.earliest_date or (request.latest_date and day > request.latest_date) or day in request.skipped:
        return None
    allowed = request.authorisation
    if allowed and not allowed.first_date <= day <= allowed.last_date:
        return None
    starts = range(-(-minute // STEP) * STEP, minute + minutes - needed + 1, STEP)
    return next((start for start in starts if request.availability.allows(day, start, start + needed)), None)
