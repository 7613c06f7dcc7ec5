"""The waiting list: plan everybody at once, hold what each is given, and do the next thing about one person."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clinic.models import Referral, Site
from clinic.permissions import BOOK, SEE, get_patient_or_404, get_referral_or_404, may, sites_of
from clinic.selectors.gaps import who_fits
from clinic.selectors.protocols import protocols_on_offer
from clinic.selectors.waiting import outline, waiting_list, why_not
from clinic.selectors.words import names_at
from clinic.services import booking
from clinic.services import waiting_list as services

from . import sentences
from .referral_form import GapForm, ReferralForm
from .staff import StaffRequest, actor, chosen_site, staff

NOBODY_FITS = "Nobody was given times."
HELD = "Times are held until {until} for {people}. Ask each of them, and book."


@staff(SEE)
def waiting(request: StaffRequest) -> HttpResponse:
    """Show who waits; planning them all shows what each would get, and offering holds it for a day."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    if request.method != "POST":
        return _page(request, site)
    if not may(request.user, BOOK):
        raise PermissionDenied
    if request.POST.get("do") == "offer":
        _offer(request, site, [uid for text in request.POST.getlist("referral") if (uid := _uuid(text))])
        return _back(site)
    names = names_at(site)
    places = [
        (
            place,
            outline(place.data, site) if place.fits and place.data else None,
            why_not(place.data, place.errors, names, site)[:2],
        )
        for place in services.admit(site=site, now=timezone.now())
    ]
    return _page(request, site, places=places, given=sum(place.fits for place, _, _ in places))


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
    except booking.NotPossible as refused:
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
            messages.success(request, f"{patient.name} is on the waiting list.")
            return _back(patient.site)
    context = {"form": form, "patient": patient, "site": patient.site, "today": today}
    return render(request, "frontdesk/refer.html", context, status=422 if form.errors else 200)


def _page(request: StaffRequest, site: Site, **more: Any) -> HttpResponse:
    now = timezone.now()
    asked = request.GET if "day" in request.GET else None
    form = GapForm(asked, site=site, today=now.astimezone(site.zone).date())
    fits = None
    if form.is_bound and form.is_valid():
        fits = who_fits(site, *form.ends_of(site), now=now, chair=form.cleaned_data["chair"])
    context = {"rows": waiting_list(site, now), "site": site, "sites": sites_of(request.user), "form": form}
    return render(request, "frontdesk/waiting.html", context | {"fits": fits} | more)


def _offer(request: StaffRequest, site: Site, only: list[UUID]) -> None:
    """Hold what the people who were shown are given."""
    now = timezone.now()
    try:
        places = services.offer(site=site, by=actor(request), now=now, only=only)
    except booking.Busy:
        messages.error(request, sentences.BUSY)
        return
    given = [place for place in places if place.fits]
    if given:
        until = services.held_until(now).astimezone(site.zone)
        people = "1 person" if len(given) == 1 else f"{len(given)} people"
        messages.success(request, HELD.format(until=f"{until:%A %H:%M}", people=people))
        return
    why = [why_not(place.data, place.errors, names_at(site), site)[:2] for place in places[:1]]
    messages.warning(request, " ".join([NOBODY_FITS, *(sentence for said in why for sentence in said)]))


def _propose(request: StaffRequest, referral: Referral) -> HttpResponse:
    _offer(request, referral.site, [referral.uid])
    return _back(referral.site)


def _accept(request: StaffRequest, referral: Referral) -> HttpResponse:
    course = services.accept(referral=referral, by=actor(request), now=timezone.now())
    return redirect("frontdesk:booked", course.uid)


def _authorise(request: StaffRequest, referral: Referral) -> HttpResponse:
    services.authorise(referral=referral, by=actor(request), now=timezone.now())
    messages.success(request, f"Noted: the authorisation for {referral.patient.name} has come.")
    return _back(referral.site)


def _withdraw(request: StaffRequest, referral: Referral) -> HttpResponse:
    services.withdraw(referral=referral, by=actor(request), now=timezone.now())
    messages.success(request, f"{referral.patient.name} is off the waiting list.")
    return _back(referral.site)


def _back(site: Site) -> HttpResponse:
    return redirect(f"{reverse('frontdesk:waiting')}?site={site.uid}")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


STEPS: dict[str, Callable[[StaffRequest, Referral], HttpResponse]] = {
    "propose": _propose,
    "accept": _accept,
    "authorise": _authorise,
    "withdraw": _withdraw,
}
