"""The waiting list: who is on it, planning everybody at once, and holding for each what they were given."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from clinic import planning
from clinic.models import Course, Patient, Proposal, Protocol, Referral, Site
from clinic.models.referrals import AuthorisationState, Priority, ReferralState
from clinic.services import audit, booking
from clinic.services.admission import Place, planned
from clinic.services.booking.lock import note_change, under_lock
from clinic.services.booking.proposals import holds_of

TRIES = 2
LISTED_ALREADY = "{name} is on the waiting list already. Look at the list, or withdraw the referral there first."
NOT_WAITING = "This referral is {state} by now. Look at the waiting list as it is."
NOTHING_HELD = "Nothing is held for this referral any more. Propose times again."


def refer(
    *,
    patient: Patient,
    protocol: Protocol,
    site: Site,
    request: dict[str, Any],
    by: audit.Actor,
    now: datetime,
    priority: int = Priority.ROUTINE,
    authorisation: str = AuthorisationState.NOT_NEEDED,
) -> Referral:
    """Put a person on the waiting list.

    Raises InvalidRequest, NotPossible for somebody who is on the list already, and Busy.
    """
    today = now.astimezone(site.zone).date()
    planning.request_value(request, patient=patient, protocol=protocol, site=site, today=today)

    def add(locked: Site) -> Referral:
        # The person is locked too: a person waits once, whatever the site.
        Patient.objects.select_for_update().get(pk=patient.pk)
        if Referral.objects.open(now).filter(patient=patient).exists():
            raise booking.NotPossible(LISTED_ALREADY.format(name=patient.name))
        referral = Referral.objects.create(
            patient=patient,
            protocol=protocol,
            site=locked,
            request=request,
            priority=priority,
            authorisation=authorisation,
            created_by=by.user,
            created_at=now,
            updated_at=now,
        )
        _record(referral, "put on the waiting list", by, now)
        return referral

    return under_lock(site, add)


def withdraw(*, referral: Referral, by: audit.Actor, now: datetime, why: str = "") -> Referral:
    """Take a person off the list, and give back what is held for them. Doing it twice changes nothing more.

    Raises NotPossible for somebody who has a course by now, and Busy.
    """

    def take_off(current: Referral) -> None:
        if current.withdrawn_at is not None:
            return
        _insist(current, ReferralState.WAITING, ReferralState.OFFERED)
        if current.proposal is not None:
            booking.release(proposal=current.proposal, by=by, now=now)
        current.withdrawn_at = current.updated_at = now
        current.save(update_fields=["withdrawn_at", "updated_at"])
        _record(current, "taken off the waiting list", by, now, why=why)

    return _changed(referral, now, take_off)


def authorise(*, referral: Referral, by: audit.Actor, now: datetime) -> Referral:
    """Note that the insurer has agreed, so that times can be offered.

    Raises NotPossible for somebody who does not wait, and Busy.
    """

    def note(current: Referral) -> None:
        _insist(current, ReferralState.WAITING, ReferralState.OFFERED)
        current.authorisation, current.updated_at = AuthorisationState.GRANTED, now
        current.save(update_fields=["authorisation", "updated_at"])
        _record(current, "authorisation noted", by, now)

    return _changed(referral, now, note)


def admit(*, site: Site, now: datetime, only: Collection[Any] | None = None) -> list[Place]:
    """Plan everybody who waits at once, or `only` those of these public ids; nothing is written."""
    return planned(site=site, now=now, only=only)


def offer(*, site: Site, by: audit.Actor, now: datetime, only: Collection[Any] | None = None) -> list[Place]:
    """Plan as `admit` does, and hold for a day what each person is given.

    The plans are made before the lock, and again when the diary has changed since. Raises Busy when it does so again
    and again.
    """
    for _ in range(TRIES):
        seen = Site.objects.values_list("diary_version", flat=True).get(pk=site.pk)
        places = planned(site=site, now=now, only=only)

        def hold(locked: Site, places: list[Place] = places, seen: int = seen) -> bool:
            if locked.diary_version != seen:
                return False
            waiting = Referral.objects.standing(now).in_state(ReferralState.WAITING)
            planned_for = waiting.filter(pk__in=[place.referral.pk for place in places])
            still = {row.pk: row for row in planned_for.select_related("patient")}
            for place in places:
                if place.fits and place.referral.pk in still:
                    _hold(still[place.referral.pk], place, locked, by, now)
            note_change(locked)
            return True

        if under_lock(site, hold):
            return places
    raise booking.Busy


def accept(*, referral: Referral, by: audit.Actor, now: datetime, tell_patient: bool = True) -> Course:
    """Book what is held for a person.

    Raises NotPossible when nothing is, ProposalOutdated with fresh times, which are then held, and Busy.
    """
    proposal = Proposal.objects.select_related("patient", "protocol", "site").filter(referral=referral).first()
    if proposal is None or referral.withdrawn_at is not None:
        raise booking.NotPossible(NOTHING_HELD)
    kind = proposal.plans[0]["kind"]
    try:
        return booking.book(proposal=proposal, plan_kind=kind, by=by, now=now, tell_patient=tell_patient)
    except booking.ProposalOutdated as lost:
        if lost.fresh.plans[0]["sessions"]:
            Referral.objects.filter(pk=referral.pk).update(proposal=lost.fresh, updated_at=now)
        raise


def held_until(now: datetime) -> datetime:
    """Return until when times are held that are offered now."""
    return now + timedelta(hours=settings.KEPT_PROPOSAL_HOURS)


def _hold(referral: Referral, place: Place, site: Site, by: audit.Actor, now: datetime) -> None:
    assert place.plan is not None  # because it fits
    referral.proposal = Proposal.objects.create(
        patient=referral.patient,
        protocol_id=referral.protocol_id,
        site=site,
        request=place.request,
        plans=[planning.plan_data(place.plan)],
        holds=holds_of(place.plan.sessions),
        is_kept=True,
        created_by=by.user,
        created_at=now,
        expires_at=held_until(now),
    )
    referral.updated_at = now
    referral.save(update_fields=["proposal", "updated_at"])
    _record(referral, "times offered", by, now, proposal=str(referral.proposal.uid))


def _changed(referral: Referral, now: datetime, change: Callable[[Referral], None]) -> Referral:
    """Change a referral under the lock of its site."""

    def work(_: Site) -> Referral:
        rows = Referral.objects.standing(now).select_for_update(of=("self",)).select_related("patient", "site")
        current = rows.get(pk=referral.pk)
        change(current)
        return current

    return under_lock(referral.site, work)


def _insist(referral: Any, *states: str) -> None:
    if referral.state not in states:
        raise booking.NotPossible(NOT_WAITING.format(state=ReferralState(referral.state).label))


def _record(referral: Referral, action: str, by: audit.Actor, now: datetime, why: str = "", **data: Any) -> None:
    data = {"referral": str(referral.uid), **data}
    audit.record(by=by, now=now, action=action, patient=referral.patient, data=data, why=why)
