"""Capacity: how full the clinic is, how soon a course could begin, and what if the clinic were changed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Chair, Site
from clinic.permissions import BOOK, SEE, may
from clinic.selectors.forecast import Starts, earliest_starts
from clinic.selectors.loads import load_table
from clinic.selectors.protocols import protocols_on_offer
from clinic.selectors.what_if import expected_people
from clinic.selectors.words import names_at, told
from clinic.selectors.written import written
from clinic.services import booking, holding

from . import sentences
from .capacity_forms import QuoteForm, chairs_of
from .figures import KINDS, WEEKS_SHOWN, ahead
from .staff import StaffRequest, actor, chosen_site, staff
from .what_if_form import WhatIfForm

TITLES = {
    "soonest": gettext_lazy("Soonest"),
    "wished time": gettext_lazy("At the wished time"),
    "quiet hour": gettext_lazy("At a quiet hour"),
}
LOST = gettext_lazy("These times cannot be held any more, so nothing is held. Here is what is free now.")


@dataclass(kw_only=True)
class Page:
    """Hold what one view of the page works with."""

    request: StaffRequest
    site: Site
    now: datetime
    quote: QuoteForm
    change: WhatIfForm

    def load(self, by: str, chair: Chair | None) -> dict[str, Any]:
        """Return the table of the weeks to come: by hour, or by chair or technician."""
        if by in KINDS:
            return ahead(self.site, by, self.now)
        return {"table": load_table(self.site, first=self.today, weeks=WEEKS_SHOWN, now=self.now, chair=chair)}

    @property
    def today(self) -> date:
        """Return the date at the site."""
        return self.now.astimezone(self.site.zone).date()

    def answer(self, *, status: int = 200, **more: Any) -> HttpResponse:
        """Answer with the whole page."""
        chairs = chairs_of(self.site)
        chair = _chosen(self.request, chairs)
        wanted = self.request.GET.get("by", "")
        by = wanted if wanted in KINDS and not chair else "hours"
        context = {
            "site": self.site,
            "today": self.today,
            "chairs": chairs,
            "chair": chair,
            "by": by,
            **self.load(by, chair),
            "quote": self.quote,
            "change": self.change,
            "patient": self.quote.patient,
            **more,
        }
        return render(self.request, "frontdesk/capacity.html", context, status=status)


@staff(SEE)
def capacity(request: StaffRequest) -> HttpResponse:
    """Show the load; say when a course could begin; or hold a quoted start."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    now, action = timezone.now(), request.POST.get("do", "")
    rows = [offer.row for offer in protocols_on_offer()]
    asked = request.POST if action in ("quote", "hold") else None
    page = Page(
        request=request,
        site=site,
        now=now,
        quote=QuoteForm(asked, site=site, protocols=rows, today=now.astimezone(site.zone).date()),
        change=WhatIfForm(None, site=site, protocols=rows, expected=expected_people(site, now)),
    )
    if action == "hold":
        return _held(page)
    return _quoted(page) if action == "quote" else page.answer()


def _quoted(page: Page, **more: Any) -> HttpResponse:
    """Show when a course could begin."""
    if not page.quote.is_valid():
        return page.answer(status=422)
    try:
        starts = earliest_starts(
            protocol=page.quote.cleaned_data["protocol"],
            site=page.site,
            request=page.quote.request_data(),
            now=page.now,
            patient=page.quote.patient,
        )
    except booking.InvalidRequest as wrong:
        page.quote.take(wrong.errors)
        return page.answer(status=422)
    return page.answer(**_said(starts, page.site), **more)


def _held(page: Page) -> HttpResponse:
    """Hold the times of a quote for the patient."""
    if not may(page.request.user, BOOK):
        raise PermissionDenied
    if not page.quote.is_valid():
        return page.answer(status=422)
    if page.quote.patient is None:
        page.quote.add_error("number", _("Give the number of the patient for whom the times are held."))
        return page.answer(status=422)
    try:
        kept = holding.hold(
            patient=page.quote.patient,
            protocol=page.quote.cleaned_data["protocol"],
            site=page.site,
            request=page.quote.request_data(),
            starts=page.request.POST.get("starts", "").split(),
            by=actor(page.request),
            now=page.now,
        )
    except holding.QuoteLost:
        return _quoted(page, notice=LOST, status=409)
    except booking.InvalidRequest as wrong:
        page.quote.take(wrong.errors)
        return page.answer(status=422)
    except booking.Busy:
        return page.answer(notice=sentences.BUSY, status=503)
    until = kept.expires_at.astimezone(page.site.zone)
    messages.success(
        page.request,
        _("The times are held until %(until)s. Nobody else is offered them.") % {"until": written(until, "l H:i")},
    )
    return redirect("frontdesk:patient", page.quote.patient.uid)


def _said(starts: Starts, site: Site) -> dict[str, Any]:
    """Put offers into words; without any, why there is none."""
    offers = [(TITLES[offer.kind], offer, *offer.usual) for offer in starts.offers]
    why = told(starts.reasons, names_at(site), site) if starts.reasons else []
    return {"offers": offers, "why": why, "is_answered": True}


def _chosen(request: StaffRequest, chairs: list[Chair]) -> Chair | None:
    """Return the chair named in the address, if one is.

    Raises Http404 for a chair that is not there.
    """
    wanted = request.GET.get("chair")
    if not wanted:
        return None
    for chair in chairs:
        if str(chair.uid) == wanted:
            return chair
    raise Http404
