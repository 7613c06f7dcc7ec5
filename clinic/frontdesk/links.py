"""A patient's private link and calendar addresses: made, shown once, ended."""

from datetime import date
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.models import CalendarLink, Passkey, Patient, PatientLink
from clinic.models.fields import one_line
from clinic.permissions import LINK, get_patient_or_404, get_proposal_or_404
from clinic.services import access, booking

from .dates import read_birth
from .patients import patient_context
from .staff import StaffRequest, actor, staff

KINDS: dict[str, type[access.Key]] = {"links": PatientLink, "phones": Passkey, "calendars": CalendarLink}


@staff(LINK)
@require_POST
def new_link(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Make a private link, the patient's own or a carer's, and show it on the answer, when alone it can be read."""
    patient, now = get_patient_or_404(request.user, uid), timezone.now()
    try:
        carer = _carer(request, now.astimezone(patient.site.zone).date())
    except access.CarerRefused as refused:
        context = patient_context(request, patient, carer_error=str(refused), carer=request.POST)
        return render(request, "frontdesk/patient.html", context, status=422)
    _link, secret = access.new_patient_link(
        patient=patient, label=_label(request), by=actor(request), now=now, carer=carer
    )
    days = {"days": settings.LINK_DAYS}
    advice = _("It asks for the date of birth and works for %(days)d days.") % days
    if carer:
        advice = _("It asks for the date of birth of this person and works for %(days)d days.") % days
    return _shown(request, patient, _("private link"), reverse("portal:open", args=[secret]), advice)


def _carer(request: StaffRequest, today: date) -> access.Carer | None:
    """Read whom a link is for, where it is not the patient.

    Raises CarerRefused.
    """
    said = request.POST
    if said.get("for") != "carer":
        return None
    try:
        born = read_birth(said.get("born", ""), today)
    except ValueError:
        born = None
    return access.read_carer(
        name=said.get("carer", ""),
        relation=said.get("relation", ""),
        born=born,
        may_act=said.get("may_act") == "1",
        today=today,
    )


@staff(LINK)
@require_POST
def new_calendar(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Make a secret calendar address, in place of another one or beside it, and show it on the answer."""
    patient = get_patient_or_404(request.user, uid)
    by, now = actor(request), timezone.now()
    old = _replaced(request, patient)
    label = old.label if old else _label(request)
    try:
        _link, secret = access.new_calendar_link(patient=patient, label=label, by=by, now=now, replaces=old)
    except access.TooManyLinks:
        most = {"most": access.MOST_CALENDARS}
        messages.error(request, _("The patient has %(most)d calendar addresses. End one of them first.") % most)
        return redirect("frontdesk:patient", patient.uid)
    advice = _("Put it into a calendar program as a subscription.")
    return _shown(request, patient, _("calendar address"), reverse("feeds:calendar", args=[secret]), advice)


def _replaced(request: StaffRequest, patient: Patient) -> CalendarLink | None:
    """Find the address that a new one is to replace, if any."""
    uid = request.POST.get("replaces", "")
    if not uid:
        return None
    try:
        return get_object_or_404(CalendarLink, uid=UUID(uid), patient=patient)
    except ValueError:
        raise Http404 from None


def _shown(request: StaffRequest, patient: Patient, what: str, path: str, advice: str) -> HttpResponse:
    shown = {"address": settings.BASE_URL + path, "what": what, "advice": advice}
    return render(request, "frontdesk/patient.html", patient_context(request, patient, shown=shown))


def _label(request: StaffRequest) -> str:
    return one_line(request.POST.get("label", ""), 80)


@staff(LINK)
@require_POST
def revoke(request: StaffRequest, uid: UUID, kind: str, link: UUID) -> HttpResponse:
    """End a private link, a phone that unlocks or a calendar address at once."""
    patient = get_patient_or_404(request.user, uid)
    table = KINDS.get(kind)
    if table is None:
        raise Http404
    found = cast("access.Key", get_object_or_404(table, uid=link, patient=patient))
    access.revoke_link(link=found, by=actor(request), now=timezone.now())
    messages.success(request, _("It is ended, and opens nothing any more."))
    return redirect("frontdesk:patient", patient.uid)


@staff(LINK)
@require_POST
def release(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Give back the times that are held for a patient."""
    proposal = get_proposal_or_404(request.user, uid)
    booking.release(proposal=proposal, by=actor(request), now=timezone.now())
    messages.success(request, _("The times are free again."))
    return redirect("frontdesk:patient", proposal.patient.uid)
