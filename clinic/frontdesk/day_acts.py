"""What is said about the sessions of a day: where the patient is, taken back if need be, and how the day is shown."""

import re
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from clinic.models import Session
from clinic.permissions import ATTEND, MOVE, SEE, get_session_or_404, may
from clinic.services import attendance, booking, calls, lateness

from . import sentences
from .dates import read_day
from .days import address_of, number_in, show
from .staff import StaffRequest, actor, chosen_site, staff, version_in

GIVEN_AWAY = _("The place was given to somebody else meanwhile. Move the session to another time.")
CANCELLED = _("The session is cancelled, and its time is free again.")


# What a button of the day sends: what is said, about which session, and how that stood when the page was drawn.
SAID = re.compile(r"(?P<status>[a-z-]{1,20})/(?P<session>[0-9]{1,18})/(?P<version>[0-9]{1,9})")


@staff(ATTEND)
@require_POST
def act(request: StaffRequest) -> HttpResponse:
    """Say something about one session of a day, by a button or a key."""
    said = SAID.fullmatch(request.POST.get("do", ""))
    row = Session.objects.filter(pk=int(said["session"])).only("uid").first() if said else None
    if said is None or row is None:
        raise Http404
    session = get_session_or_404(request.user, row.uid)
    return _answer(request, session, said["status"], int(said["version"]))


@staff(ATTEND)
@require_POST
def set_status(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Say that a patient has arrived, is in the chair, has finished, runs late or did not come."""
    session = get_session_or_404(request.user, uid)
    return _answer(request, session, request.POST.get("status", ""), version_in(request))


def _answer(request: StaffRequest, session: Session, status: str, version: int | None) -> HttpResponse:
    """Do it, and show the day; who cancels a session is led to making it up, as far as that is theirs to do."""
    site, now = session.site, timezone.now()
    is_done = _say(request, session, status, version)
    day = session.starts_at.astimezone(site.zone).date()
    if request.htmx:
        site.refresh_from_db(fields=["diary_version"])
        return show(request, site, day, now, with_gaps=True)
    can_be_made_up = session.kind != "follow-up" and may(request.user, MOVE)
    if is_done and status == "cancelled" and can_be_made_up:
        messages.success(request, CANCELLED)
        return redirect("frontdesk:make-up", session.uid)
    at = number_in(request.POST.get("at", ""))
    return redirect(f"{address_of(site, day, str(at) if at else '')}#s-{session.pk}")


def _say(request: StaffRequest, session: Session, status: str, version: int | None) -> bool:
    """Do it, or say why not."""
    by, now = actor(request), timezone.now()
    notes = {
        "late": lateness.note,
        "not-late": lateness.take_back,
        "called": calls.note,
        "not-called": calls.take_back,
    }
    try:
        if note := notes.get(status):
            note(session=session, by=by, now=now)
        else:
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
    site, now = chosen_site(request), timezone.now()
    if request.POST.get("view") in ("board", "list"):
        request.session["day_view"] = request.POST["view"]
    if request.POST.get("initials") in ("0", "1"):
        request.session["initials"] = request.POST["initials"] == "1"
    if site is None:
        return redirect("frontdesk:today")
    today = now.astimezone(site.zone).date()
    try:
        day = read_day(request.POST.get("day", ""), today)
    except ValueError:
        day = today
    return redirect(address_of(site, day))
