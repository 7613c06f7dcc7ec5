"""One booked session: what is known, where else it could stand, and moving it there."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic.models import Session
from clinic.permissions import MOVE, SEE, get_session_or_404
from clinic.selectors.words import names_at, told
from clinic.services import booking

from . import sentences
from .dates import read_day, written
from .staff import StaffRequest, actor, staff, version_in

DAYS_SHOWN = 3
MOST_OPENINGS = 12


@staff(SEE)
def session(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show a session: why it stands there, and what can be done."""
    row = get_session_or_404(request.user, uid)
    now = timezone.now()
    names = names_at(row.site)
    context = {
        "session": row,
        "patient": row.patient,
        "site": row.site,
        "today": now.astimezone(row.site.zone).date(),
        "reasons": told(row.reasons, names, row.site),
        "can_move": row.status == "booked" and row.starts_at > now,
        "can_make_up": row.status in ("noshow", "cancelled") and row.kind != "follow-up",
    }
    return render(request, "frontdesk/session.html", context)


@staff(MOVE)
def move(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Offer other places for a session near a date, and move it to the one that is chosen."""
    row = get_session_or_404(request.user, uid)
    now = timezone.now()
    if request.method == "POST":
        return _moved(request, row, now)
    today = now.astimezone(row.site.zone).date()
    asked = request.GET.get("on", "")
    day, error = _around(asked, row, today)
    return _offer(request, row, now, day, asked=asked, error=error)


def _around(asked: str, row: Session, today: date) -> tuple[date, str]:
    """Return the first date to look at: the one that was asked for, else the session's own."""
    own = max(row.starts_at.astimezone(row.site.zone).date(), today)
    try:
        return (max(read_day(asked, today), today) if asked else own), ""
    except ValueError as wrong:
        return own, str(wrong)


def _moved(request: StaffRequest, row: Session, now: datetime) -> HttpResponse:
    day, error = row.starts_at.astimezone(row.site.zone).date(), ""
    try:
        start, chair = booking.read_opening(request.POST.get("opening", ""), site=row.site)
        day = start.astimezone(row.site.zone).date()
        moved = booking.move_session(
            session=row,
            start=start,
            chair=chair,
            by=actor(request),
            now=now,
            expected_version=version_in(request),
            why=" ".join(request.POST.get("why", "").replace("\x00", "").split())[:400],
        )
    except ValueError:
        error = "Choose one of the free places first; nothing has moved."
    except booking.SessionDoesNotFit as refused:
        why = " ".join(told(refused.reasons, names_at(row.site), row.site))
        error = f"{why} Nothing has moved. Here is what is free now.".strip()
    except booking.StaleVersion:
        error = sentences.STALE
    except booking.NotPossible as refused:
        error = str(refused)
    except booking.Busy:
        error = sentences.BUSY
    else:
        local = moved.starts_at.astimezone(row.site.zone)
        messages.success(request, f"Session {row.number} now stands on {written(local.date())} at {local:%H:%M}.")
        return redirect("frontdesk:patient", row.patient.uid)
    row.refresh_from_db()
    return _offer(request, row, now, day, error=error, status=409)


def _offer(
    request: StaffRequest,
    row: Session,
    now: datetime,
    day: date,
    *,
    asked: str = "",
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    site, names = row.site, names_at(row.site)
    last = day + timedelta(days=DAYS_SHOWN - 1)
    found = booking.openings(session=row, first=day, last=last, now=now, limit=MOST_OPENINGS)
    places = [
        (item.key, item.start.astimezone(site.zone), names.get(item.chair or "", ""), told(item.reasons, names, site))
        for item in found
    ]
    context = {"session": row, "patient": row.patient, "site": site, "today": now.astimezone(site.zone).date()}
    context |= {"places": places, "day": day, "next_day": last + timedelta(days=1), "asked": asked, "error": error}
    return render(request, "frontdesk/move.html", context, status=status)
