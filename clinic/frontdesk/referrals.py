"""One person who waits: put on the list, offered times, booked, taken off."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clinic.models import Referral, Site
from clinic.permissions import BOOK, get_patient_or_404, get_referral_or_404
from clinic.selectors.protocols import protocols_on_offer
from clinic.selectors.waiting import why_not
from clinic.selectors.words import names_at
from clinic.services import booking
from clinic.services import waiting_list as services
from clinic.services.direct_booking import CourseDoesNotFit

from . import sentences
from .referral_form import ReferralForm
from .staff import StaffRequest, actor, staff

NOBODY_FITS = gettext_lazy("Nobody was given times.")
NOT_A_PLACE = gettext_lazy("Choose one of the gaps on the list of the day; nothing is held yet.")


@staff(BOOK)
@require_POST
def act(request: StaffRequest, uid: UUID, step: str) -> HttpResponse:
    """Do one thing about a referral."""
    referral = get_referral_or_404(request.user, uid)
    if step not in STEPS:
        raise Http404
    try:
        return STEPS[step](request, referral)
    except booking.ProposalOutdated as lost:
        messages.warning(request, sentences.outdated(lost.reasons, referral.site))
    except (booking.NotPossible, booking.InvalidRequest) as refused:
        messages.error(request, str(refused))
    except booking.Busy:
        messages.error(request, sentences.BUSY)
    return _back(referral.site)


@staff(BOOK)
def refer(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Put a patient on the waiting list."""
    patient, now = get_patient_or_404(request.user, uid), timezone.now()
    today = now.astimezone(patient.site.zone).date()
    form = ReferralForm(request.POST or None, protocols=[offer.row for offer in protocols_on_offer()], today=today)
    if request.method == "POST" and form.is_valid():
        try:
            services.refer(patient=patient, site=patient.site, by=actor(request), now=now, **form.referral())
        except booking.InvalidRequest as wrong:
            form.take(wrong.errors)
        except booking.NotPossible as refused:
            form.add_error(None, str(refused))
        except booking.Busy:
            form.add_error(None, sentences.BUSY)
        else:
            messages.success(request, _("%(name)s is on the waiting list.") % {"name": patient.name})
            return _back(patient.site)
    context = {"form": form, "patient": patient, "site": patient.site, "today": today}
    return render(request, "frontdesk/refer.html", context, status=422 if form.errors else 200)


def _propose(request: StaffRequest, referral: Referral) -> HttpResponse:
    """Hold what this person is given alone."""
    site, now = referral.site, timezone.now()
    places = services.offer(site=site, by=actor(request), now=now, only=[referral.uid])
    if given := [place for place in places if place.fits]:
        messages.success(request, sentences.held(len(given), services.held_until(now), site))
        return _back(site)
    why = [why_not(place.data, place.errors, names_at(site), site)[:2] for place in places]
    messages.warning(request, " ".join([str(NOBODY_FITS), *(sentence for said in why for sentence in said)]))
    return _back(site)


def _offer(request: StaffRequest, referral: Referral) -> HttpResponse:
    """Hold a course that begins in a gap."""
    try:
        start, chair = booking.read_opening(request.POST.get("at", ""), site=referral.site)
    except ValueError:
        raise booking.NotPossible(NOT_A_PLACE) from None
    now = timezone.now()
    try:
        services.offer_at(referral=referral, start=start, chair=chair, by=actor(request), now=now)
    except CourseDoesNotFit as refused:
        site = referral.site
        why = " ".join(why_not(refused.plan, {}, names_at(site), site)[:2])
        raise booking.NotPossible(
            _("No whole course begins at that time for %(name)s. %(why)s") % {"name": referral.patient.name, "why": why}
        ) from None
    messages.success(request, sentences.held(1, services.held_until(now), referral.site))
    return _back(referral.site)


def _accept(request: StaffRequest, referral: Referral) -> HttpResponse:
    course = services.accept(referral=referral, by=actor(request), now=timezone.now())
    return redirect("frontdesk:booked", course.uid)


def _decline(request: StaffRequest, referral: Referral) -> HttpResponse:
    services.decline(referral=referral, by=actor(request), now=timezone.now())
    messages.success(
        request, _("The times are free again; %(name)s goes on waiting.") % {"name": referral.patient.name}
    )
    return _back(referral.site)


def _authorise(request: StaffRequest, referral: Referral) -> HttpResponse:
    services.authorise(referral=referral, by=actor(request), now=timezone.now())
    messages.success(request, _("Noted: the authorisation for %(name)s has come.") % {"name": referral.patient.name})
    return _back(referral.site)


def _withdraw(request: StaffRequest, referral: Referral) -> HttpResponse:
    services.withdraw(referral=referral, by=actor(request), now=timezone.now())
    messages.success(request, _("%(name)s is off the waiting list.") % {"name": referral.patient.name})
    return _back(referral.site)


def _back(site: Site) -> HttpResponse:
    return redirect(f"{reverse('frontdesk:waiting')}?site={site.uid}")


STEPS: dict[str, Callable[[StaffRequest, Referral], HttpResponse]] = {
    "propose": _propose,
    "offer": _offer,
    "accept": _accept,
    "decline": _decline,
    "authorise": _authorise,
    "withdraw": _withdraw,
}
