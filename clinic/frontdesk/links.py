"""A patient's private link and calendar addresses: made, shown once, ended."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clinic.models import CalendarLink, Patient, PatientLink
from clinic.permissions import LINK, get_patient_or_404, get_proposal_or_404
from clinic.services import access, booking

from .patients import patient_context
from .staff import StaffRequest, actor, staff


@staff(LINK)
@require_POST
def new_link(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Make a private link and show it on the answer, the only time that it can be read."""
    patient = get_patient_or_404(request.user, uid)
    _, secret = access.new_patient_link(patient=patient, label=_label(request), by=actor(request), now=timezone.now())
    advice = f"It asks for the date of birth and works for {settings.LINK_DAYS} days."
    return _shown(request, patient, "private link", reverse("portal:open", args=[secret]), advice)


@staff(LINK)
@require_POST
def new_calendar(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Make a secret calendar address and show it on the answer."""
    patient = get_patient_or_404(request.user, uid)
    by, now = actor(request), timezone.now()
    try:
        _, secret = access.new_calendar_link(patient=patient, label=_label(request), by=by, now=now)
    except access.TooManyLinks:
        messages.error(request, f"The patient has {access.MOST_CALENDARS} calendar addresses. End one of them first.")
        return redirect("frontdesk:patient", patient.uid)
    advice = "Put it into a calendar program as a subscription."
    return _shown(request, patient, "calendar address", reverse("feeds:calendar", args=[secret]), advice)


def _shown(request: StaffRequest, patient: Patient, what: str, path: str, advice: str) -> HttpResponse:
    shown = {"address": settings.BASE_URL + path, "what": what, "advice": advice}
    return render(request, "frontdesk/patient.html", patient_context(request, patient, shown=shown))


def _label(request: StaffRequest) -> str:
    return request.POST.get("label", "").replace("\x00", "")[:80]


@staff(LINK)
@require_POST
def revoke(request: StaffRequest, uid: UUID, kind: str, link: UUID) -> HttpResponse:
    """End a private link or a calendar address at once."""
    patient = get_patient_or_404(request.user, uid)
    found: CalendarLink | PatientLink
    if kind == "calendars":
        found = get_object_or_404(CalendarLink, uid=link, patient=patient)
    else:
        found = get_object_or_404(PatientLink, uid=link, patient=patient)
    access.revoke_link(link=found, by=actor(request), now=timezone.now())
    messages.success(request, "It is ended, and opens nothing any more.")
    return redirect("frontdesk:patient", patient.uid)


@staff(LINK)
@require_POST
def release(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Give back the times that are held for a patient."""
    proposal = get_proposal_or_404(request.user, uid)
    booking.release(proposal=proposal, by=actor(request), now=timezone.now())
    messages.success(request, "The times are free again.")
    return redirect("frontdesk:patient", proposal.patient.uid)
