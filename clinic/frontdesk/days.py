"""The list of a day, and what happens to its sessions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clinic.models import Session, Site
from clinic.permissions import ATTEND, MOVE, SEE, SETUP, get_session_or_404, may, sites_of
from clinic.selectors.day_gaps import Gap, gaps_of_day
from clinic.selectors.diary import day_list
from clinic.services import attendance, booking

from . import sentences
from .dates import read_day
from .staff import StaffRequest, actor, chosen_site, staff, version_in

# What the desk can say about a session next, and with which words on the button.
NEXT = {
    "booked": (("arrived", "Arrived"), ("noshow", "No-show")),
    "arrived": (("checked-in", "In chair"), ("booked", "Not arrived")),
    "checked-in": (("fulfilled", "Done"), ("arrived", "Not in chair")),
    "fulfilled": (("checked-in", "Not done"),),
    "noshow": (("booked", "Came after all"),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one line of the list: a session with what can be said about it next, or a gap."""

    at: datetime
    session: Session | None = None
    steps: tuple[tuple[str, str], ...] = ()
    is_next: bool = False
    gap: Gap | None = None


@staff(SEE)
def today(request: StaffRequest) -> HttpResponse:
    """Open the list of today at the user's first site; whoever may set up begins there while there is no site."""
    site = chosen_site(request)
    if site is None and may(request.user, SETUP):
        return redirect("frontdesk:setup:first")
    if site is None:
        return render(request, "frontdesk/no_site.html")
    return redirect(reverse("frontdesk:day", args=[timezone.now().astimezone(site.zone).date()]) + "#now")


@staff(SEE)
def day(request: StaffRequest, day: date) -> HttpResponse:
    """List the sessions of a day at one site."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    now = timezone.now()
    if wanted := request.GET.get("go"):
        return _go(request, wanted, day, site, now)
    return render(request, "frontdesk/day.html", _page(request, day, site, now))


@staff(SEE)
def gaps(request: StaffRequest, day: date) -> HttpResponse:
    """List a day with its gaps, and how many people each of them suits; to htmx only the list."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    now = timezone.now()
    context = _page(request, day, site, now, gaps_of_day(site, day, now))
    return render(request, "frontdesk/_daylist.html" if request.htmx else "frontdesk/day.html", context)


def _page(
    request: StaffRequest, day: date, site: Site, now: datetime, gaps: tuple[Gap, ...] | None = None
) -> dict[str, Any]:
    """Gather the sessions of a day, in order of time with the gaps if they were looked for."""
    page = day_list(site, day)
    coming = next((session for session in page.sessions if session.ends_at > now), None) if page.is_on(now) else None
    rows = [
        Row(session=session, steps=_next(session, now), is_next=session is coming, at=session.starts_at)
        for session in page.sessions
    ]
    rows += [Row(gap=gap, at=gap.starts_at) for gap in gaps or ()]
    today = now.astimezone(site.zone).date()
    return {
        "page": page,
        "rows": sorted(rows, key=lambda row: row.at),
        "site": site,
        "sites": sites_of(request.user),
        "now": now,
        "today": today,
        "looks_for_gaps": gaps is None and day >= today,
    }


def _go(request: StaffRequest, wanted: str, day: date, site: Site, now: datetime) -> HttpResponse:
    """Jump to a day that was typed, at the same clinic."""
    try:
        day = read_day(wanted, now.astimezone(site.zone).date())
    except ValueError as wrong:
        messages.error(request, str(wrong))
    chosen = f"?site={site.uid}" if "site" in request.GET else ""
    return redirect(reverse("frontdesk:day", args=[day]) + chosen)


def _next(session: Session, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return what can be said next; taking a step back is offered as long as it may be undone."""
    can_undo = session.updated_at >= now - timedelta(seconds=settings.UNDO_SECONDS)
    steps = NEXT.get(session.status, ())
    forward = {"booked": 2, "arrived": 1, "checked-in": 1}.get(session.status, 0)
    return steps if can_undo else steps[:forward]


@staff(ATTEND)
@require_POST
def set_status(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Say that a patient has arrived, is in the chair, has finished or did not come."""
    session = get_session_or_404(request.user, uid)
    try:
        attendance.set_status(
            session=session,
            status=request.POST.get("status", ""),
            by=actor(request),
            now=timezone.now(),
            expected_version=version_in(request),
        )
    except booking.NotPossible as refused:
        messages.error(request, str(refused))
    except booking.SessionDoesNotFit:
        messages.error(request, "The place was given to somebody else meanwhile. Move the session to another time.")
    except booking.StaleVersion:
        messages.error(request, sentences.STALE)
    except booking.Busy:
        messages.error(request, sentences.BUSY)
    else:
        if request.POST.get("status") == "cancelled" and session.kind != "follow-up" and may(request.user, MOVE):
            messages.success(request, "The session is cancelled, and its time is free again.")
            return redirect("frontdesk:make-up", session.uid)
    address = reverse("frontdesk:day", args=[session.starts_at.astimezone(session.site.zone).date()])
    return redirect(f"{address}?site={session.site.uid}#s-{session.uid}")
