"""What is said about the sessions of a day: where the patient is, taken back if need be, and how the day is shown."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from clinic.models import Session
from clinic.permissions import ATTEND, MOVE, SEE, get_session_or_404, may
from clinic.services import attendance, booking, lateness

from . import sentences
from .dates import read_day
from .days import address_of, show
from .staff import StaffRequest, actor, chosen_site, staff, version_in

GIVEN_AWAY = "The place was given to somebody else meanwhile. Move the session to another time."
CANCELLED = "The session is cancelled, and its time is free again."


@staff(ATTEND)
@require_POST
def set_status(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Say that a patient has arrived, is in the chair, has finished, runs late or did not come."""
    session = get_session_or_404(request.user, uid)
    site, now = session.site, timezone.now()
    is_done = _say(request, session, request.POST.get("status", ""))
    day = session.starts_at.astimezone(site.zone).date()
    if request.htmx:
        site.refresh_from_db(fields=["diary_version"])
        return show(request, site, day, now, with_gaps=True)
    can_be_made_up = session.kind != "follow-up" and may(request.user, MOVE)
    if is_done and request.POST.get("status") == "cancelled" and can_be_made_up:
        messages.success(request, CANCELLED)
        return redirect("frontdesk:make-up", session.uid)
    return redirect(f"{address_of(site, day, request.POST.get('at', '')[:36])}#s-{session.uid}")


def _say(request: StaffRequest, session: Session, status: str) -> bool:
    """Do it, or say why not."""
    by, now = actor(request), timezone.now()
    try:
        if status == "late":
            lateness.note(session=session, by=by, now=now)
        elif status == "not-late":
            lateness.take_back(session=session, by=by, now=now)
        else:
            version = version_in(request)
            attendance.set_status(session=session, status=status, by=by, now=now, expected_version=version)
    except booking.NotPossible as refused:
        messages.error(request, str(refused))
    except booking.SessionDoesNotFit:
        messages.error(request, GIVEN_AWAY)
    except booking.StaleVersion:
        messages.error(request, sentences.STALE)
    except booking.Busy:
        messages.error(request, sentences.BUSY)
    else:
        return True
    return False


@staff(SEE)
@require_POST
def look(request: StaffRequest) -> HttpResponse:
    """Show days as a board or as a list, with names or initials, until the person signs out."""
    site, today = chosen_site(request), timezone.now().date()
    if request.POST.get("view") in ("board", "list"):
        request.session["day_view"] = request.POST["view"]
    if request.POST.get("initials") in ("0", "1"):
        request.session["initials"] = request.POST["initials"] == "1"
    try:
        day = read_day(request.POST.get("day", ""), today)
    except ValueError:
        day = today
    return redirect(address_of(site, day) if site else "frontdesk:today")
