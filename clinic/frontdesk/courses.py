"""A booked course: the page after booking, undoing, cancelling."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.permissions import BOOK, CANCEL, SEE, get_course_or_404
from clinic.selectors.courses import course_view
from clinic.services import booking

from . import sentences
from .staff import StaffRequest, actor, staff, version_in, why_in


@staff(SEE)
def booked(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show a course as it is booked, with a way back for three minutes; it is also the sheet to print."""
    course = get_course_or_404(request.user, uid)
    now = timezone.now()
    until = course.undo_until if course.status == "active" else None
    context = {
        "view": course_view(course, now),
        "patient": course.patient,
        "site": course.site,
        "today": now.astimezone(course.site.zone).date(),
        "can_undo": until is not None and until >= now,
        "is_told": course.messages.exists(),
    }
    return render(request, "frontdesk/booked.html", context)


@staff(BOOK)
@require_POST
def undo(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Take a booking back; its proposal can be looked at again."""
    course = get_course_or_404(request.user, uid)
    try:
        booking.undo(course=course, by=actor(request), now=timezone.now())
    except booking.TooLateToUndo:
        course.refresh_from_db()
        messages.error(request, sentences.TOO_LATE if course.status == "active" else sentences.UNDONE)
        return redirect("frontdesk:booked", course.uid)
    except booking.Busy:
        messages.error(request, sentences.BUSY)
        return redirect("frontdesk:booked", course.uid)
    messages.success(request, _("The booking is undone. Nothing was sent, and the times are free again."))
    return redirect("frontdesk:patient", course.patient.uid)


@staff(CANCEL)
def cancel(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Ask why, then cancel every session of a course that has not begun."""
    course = get_course_or_404(request.user, uid)
    now = timezone.now()
    view = course_view(course, now)
    error = ""
    if request.method == "POST":
        why = why_in(request)
        if not why:
            error = _("Say why in a few words; the reason stays in the patient's history.")
        else:
            try:
                booking.cancel_course(
                    course=course,
                    why=why,
                    by=actor(request),
                    now=now,
                    expected_version=version_in(request),
                )
            except booking.StaleVersion:
                error = str(sentences.STALE)
            except booking.NotPossible as refused:
                error = str(refused)
            except booking.Busy:
                error = str(sentences.BUSY)
            else:
                messages.success(request, _("The course is cancelled and its times are free again."))
                return redirect("frontdesk:patient", course.patient.uid)
    context = {
        "view": view,
        "patient": course.patient,
        "site": course.site,
        "today": now.astimezone(course.site.zone).date(),
        "error": error,
        "typed": request.POST.get("why", ""),
    }
    return render(request, "frontdesk/cancel.html", context, status=422 if error else 200)
