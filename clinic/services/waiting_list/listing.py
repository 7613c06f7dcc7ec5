"""Who is on the waiting list, and what is known about them."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic import planning
from clinic.models import Patient, Protocol, Referral, Site
from clinic.models.referrals import AuthorisationState, Priority, ReferralState
from clinic.selectors.merging import record_of
from clinic.services import audit, booking
from clinic.services.booking.lock import under_lock

from .changing import changed, insist, record

LISTED_ALREADY = _("{name} is on the waiting list already. Look at the list, or withdraw the referral there first.")
OPEN = (ReferralState.WAITING, ReferralState.OFFERED)


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
        owner = record_of(patient)
        if Referral.objects.open(now).filter(patient=owner).exists():
            raise booking.NotPossible(LISTED_ALREADY.format(name=patient.name))
        referral = Referral.objects.create(
            patient=owner,
            protocol=protocol,
            site=locked,
            request=request,
            priority=priority,
            authorisation=authorisation,
            created_by=by.user,
            created_at=now,
            updated_at=now,
        )
        record(referral, "put on the waiting list", by, now)
        return referral

    return under_lock(site, add)


def withdraw(*, referral: Referral, by: audit.Actor, now: datetime, why: str = "") -> Referral:
    """Take a person off the list, and give back what is held for them. Doing it twice changes nothing more.

    Raises NotPossible for somebody who has a course by now, and Busy.
    """

    def take_off(current: Referral) -> None:
        if current.withdrawn_at is not None:
            return
        insist(current, *OPEN)
        if current.proposal is not None:
            booking.release(proposal=current.proposal, by=by, now=now)
        current.withdrawn_at = current.updated_at = now
        current.save(update_fields=["withdrawn_at", "updated_at"])
        record(current, "taken off the waiting list", by, now, why=why)

    return changed(referral, now, take_off)


def authorise(*, referral: Referral, by: audit.Actor, now: datetime) -> Referral:
    """Note that the insurer has agreed, so that times can be offered.

    Raises NotPossible for somebody who does not wait, and Busy.
    """
    return change(referral=referral, by=by, now=now, authorisation=AuthorisationState.GRANTED)


def change(
    *,
    referral: Referral,
    by: audit.Actor,
    now: datetime,
    priority: int | None = None,
    authorisation: str | None = None,
    request: dict[str, Any] | None = None,
) -> Referral:
    """Note what is different about somebody who waits: how urgent it is, whether the insurer agreed, what is asked.

    Times that are held for what was asked before are given back when something else is asked.

    Raises InvalidRequest, NotPossible for somebody who does not wait, and Busy.
    """
    asked_anew = request is not None and request != referral.request
    if request is not None and asked_anew:
        today = now.astimezone(referral.site.zone).date()
        person, protocol = referral.patient, referral.protocol
        planning.request_value(request, patient=person, protocol=protocol, site=referral.site, today=today)

    def note(current: Referral) -> None:
        insist(current, *OPEN)
        if asked_anew and current.proposal is not None:
            booking.release(proposal=current.proposal, by=by, now=now)
        new = {"priority": priority, "authorisation": authorisation, "request": request}
        for name, value in new.items():
            if value is not None:
                setattr(current, name, value)
        current.updated_at = now
        current.save(update_fields=["priority", "authorisation", "request", "updated_at"])
        granted = authorisation == AuthorisationState.GRANTED and priority is None and request is None
        record(current, "authorisation noted" if granted else "referral changed", by, now)

    return changed(referral, now, note)
