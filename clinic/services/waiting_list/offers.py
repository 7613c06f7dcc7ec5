"""Times for people who wait: planned together, held for a day, and booked or given back."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clinic import planning
from clinic.models import Admission, Chair, Course, Proposal, Referral, Site
from clinic.models.referrals import ReferralState
from clinic.services import audit, booking, outbox
from clinic.services.admission import Place, planned, still_free
from clinic.services.admission_search import places_of
from clinic.services.booking.lock import note_change, under_lock
from clinic.services.booking.proposals import holds_of
from clinic.services.direct_booking import CourseDoesNotFit

from .changing import changed, insist, record

TRIES = 2
NOTHING_HELD = _("Nothing is held for this referral any more. Propose times again.")
HELD_ALREADY = _("The times of this plan were held already. Look at the waiting list.")
TAKEN = _("Somebody else has taken one of the times at this moment, so nothing is held. Please try again.")


def admit(*, site: Site, now: datetime, only: Collection[Any] | None = None) -> list[Place]:
    """Plan those who wait, or `only` those of these public ids, as far as a request has time; nothing is written."""
    return planned(site=site, now=now, only=only)


def offer(*, site: Site, by: audit.Actor, now: datetime, only: Collection[Any] | None = None) -> list[Place]:
    """Plan as `admit` does, and hold for a day what each person is given.

    The plans are made before the lock, and again when the diary has changed since. Raises Busy when it does so again
    and again.
    """
    for _other in range(TRIES):
        seen = Site.objects.values_list("diary_version", flat=True).get(pk=site.pk)
        places = planned(site=site, now=now, only=only)

        def hold(locked: Site, places: list[Place] = places, seen: int = seen) -> bool:
            if locked.diary_version != seen:
                return False
            _hold_all(places, locked, by, now)
            return True

        if under_lock(site, hold):
            return places
    raise booking.Busy


def offer_as_shown(
    *, admission: Admission, revision: int | None, by: audit.Actor, now: datetime
) -> tuple[list[Place], list[Place]]:
    """Hold for a day what an answer gives each person, where it is still free; return for whom it is, and for whom not.

    Raises StaleVersion when a better answer has taken the place of the one that was seen, NotPossible, and Busy.
    """

    def hold(locked: Site) -> tuple[list[Place], list[Place]]:
        current = Admission.objects.select_for_update().get(pk=admission.pk)
        if current.applied_at is not None:
            raise booking.NotPossible(HELD_ALREADY)
        if revision not in (None, current.revision):
            raise booking.StaleVersion
        places = [place for place in places_of(current, now) if place.fits]
        free = places if locked.diary_version == current.seen else still_free(places, locked, now)
        _hold_all(free, locked, by, now)
        current.applied_at, current.search_seconds = now, 0
        current.save(update_fields=["applied_at", "search_seconds"])
        return free, [place for place in places if place not in free]

    return under_lock(admission.site, hold)


def offer_at(*, referral: Referral, start: datetime, chair: Chair | None, by: audit.Actor, now: datetime) -> Proposal:
    """Hold for a day a course that begins at just this time.

    Raises CourseDoesNotFit when no whole course does, NotPossible for who does not wait, InvalidRequest, and Busy.
    """
    day = start.astimezone(referral.site.zone).date().isoformat()
    fixed = [{"start": start.isoformat(), "chair": str(chair.uid) if chair else None}]
    asked = {**referral.request, "earliest_date": day, "fixed": fixed}
    plans = booking.quote(
        patient=referral.patient,
        protocol=referral.protocol,
        site=referral.site,
        request=asked,
        now=now,
        alternatives=False,
    )
    plan = planning.plan_value(plans[0], patient=str(referral.patient_id))
    place = Place(referral=referral, request=asked, plan=plan)
    if not place.fits:
        raise CourseDoesNotFit(plans[0])

    def hold(locked: Site) -> Proposal:
        current = Referral.objects.standing(now).select_related("patient").get(pk=referral.pk)
        insist(current, ReferralState.WAITING)
        if not still_free([place], locked, now):
            raise booking.NotPossible(TAKEN)
        _hold_all([place], locked, by, now)
        current.refresh_from_db()
        assert current.proposal is not None
        return current.proposal

    return under_lock(referral.site, hold)


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


def decline(*, referral: Referral, by: audit.Actor, now: datetime, why: str = "") -> Referral:
    """Give back what is held for a person who does not want these times, and goes on waiting.

    Raises NotPossible when nothing is held, and Busy.
    """

    def give_back(current: Referral) -> None:
        insist(current, ReferralState.OFFERED)
        assert current.proposal is not None  # because something is held
        booking.release(proposal=current.proposal, by=by, now=now)
        current.updated_at = now
        current.save(update_fields=["updated_at"])
        record(current, "times declined", by, now, why=why)

    return changed(referral, now, give_back)


def held_until(now: datetime) -> datetime:
    """Return until when times are held that are offered now."""
    return now + timedelta(hours=settings.KEPT_PROPOSAL_HOURS)


def _hold_all(places: Iterable[Place], site: Site, by: audit.Actor, now: datetime) -> None:
    """Hold what people are given who still wait, and tell them."""
    given = {place.referral.pk: place for place in places if place.fits}
    waiting = Referral.objects.standing(now).in_state(ReferralState.WAITING).filter(pk__in=given)
    for referral in waiting.select_related("patient", "site").order_by("pk"):
        _hold(referral, given[referral.pk], site, by, now)
    note_change(site)


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
    outbox.plan_offer_message(referral=referral, now=now)
    record(referral, "times offered", by, now, proposal=str(referral.proposal.uid))
