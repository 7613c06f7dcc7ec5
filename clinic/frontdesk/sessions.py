"""One booked session: what is known, where else it could stand, and moving it there."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import reswap, retarget

from clinic.models import Session
from clinic.permissions import MOVE, SEE, get_session_or_404
from clinic.selectors.words import names_at, told
from clinic.selectors.written import clock
from clinic.services import booking

from . import sentences
from .dates import read_day, written
from .days import address_of, show
from .staff import StaffRequest, actor, staff, version_in, why_in

DAYS_SHOWN = 3
MOST_OPENINGS, MOST_IN_DIALOG = 12, 6


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
    if "to" in request.GET:
        return _judged(request, row, now)
    today = now.astimezone(row.site.zone).date()
    asked = request.GET.get("on", "")
    day, error = _around(asked, row, today)
    return _offer(request, row, now, day, asked=asked, error=error)


def _judged(request: StaffRequest, row: Session, now: datetime) -> HttpResponse:
    """Offer first the gap of the same day to which a session was dragged, or say why it cannot stand there."""
    day, wish, error = row.starts_at.astimezone(row.site.zone).date(), None, ""
    try:
        to = time.fromisoformat(request.GET["to"])
        start = datetime.combine(day, to.replace(tzinfo=None), row.site.zone)
        start, chair = booking.read_opening(f"{start.isoformat()}/{request.GET.get('chair', '')}", site=row.site)
        wish = booking.opening_at(session=row, start=start, chair=chair, now=now)
    except ValueError:
        error = _("This is no place on the board. Here is what is free.")
    except booking.SessionDoesNotFit as refused:
        why = " ".join(told(refused.reasons, names_at(row.site), row.site))
        error = (_("%(why)s It cannot stand there. Here is what is free.") % {"why": why}).strip()
    except booking.NotPossible as refused:
        error = str(refused)
    return _offer(request, row, now, max(day, now.astimezone(row.site.zone).date()), wish=wish, error=error)


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
            why=why_in(request),
        )
    except ValueError:
        error = _("Choose one of the free places first; nothing has moved.")
    except booking.SessionDoesNotFit as refused:
        why = " ".join(told(refused.reasons, names_at(row.site), row.site))
        error = (_("%(why)s Nothing has moved. Here is what is free now.") % {"why": why}).strip()
    except booking.StaleVersion:
        error = str(sentences.STALE)
    except booking.NotPossible as refused:
        error = str(refused)
    except booking.Busy:
        error = str(sentences.BUSY)
    else:
        return _show_moved(request, moved, now)
    row.refresh_from_db()
    return _offer(request, row, now, day, error=error, status=409)


def _show_moved(request: StaffRequest, moved: Session, now: datetime) -> HttpResponse:
    """Show the day from which a session was moved, where it can be taken back; else the patient's page."""
    site = moved.site
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        local = moved.starts_at.astimezone(site.zone)
        data = {"number": moved.number, "written": written(local.date()), "time": clock(local)}
        messages.success(request, _("Session %(number)s now stands on %(written)s at %(time)s.") % data)
        return redirect("frontdesk:patient", moved.patient.uid)
    if not request.htmx:
        return redirect(address_of(site, day))
    site.refresh_from_db(fields=["diary_version"])
    return show(request, site, day, now, with_gaps=True)


def _offer(
    request: StaffRequest,
    row: Session,
    now: datetime,
    day: date,
    *,
    asked: str = "",
    error: str = "",
    wish: booking.Opening | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show what is free for a session from a date on, a wish first; in the dialog of the day, or on a page."""
    site, names = row.site, names_at(row.site)
    last = day + timedelta(days=DAYS_SHOWN - 1)
    in_dialog = bool(request.htmx)
    most = MOST_IN_DIALOG if in_dialog else MOST_OPENINGS
    found = booking.openings(session=row, first=day, last=last, now=now, limit=most)
    if wish:
        found = [wish, *(item for item in found if item.key != wish.key)]
    places = [
        (item.key, item.start.astimezone(site.zone), names.get(item.chair or "", ""), told(item.reasons, names, site))
        for item in found
    ]
    context = {"session": row, "patient": row.patient, "site": site, "today": now.astimezone(site.zone).date()}
    context |= {"places": places, "day": day, "next_day": last + timedelta(days=1), "asked": asked, "error": error}
    context |= {"wish": wish, "in_dialog": in_dialog, "initials": bool(request.session.get("initials"))}
    if not in_dialog:
        return render(request, "frontdesk/move.html", context, status=status)
    answer = render(request, "frontdesk/_move.html", context, status=status)
    return reswap(retarget(answer, "#moving"), "innerHTML")
