"""Messages at the desk: what could not be delivered, what patients asked, and paper for whom nothing reaches."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clinic.models import DeskTask, OutboundMessage
from clinic.permissions import MOVE, SEE, get_patient_or_404, sites_of
from clinic.selectors.messages import open_tasks, undelivered, unreached
from clinic.selectors.schedule import patient_schedule
from clinic.services import contacts, desk_tasks, outbox

from .staff import StaffRequest, actor, chosen_site, staff

STEPS = {
    "again": (outbox.try_again, gettext_lazy("The message is sent once more.")),
    "phone": (outbox.told_by_phone, gettext_lazy("Noted that you told {name} by phone.")),
}
SETTLED = gettext_lazy("Somebody has seen to this message already.")


@staff(SEE)
def overview(request: StaffRequest) -> HttpResponse:
    """Show what the desk has to do about messages of a clinic."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    now = timezone.now()
    context = {
        "site": site,
        "tasks": open_tasks(site),
        "undelivered": undelivered(site),
        "unreached": unreached(site, now),
    }
    return render(request, "frontdesk/messages.html", context)


@staff(MOVE)
@require_POST
def settle(request: StaffRequest, pk: int, step: str) -> HttpResponse:
    """Send a message once more, or note that the patient was told by phone."""
    if step not in STEPS:
        raise Http404
    rows = OutboundMessage.objects.select_related("patient", "course")
    message = get_object_or_404(rows, pk=pk, patient__site__in=sites_of(request.user))
    act, said = STEPS[step]
    if act(message=message, by=actor(request), now=timezone.now()):
        messages.success(request, said.format(name=message.patient.name))
    else:
        messages.info(request, SETTLED)
    return _back(request, message.patient.site.uid)


@staff(MOVE)
@require_POST
def done(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Note that what was asked has been done."""
    task = get_object_or_404(DeskTask.objects.select_related("site"), uid=uid, site__in=sites_of(request.user))
    desk_tasks.done(task=task, by=actor(request), now=timezone.now())
    messages.success(request, _("Done, and off the list."))
    return _back(request, task.site.uid)


def _back(request: StaffRequest, site: UUID) -> HttpResponse:
    """Lead back to the list on which the button was."""
    response = redirect("frontdesk:todo" if request.POST.get("from") == "todo" else "frontdesk:messages")
    response["Location"] += f"?site={site}"
    return response


@staff(SEE)
def letter(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show a patient's appointments as a letter to print, and note that it was given."""
    patient = get_patient_or_404(request.user, uid)
    now = timezone.now()
    if request.method == "POST":
        contacts.note_printed(patient=patient, by=actor(request), now=now)
        messages.success(request, _("Noted that %(name)s has the appointments on paper.") % {"name": patient.name})
        return _back(request, patient.site.uid)
    schedule = patient_schedule(patient, now)
    to_come = [visit for visit in schedule.visits if visit.is_to_come]
    context = {"patient": patient, "site": patient.site, "visits": to_come, "today": schedule.today}
    return render(request, "frontdesk/letter.html", context)
