"""Proposals: plans offered to a person, whose times nobody else is offered or booked until they expire."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

import scheduler
from clinic import planning
from clinic.models import Patient, Proposal, Protocol, Site
from clinic.selectors.merging import record_of
from clinic.services import audit
from scheduler import CourseRequest, Plan, Session

from .errors import NothingToBook, ProposalOutdated
from .lock import note_change, under_lock

Hold = list[str | int]
FORGOTTEN_AFTER = timedelta(days=2)


def quote(
    *,
    patient: Patient,
    protocol: Protocol,
    site: Site,
    request: dict[str, Any],
    now: datetime,
    alternatives: bool = True,
) -> list[dict[str, Any]]:
    """Plan a course without writing anything: plans as data, best first; or only the best, without `alternatives`.

    Raises InvalidRequest.
    """
    wanted = _wanted(patient, protocol, site, request, now)
    return [planning.plan_data(plan) for plan in _plans(wanted, patient, site, now, alternatives=alternatives)]


def propose(
    *,
    patient: Patient,
    protocol: Protocol,
    site: Site,
    request: dict[str, Any],
    by: audit.Actor,
    now: datetime,
    replaces: Proposal | None = None,
) -> Proposal:
    """Plan a course and hold the times of all its plans for some minutes.

    There is always a proposal: when no course fits, its one plan has no sessions, and its `unplaced` says why. The
    times of the proposal that it `replaces` are given back.

    Raises InvalidRequest, and Busy.
    """
    wanted = _wanted(patient, protocol, site, request, now)
    # Planning takes longest, so it is done before the lock, and again under it only if the diary has changed since.
    seen = Site.objects.values_list("diary_version", flat=True).get(pk=site.pk)
    plans = _plans(wanted, patient, site, now)

    def offer(locked: Site) -> Proposal:
        owner = record_of(patient)
        current = plans if locked.diary_version == seen else _plans(wanted, patient, locked, now)
        if replaces is not None:
            Proposal.objects.filter(pk=replaces.pk, course=None).update(expires_at=now, is_kept=False)
        Proposal.objects.filter(site=locked, course=None, expires_at__lt=now - FORGOTTEN_AFTER).delete()
        proposal = Proposal.objects.create(
            patient=owner,
            protocol=protocol,
            site=locked,
            request=request,
            plans=[planning.plan_data(plan) for plan in current],
            holds=holds_of(session for plan in current for session in plan.sessions),
            created_by=by.user,
            created_at=now,
            expires_at=now + timedelta(minutes=settings.PROPOSAL_MINUTES),
        )
        note_change(locked)
        if replaces is None:  # trying out one wish after another is one deed; what is kept or booked is recorded then
            audit.record(by=by, now=now, action="course proposed", patient=owner, data={"proposal": str(proposal.uid)})
        return proposal

    return under_lock(site, offer)


def keep(*, proposal: Proposal, plan_kind: str, by: audit.Actor, now: datetime) -> Proposal:
    """Hold one plan for a day, for a patient who is thinking it over; the times of the other plans are given back.

    Raises ProposalOutdated when its times are held no longer, InvalidRequest when nothing can be offered instead, and
    NothingToBook.
    """

    def hold(locked: Site) -> Proposal | None:
        current = Proposal.objects.select_for_update().select_related("patient", "protocol", "site").get(pk=proposal.pk)
        if current.course_id or current.expires_at <= now:
            return None
        current.holds = holds_of(chosen_plan(current, plan_kind).sessions)
        current.plans = [plan for plan in current.plans if plan["kind"] == plan_kind]
        current.is_kept = True
        current.expires_at = now + timedelta(hours=settings.KEPT_PROPOSAL_HOURS)
        current.save(update_fields=["plans", "holds", "is_kept", "expires_at"])
        note_change(locked)
        audit.record(
            by=by, now=now, action="proposal kept", patient=current.patient, data={"proposal": str(current.uid)}
        )
        return current

    kept = under_lock(proposal.site, hold)
    if kept is None:
        raise ProposalOutdated(renewed(proposal, by=by, now=now))
    return kept


def release(*, proposal: Proposal, by: audit.Actor, now: datetime) -> None:
    """Give back the times of a proposal that nobody wants."""

    def let_go(locked: Site) -> None:
        if Proposal.objects.filter(pk=proposal.pk, course=None, expires_at__gt=now).update(
            expires_at=now, is_kept=False
        ):
            note_change(locked)
            data = {"proposal": str(proposal.uid)}
            audit.record(by=by, now=now, action="proposal released", patient=proposal.patient, data=data)

    under_lock(proposal.site, let_go)


def renewed(proposal: Proposal, *, by: audit.Actor, now: datetime) -> Proposal:
    """Propose anew what a proposal was made for, from today on.

    Raises InvalidRequest when that cannot be any more, and Busy.
    """
    today = now.astimezone(proposal.site.zone).date().isoformat()
    return propose(
        patient=proposal.patient,
        protocol=proposal.protocol,
        site=proposal.site,
        request=proposal.request | {"earliest_date": max(proposal.request["earliest_date"], today)},
        by=by,
        now=now,
        replaces=proposal,
    )


def chosen_plan(proposal: Proposal, plan_kind: str) -> Plan:
    """Read one plan of a proposal.

    Raises NothingToBook when there is no such plan, or it does not place the whole course.
    """
    for data in proposal.plans:
        plan = planning.plan_value(data, patient=str(proposal.patient_id))
        if plan.kind == plan_kind and plan.is_complete:
            return plan
    raise NothingToBook


def _wanted(patient: Patient, protocol: Protocol, site: Site, request: dict[str, Any], now: datetime) -> CourseRequest:
    today = now.astimezone(site.zone).date()
    return planning.request_value(request, patient=patient, protocol=protocol, site=site, today=today)


def _plans(
    wanted: CourseRequest, patient: Patient, site: Site, now: datetime, *, alternatives: bool = True
) -> tuple[Plan, ...]:
    first, last = planning.horizon(wanted)
    clinic, diary = planning.load(site=site, first=first, last=last, now=now, patient=patient, past_is_taken=True)
    return scheduler.plan_course(wanted, clinic, diary, alternatives=alternatives)


def holds_of(sessions: Iterable[Session]) -> list[Hold]:
    """Return the spans that planned sessions take from everybody but the patient, each once."""
    spans = {
        (resource, lane, scheduler.epoch_minute(when.start), scheduler.epoch_minute(when.end))
        for session in sessions
        for resource, lane, when in session.claims()
        if resource != session.patient
    }
    return [list(span) for span in sorted(spans)]
