"""Whom a gap in the diary would suit: sessions that have to be made up first, then people who wait for a course."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

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
    """Hold somebody whom a gap suits: for a missed session of a course, or for the first one of a referral."""

    patient: Patient
    minutes: int
    session: Session | None = None
    referral: Referral | None = None


def who_fits(
    site: Site, start: datetime, end: datetime, *, now: datetime, chair: Chair | None = None
) -> tuple[Fit, ...]:
    """Return whom a gap suits by length, availability and, with a `chair` named, what that has; in two queries.

    Whether spacing, technician and prescriber allow it as well is known only when the session is planned there.
    """
    begins, minutes = start.astimezone(site.zone), int((end - start).total_seconds()) // 60
    found = [*_make_ups(site), *_first_sessions(site, now)]
    return tuple(
        fit
        for fit, request, visit in found
        if (chair is None or visit.chair_kinds <= set(chair.kinds)) and _suits(request, visit.minutes, begins, minutes)
    )


def _make_ups(site: Site) -> Iterable[tuple[Fit, CourseRequest, Visit]]:
    standing = Session.objects.filter(course=OuterRef("course"), number=OuterRef("number"))
    missed = Session.objects.filter(
        site=site, course__status=CourseStatus.ACTIVE, status__in=(SessionStatus.NOSHOW, SessionStatus.CANCELLED)
    ).exclude(kind="follow-up")
    missed = missed.exclude(Exists(standing.exclude(status__in=FREES_ITS_NUMBER))).order_by("starts_at")
    seen: set[tuple[int, int]] = set()
    for session in missed.select_related("course__protocol", "patient"):
        course: Course = session.course
        request = _request(course.request, session.patient, course.protocol, site)
        if request is not None and (course.pk, session.number) not in seen:
            seen.add((course.pk, session.number))
            phases = [phase for phase in request.planned_phases if phase.name == session.phase]
            visit = (phases or request.planned_phases)[0].visit
            yield Fit(patient=session.patient, minutes=session.minutes, session=session), request, visit


def _first_sessions(site: Site, now: datetime) -> Iterable[tuple[Fit, CourseRequest, Visit]]:
    rows = Referral.objects.open(now).in_state(ReferralState.WAITING).filter(site=site)
    rows = rows.exclude(authorisation=AuthorisationState.AWAITED)
    for row in rows.select_related("patient", "protocol"):
        request = _request(row.request, row.patient, row.protocol, site)
        if request is not None:
            visit = request.protocol.first_visit or request.planned_phases[0].visit
            yield Fit(patient=row.patient, minutes=visit.minutes, referral=row), request, visit


def _request(data: dict[str, Any], patient: Patient, protocol: Protocol, site: Site) -> CourseRequest | None:
    """Read what is asked; None when it cannot be read any more."""
    try:
        return planning.request_value(data | UNREAD, patient=patient, protocol=protocol, site=site)
    except planning.InvalidRequest:
        return None


def _suits(request: CourseRequest, needed: int, begins: datetime, minutes: int) -> bool:
    """Tell whether some start in a gap leaves the needed minutes while the person can come."""
    day, minute = begins.date(), begins.hour * 60 + begins.minute
    if day < request.earliest_date or (request.latest_date and day > request.latest_date) or day in request.skipped:
        return False
    allowed = request.authorisation
    if allowed and not allowed.first_date <= day <= allowed.last_date:
        return False
    starts = range(-(-minute // STEP) * STEP, minute + minutes - needed + 1, STEP)
    return any(request.availability.allows(day, start, start + needed) for start in starts)
