"""The waiting list planned together: what each person would get, while a worker looks for more, and holding it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from clinic.models import Admission
from clinic.permissions import BOOK, SEE, get_admission_or_404, may
from clinic.selectors.waiting import outline, why_not
from clinic.selectors.words import names_at
from clinic.services import admission_search, booking
from clinic.services import waiting_list as services

from . import sentences
from .searching import answered, revision, search_of
from .staff import StaffRequest, actor, staff

BETTER = _("A better plan was found meanwhile, so nothing is held yet. Here it is.")
LOST = _("{names} got nothing: somebody else has taken a time meanwhile. Plan the list again.")


@staff(SEE)
def show(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show what each person would get; to htmx only the plan."""
    row = get_admission_or_404(request.user, uid)
    template = "frontdesk/_admission.html" if request.htmx else "frontdesk/admission.html"
    return render(request, template, _page(request, row))


@staff(SEE)
def progress(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Say how the search for a better answer stands, to a page that looks again by itself."""
    row = get_admission_or_404(request.user, uid)
    return answered(request, row, _address(row), is_open=row.expires_at > timezone.now())


@staff(BOOK)
@require_POST
def stop(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Keep the answer as it is."""
    row = get_admission_or_404(request.user, uid)
    admission_search.stop_search(admission=row, by=actor(request), now=timezone.now())
    return redirect(_address(row))


@staff(BOOK)
@require_POST
def hold(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Hold for a day what each person was shown to get, where it is still free."""
    row, now = get_admission_or_404(request.user, uid), timezone.now()
    shown = revision(request.POST.get("revision", ""))
    try:
        held, lost = services.offer_as_shown(admission=row, revision=shown, by=actor(request), now=now)
    except booking.StaleVersion:
        messages.warning(request, BETTER)
        return redirect(_address(row))
    except booking.NotPossible as refused:
        messages.error(request, str(refused))
    except booking.Busy:
        messages.error(request, sentences.BUSY)
        return redirect(_address(row))
    else:
        if held:
            messages.success(request, sentences.held(len(held), services.held_until(now), row.site))
        if lost:
            names = ", ".join(place.referral.patient.name for place in lost)
            messages.warning(request, LOST.format(names=names))
    return redirect(f"{reverse('frontdesk:waiting')}?site={row.site.uid}")


def _page(request: StaffRequest, row: Admission) -> dict[str, Any]:
    site, now, names = row.site, timezone.now(), names_at(row.site)
    places = [
        (
            place,
            outline(place.data, site) if place.fits and place.data else None,
            why_not(place.data, place.errors, names, site)[:2],
        )
        for place in admission_search.places_of(row, now)
    ]
    is_open = row.applied_at is None and row.expires_at > now
    return {
        "admission": row,
        "site": site,
        "today": now.astimezone(site.zone).date(),
        "places": places,
        "given": sum(place.fits for place, _outline, _why in places),
        "later": sum(not place.is_planned for place, _outline, _why in places),
        "is_open": is_open,
        "may_stop": may(request.user, BOOK),
        "search": search_of(row, _address(row), is_open=is_open),
    }


def _address(row: Admission) -> str:
    return reverse("frontdesk:admission", args=[row.uid])
