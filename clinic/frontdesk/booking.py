"""Book a whole course on one page: ask, judge three plans, change single sessions, confirm."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from clinic.models import Patient, Proposal, Site
from clinic.permissions import BOOK, get_patient_or_404, get_proposal_or_404
from clinic.selectors.availability import Grid, grid_of
from clinic.selectors.capacity import free_capacity
from clinic.selectors.courses import last_course, last_to_come
from clinic.selectors.proposals import open_proposal, places_at, proposal_view
from clinic.selectors.protocols import Offer, protocols_on_offer
from clinic.selectors.written import written
from clinic.services import booking

from . import sentences
from .course_actions import apply
from .course_form import CourseForm, first_values, values_of
from .staff import StaffRequest, actor, staff

CAPACITY_WEEKS = 6


@dataclass(kw_only=True)
class Desk:
    """Hold what one booking page works with."""

    request: StaffRequest
    patient: Patient
    site: Site
    now: datetime
    grid: Grid
    offers: tuple[Offer, ...]

    @classmethod
    def open(cls, request: StaffRequest, patient: Patient) -> "Desk":
        """Gather the page of a patient."""
        now = timezone.now()
        site = patient.site
        return cls(
            request=request,
            patient=patient,
            site=site,
            now=now,
            grid=grid_of(site, {}),
            offers=protocols_on_offer(),
        )

    @property
    def today(self) -> date:
        """Return the date at the site."""
        return self.now.astimezone(self.site.zone).date()

    def form(self, data: QueryDict) -> CourseForm:
        """Build the form from what was typed."""
        return CourseForm(data, grid=self.grid, protocols=[offer.row for offer in self.offers], today=self.today)

    def page(self, form: CourseForm, proposal: Proposal | None = None, **more: Any) -> HttpResponse:
        """Answer with the whole page, or with the parts that changed when htmx asks."""
        view = proposal_view(proposal) if proposal else None
        status = 422 if form.is_bound and form.errors and "opening" not in more else 200
        context = {
            "form": form,
            "view": view,
            "picked": _picked(view, form.data.get("plan", "")),
            "patient": self.patient,
            "site": self.site,
            "grid": self.grid,
            "offers": self.offers,
            "today": self.today,
            "running": last_to_come(self.patient, self.now),
            "places": places_at(self.site),
            **more,
        }
        template = "frontdesk/_book_answer.html" if self.request.htmx else "frontdesk/book.html"
        if not self.request.htmx or more.get("changes_fields"):
            context["grid"] = grid_of(self.site, free_capacity(self.site, self.today, CAPACITY_WEEKS))
        return render(self.request, template, context, status=more.get("status", status))


@staff(BOOK)
def book(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show the form with its plans; each change of the form plans anew."""
    desk = Desk.open(request, get_patient_or_404(request.user, uid))
    if request.method != "POST":
        return _opened(desk)
    data = request.POST.copy()
    action = data.get("do", "find")
    changes_fields = apply(action, data, desk.grid, desk.site.zone)
    form = desk.form(data)
    if action in ("confirm", "keep"):
        return _decided(desk, form, action)
    return _proposed(desk, form, changes_fields=changes_fields)


def _opened(desk: Desk) -> HttpResponse:
    """Open the page: empty, as the last course, or with a proposal that is kept for the patient."""
    if wanted := desk.request.GET.get("proposal"):
        proposal = _proposal(desk, wanted)
        if proposal is None or proposal.expires_at <= desk.now or proposal.course_id:
            raise Http404
        data = values_of(proposal.request, proposal.protocol, desk.site, desk.grid)
        return desk.page(desk.form(data), proposal, opening=True)
    data = first_values(desk.site, desk.grid, desk.today, last_course(desk.patient))
    return desk.page(desk.form(data), opening=True, is_fresh=True)


def _proposed(desk: Desk, form: CourseForm, **more: Any) -> HttpResponse:
    """Plan what the form asks for, and show it."""
    if not form.is_valid():
        return desk.page(form, **more)
    try:
        proposal = booking.propose(
            patient=desk.patient,
            protocol=form.cleaned_data["protocol"],
            site=desk.site,
            request=form.request_data(),
            by=actor(desk.request),
            now=desk.now,
            replaces=_replaced(desk, form),
        )
    except booking.InvalidRequest as wrong:
        form.take(wrong.errors)
        return desk.page(form, **more)
    except booking.Busy:
        return desk.page(form, notice=sentences.BUSY, **more | {"status": 503})
    return desk.page(form, proposal, **more)


def _decided(desk: Desk, form: CourseForm, action: str) -> HttpResponse:
    """Book or keep the plan that was chosen, if it is the plan of this very form."""
    proposal = _proposal(desk, form.data.get("proposal", ""))
    if not form.is_valid():
        return desk.page(form)
    if proposal is None or not _answers(form, proposal):
        return _proposed(desk, form, notice=sentences.FORM_CHANGED, status=409)
    kind, by = form.data.get("plan", ""), actor(desk.request)
    try:
        if action == "keep":
            kept = booking.keep(proposal=proposal, plan_kind=kind, by=by, now=desk.now)
            until = kept.expires_at.astimezone(desk.site.zone)
            messages.success(
                desk.request,
                _("The times are held until %(until)s. Nobody else is offered them.")
                % {"until": written(until, "l H:i")},
            )
            return _go(desk, reverse("frontdesk:patient", args=[desk.patient.uid]))
        course = booking.book(proposal=proposal, plan_kind=kind, by=by, now=desk.now, tell_patient="tell" in form.data)
    except booking.ProposalOutdated as lost:
        return desk.page(form, lost.fresh, notice=sentences.outdated(lost.reasons, desk.site), status=409)
    except booking.InvalidRequest as wrong:
        form.take(wrong.errors)
        return desk.page(form)
    except booking.NothingToBook:
        return desk.page(form, proposal, notice=sentences.NOTHING_CHOSEN, status=409)
    except booking.Busy:
        return desk.page(form, proposal, notice=sentences.BUSY, status=503)
    return _go(desk, reverse("frontdesk:booked", args=[course.uid]))


def _answers(form: CourseForm, proposal: Proposal) -> bool:
    """Tell whether the proposal was made for what the form says now; nobody books what was not shown."""
    return form.request_data() == proposal.request and form.cleaned_data["protocol"].pk == proposal.protocol_id


def _proposal(desk: Desk, uid: str) -> Proposal | None:
    """Return this patient's proposal of that id, if there is one."""
    try:
        proposal = get_proposal_or_404(desk.request.user, UUID(uid))
    except (ValueError, Http404):
        return None
    return proposal if proposal.patient_id == desk.patient.pk else None


def _replaced(desk: Desk, form: CourseForm) -> Proposal | None:
    """Return whose times are given back: the kept proposal that is being changed, else the last one made here."""
    shown = _proposal(desk, form.data.get("proposal", ""))
    return shown if shown and shown.is_kept else open_proposal(desk.patient, desk.request.user, desk.now)


def _picked(view: Any, kind: str) -> str:
    """Return the plan that stays chosen: the one chosen before, else the best."""
    kinds = [plan.kind for plan in view.plans] if view else []
    return kind if kind in kinds else next(iter(kinds), "")


def _go(desk: Desk, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if desk.request.htmx else redirect(address)
