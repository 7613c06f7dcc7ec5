"""Booking a course: every session with every cell that it takes, or nothing."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import scheduler
from clinic import planning
from clinic.models import Course, Proposal, Session, Site
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.services import audit, occupancy, outbox
from scheduler import CourseRequest, Plan

from .errors import NotPossible, ProposalOutdated, StaleVersion, TooLateToUndo
from .lock import note_change, under_lock
from .proposals import chosen_plan, renewed

FINISHED = gettext_lazy("This course is finished, so there is nothing to cancel. Cancel its follow-ups one by one.")
OPEN = (SessionStatus.PROPOSED, SessionStatus.BOOKED, SessionStatus.WAITLIST)


class TimesLost(Exception):
    """Somebody else has the times by now, or the clinic has changed."""

    def __init__(self, reasons: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(_("The times of the plan are not free any more."))
        self.reasons = list(reasons)


def book(*, proposal: Proposal, plan_kind: str, by: audit.Actor, now: datetime, tell_patient: bool = True) -> Course:
    """Book every session of one plan of a proposal, or none. Booking it again gives the same course.

    Raises ProposalOutdated with a fresh proposal when the times are held no longer or were lost, InvalidRequest when
    what was asked for cannot be any more, NothingToBook when there is no such plan, and Busy.
    """

    def confirm(locked: Site) -> Course:
        # Only the proposal itself is locked, not the rows that are read with it.
        rows = Proposal.objects.select_for_update(of=("self",)).select_related("patient", "protocol", "course")
        current = rows.get(pk=proposal.pk)
        if current.course is not None:
            return current.course
        plan = chosen_plan(current, plan_kind)
        if current.expires_at <= now:
            raise TimesLost
        request = planning.request_value(
            current.request, patient=current.patient, protocol=current.protocol, site=locked
        )
        _still_stands(plan, request, current, locked, now)
        course = _written(plan, request, current, locked, by, now)
        if tell_patient:
            outbox.plan_course_messages(course=course, now=now)
        return course

    try:
        return under_lock(proposal.site, confirm)
    except (TimesLost, IntegrityError, planning.InvalidRequest) as lost:
        reasons = getattr(lost, "reasons", ())
        raise ProposalOutdated(renewed(proposal, by=by, now=now), reasons) from lost


def undo(*, course: Course, by: audit.Actor, now: datetime) -> None:
    """Take back a booking that was just made; its proposal can be confirmed again while it holds its times.

    The sessions stay as entered in error, so that whoever has read them meanwhile learns that they are void.

    Raises TooLateToUndo.
    """

    def take_back(locked: Site) -> None:
        current = Course.objects.select_for_update().get(pk=course.pk)
        sessions = list(current.sessions.all())
        is_late = current.undo_until is None or now > current.undo_until or current.status != CourseStatus.ACTIVE
        if is_late or any(session.status != SessionStatus.BOOKED for session in sessions):
            raise TooLateToUndo(_("It is too late to undo this booking. Cancel the course, or move single sessions."))
        _close(current, sessions, SessionStatus.ENTERED_IN_ERROR, now)
        outbox.withdraw(current)
        Proposal.objects.filter(course=current).update(course=None)
        note_change(locked)
        audit.record(by=by, now=now, action="booking undone", patient=current.patient, course=current)

    under_lock(course.site, take_back)


def cancel_course(
    *, course: Course, why: str, by: audit.Actor, now: datetime, expected_version: int | None = None
) -> Course:
    """Cancel a course: its sessions that have not begun are cancelled and their times are free again.

    Cancelling it twice changes nothing more. Raises StaleVersion, and NotPossible when it is finished.
    """

    def cancel(locked: Site) -> Course:
        current = Course.objects.select_for_update().get(pk=course.pk)
        if expected_version not in (None, current.version):
            raise StaleVersion
        if current.status == CourseStatus.REVOKED:
            return current
        if current.status == CourseStatus.COMPLETED:
            raise NotPossible(FINISHED)
        waiting = list(current.sessions.filter(status__in=OPEN, starts_at__gt=now))
        _close(current, waiting, SessionStatus.CANCELLED, now)
        note_change(locked)
        outbox.plan_cancel_message(course=current, sessions=waiting, now=now)
        data = {"sessions": len(waiting)}
        audit.record(
            by=by, now=now, action="course cancelled", patient=current.patient, course=current, data=data, why=why
        )
        return current

    return under_lock(course.site, cancel)


def _still_stands(plan: Plan, request: CourseRequest, proposal: Proposal, site: Site, now: datetime) -> None:
    """Judge the plan again against what is booked and held by now."""
    starts = [session.when.start for session in plan.sessions]
    if min(starts) <= now:
        raise TimesLost
    first, last = (start.astimezone(site.zone).date() for start in (min(starts), max(starts)))
    clinic, diary = planning.load(site=site, first=first, last=last, now=now, patient=proposal.patient)
    broken = scheduler.check(plan.sessions, clinic, [request], diary)
    if broken:
        raise TimesLost(planning.reasons_data(dict.fromkeys(violation.reason for violation in broken)))


def _written(
    plan: Plan, request: CourseRequest, proposal: Proposal, site: Site, by: audit.Actor, now: datetime
) -> Course:
    """Write the course, its sessions and their cells, and what goes with them."""
    allowed = request.authorisation
    course = Course.objects.create(
        patient=proposal.patient,
        protocol=proposal.protocol,
        site=site,
        request=proposal.request,
        plan_kind=plan.kind,
        authorised_from=allowed.first_date if allowed else None,
        authorised_to=allowed.last_date if allowed else None,
        authorised_units=allowed.units if allowed else None,
        authorisation_number=allowed.number if allowed else "",
        booked_at=now,
        booked_by=by.user,
        undo_until=now + timedelta(seconds=settings.UNDO_SECONDS),
        updated_at=now,
    )
    fixed = {item.start for item in request.fixed}
    common = {"course": course, "patient": course.patient, "site": site, "updated_at": now}
    rows = [
        Session(**planning.session_columns(value), is_fixed=value.when.start in fixed, **common)
        for value in plan.sessions
    ]
    Session.objects.bulk_create(rows)
    occupancy.take(rows)
    Proposal.objects.filter(pk=proposal.pk).update(course=course)
    note_change(site)
    data = {"plan": plan.kind, "sessions": len(rows), "proposal": str(proposal.uid)}
    audit.record(by=by, now=now, action="course booked", patient=course.patient, course=course, data=data)
    return course


def _close(course: Course, sessions: list[Session], status: str, now: datetime) -> None:
    """End a course, and give back the cells of some of its sessions."""
    occupancy.free(sessions)
    Session.objects.filter(pk__in=[session.pk for session in sessions]).update(
        status=status, version=F("version") + 1, updated_at=now
    )
    course.status = CourseStatus.REVOKED
    course.version += 1
    course.updated_at = now
    course.save(update_fields=["status", "version", "updated_at"])
