"""Merging two records of one person: find the other one, look at both, merge, and undo."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.models import Patient
from clinic.permissions import REGISTER, get_merge_or_404, get_patient_or_404
from clinic.selectors.merging import Clash, alike, clashes, with_contents
from clinic.selectors.written import written
from clinic.services import booking
from clinic.services import merging as services

from .finding import LONGEST_QUERY, MOST_FOUND, found_for
from .sentences import BUSY
from .staff import StaffRequest, actor, staff

MOST_TOLD = 5


@staff(REGISTER)
def choose(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Offer the records that may be the same person, and a search for others."""
    patient = get_patient_or_404(request.user, uid)
    query = request.GET.get("other", "")[:LONGEST_QUERY].replace("\x00", "").strip()
    now = timezone.now()
    today = now.astimezone(patient.site.zone).date()
    found = found_for(query, request.user, now, today, MOST_FOUND).patients if query else alike(patient)
    others = [other for other in found if other.pk != patient.pk and other.site_id == patient.site_id]
    context = {"patient": patient, "site": patient.site, "others": others, "sought": query, "today": today}
    return render(request, "frontdesk/merge.html", context)


@staff(REGISTER)
def compare(request: StaffRequest, uid: UUID, other: UUID) -> HttpResponse:
    """Show two records side by side, and merge them into the one that is to be kept."""
    patient = get_patient_or_404(request.user, uid)
    second = get_patient_or_404(request.user, other)
    if patient.pk == second.pk or patient.site_id != second.site_id:
        raise Http404
    refusal = ""
    if request.method == "POST":
        kept, gone = (second, patient) if request.POST.get("keep") == str(second.uid) else (patient, second)
        try:
            services.merge(kept=kept, gone=gone, by=actor(request), now=timezone.now())
        except booking.NotPossible as refused:
            refusal = str(refused)
        except booking.Busy:
            refusal = str(BUSY)
        else:
            messages.success(
                request,
                _("Record %(number)s is now part of this one. You can undo that below.") % {"number": gone.number},
            )
            return redirect("frontdesk:patient", kept.uid)
    return render(request, "frontdesk/merge_with.html", _both(patient, second, refusal), status=422 if refusal else 200)


def _both(patient: Patient, other: Patient, refusal: str) -> dict[str, object]:
    """Gather what the page about two records shows; the one that holds more is offered to be kept."""
    found = clashes(patient, other)
    rows = sorted(with_contents([patient, other]), key=lambda row: (-row.sessions_held, row.created_at, row.pk))
    return {
        "patient": patient,
        "other": other,
        "site": patient.site,
        "today": timezone.now().astimezone(patient.site.zone).date(),
        "records": rows,
        "clashes": [_told(clash) for clash in found[:MOST_TOLD]],
        "more_clashes": max(0, len(found) - MOST_TOLD),
        "both_wait": all(row.referrals_held for row in rows),
        "refusal": refusal,
    }


def _told(clash: Clash) -> str:
    """Say where two sessions clash."""
    one, other = clash.one, clash.other
    starts = [session.starts_at.astimezone(session.site.zone) for session in (one, other)]
    day = f"{starts[0]:%A} {starts[0].day} {starts[0]:%B %Y}"
    return _(
        "On %(day)s: session %(number)s of %(name)s at %(time)s, and session %(number2)s of %(name2)s at %(time2)s."
    ) % {
        "day": day,
        "number": one.number,
        "name": one.course.protocol.name,
        "time": written(starts[0], "H:i"),
        "number2": other.number,
        "name2": other.course.protocol.name,
        "time2": written(starts[1], "H:i"),
    }


@staff(REGISTER)
@require_POST
def undo(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Part two records again."""
    merge = get_merge_or_404(request.user, uid)
    try:
        services.undo(merge=merge, by=actor(request), now=timezone.now())
    except booking.NotPossible as refused:
        messages.error(request, str(refused))
    except booking.Busy:
        messages.error(request, BUSY)
    else:
        messages.success(
            request,
            _("Record %(number)s is a record of its own again, with all that was its.") % {"number": merge.gone.number},
        )
    return redirect("frontdesk:patient", merge.kept.uid)
