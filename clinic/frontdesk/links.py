"""A patient's private link and calendar addresses: made, shown once, ended."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

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
    address = settings.BASE_URL + reverse("portal:open", args=[secret])
    shown = {"address": address, "what": "private link", "advice": f"It asks for the date of birth and works {settings.LINK_DAYS} days."}
    return render(request, "frontdesk/patient.html", patient_context(request, patient, shown=shown))


@staff(LINK)
@require_POST
def new_calendar(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Make a secret calendar address and show it on the answer."""
    patient = get_patient_or_404(request.user, uid)
    try:
        _, secret = access.new_calendar_link(patient=patient, by=actor(request), now=timezone.now(), label=_label(request))
    except access.TooManyLinks:
        messages.error(request, f"The patient has {access.MOST_CALENDARS} calendar addresses. End one of them first.")
        return redirect("frontdesk:patient", patient.uid)
    address = settings.BASE_URL + reverse("feeds:calendar", args=[secret])
    shown = {"address": address, "what": "calendar address", "advice": "Put it into a calendar program as a subscription."}
    return render(request, "frontdesk/patient.html", patient_context(request, patient, shown=shown))


def _label(request: StaffRequest) -> str:
    return request.POST.get("label", "").replace("\x00", "")[:80]


@staff(LINK)
@require_POST
def revoke(request: StaffRequest, uid: UUID, kind: str, link: UUID) -> HttpResponse:
    """End a private link or a calendar address at once."""
    patient = get_patient_or_404(request.user, uid)
    rows = patient.calendar_links if kind == "calendars" else patient.links
    access.revoke_link(link=get_object_or_404(rows, uid=link), by=actor(request), now=timezone.now())
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
