"""The page of a day: a board by chair or a list, who waits, who is late, and one session beside them."""

import re
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from clinic.models import Chair, Site
from clinic.permissions import ATTEND, MOVE, SEE, SETUP, may
from clinic.selectors.day_board import board_of
from clinic.selectors.day_gaps import Gap, gaps_of_day
from clinic.selectors.day_rows import rows_of
from clinic.selectors.day_says import KEYS, says_of
from clinic.selectors.day_states import LATE, Standing, standings_of, tally_of
from clinic.selectors.diary import day_list
from clinic.selectors.last_deed import last_deed

from .dates import read_day
from .place import place_of
from .staff import StaffRequest, chosen_site, staff

SECONDS_A_LOOK = 60  # minutes are told, so that a page is out of date after one
LONGEST_NUMBER = 18  # what a database takes
GAP = re.compile(r"([0-9]{1,17})-([0-9]{4})-([0-9]{4})")  # a chair, and from when until when it is free


@staff(SEE)
def today(request: StaffRequest) -> HttpResponse:
    """Open the day at the user's first site; whoever may set up begins there while there is no site."""
    site = chosen_site(request)
    if site is None and may(request.user, SETUP):
        return redirect("frontdesk:setup:first")
    if site is None:
        return render(request, "frontdesk/no_site.html")
    return redirect(reverse("frontdesk:day", args=[timezone.now().astimezone(site.zone).date()]) + "#now")


@staff(SEE)
def day(request: StaffRequest, day: date) -> HttpResponse:
    """Show a day at one site; the gaps come after it by themselves."""
    return _answer(request, day, with_gaps=False)


@staff(SEE)
def gaps(request: StaffRequest, day: date) -> HttpResponse:
    """Show a day with its gaps, and how many people each of them suits."""
    return _answer(request, day, with_gaps=True)


def _answer(request: StaffRequest, day: date, *, with_gaps: bool) -> HttpResponse:
    """Answer with the page, to htmx with what changes on it, or with nothing where nothing has changed."""
    site, now = chosen_site(request), timezone.now()
    if site is None:
        return render(request, "frontdesk/no_site.html")
    if wanted := request.GET.get("go"):
        return _go(request, wanted, day, site, now)
    if gap := GAP.fullmatch(request.GET.get("gap", "")):
        return _whom_it_suits(site, day, *gap.groups())
    if request.htmx and request.GET.get("seen") == seen_at(site, now):
        return HttpResponse(status=204)
    if request.htmx and (request.htmx.target or "").endswith("chosen"):
        return _chosen(request, site, day, now)
    return show(request, site, day, now, with_gaps=with_gaps)


def _whom_it_suits(site: Site, day: date, chair: str, begins: str, ends: str) -> HttpResponse:
    """Lead from a gap to the people whom it suits."""
    seat = get_object_or_404(Chair, site=site, pk=int(chair))
    times = {"begins": f"{begins[:2]}:{begins[2:]}", "ends": f"{ends[:2]}:{ends[2:]}"}
    asked = urlencode({"site": str(site.uid), "day": str(day), "chair": str(seat.uid)} | times)
    return redirect(f"{reverse('frontdesk:waiting')}?{asked}#gap")


def _chosen(request: StaffRequest, site: Site, day: date, now: datetime) -> HttpResponse:
    """Draw the panel of one session alone; the rest of the day stays as it is."""
    page = day_list(site, day, only=number_in(request.GET.get("at", "")))
    standings = standings_of(page.sessions, now)
    context = panel_of(request, standings[0] if standings else None)
    return render(request, "frontdesk/_day_session.html", context | {"site": site, "now": now})


def show(request: StaffRequest, site: Site, day: date, now: datetime, *, with_gaps: bool) -> HttpResponse:
    """Draw a day, to htmx only what changes on it."""
    found = gaps_of_day(site, day, now) if with_gaps else None
    context = context_of(request, site, day, now, found)
    return render(request, "frontdesk/_day.html" if request.htmx else "frontdesk/day.html", context)


def seen_at(site: Site, now: datetime) -> str:
    """Return what tells whether a page that was drawn is still true."""
    return f"{site.diary_version}-{int(now.timestamp()) // SECONDS_A_LOOK}"


def number_in(text: str) -> int:
    """Return the number of a session that an address names; 0, which none has, where it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else 0


def address_of(site: Site, day: date, at: str = "", view: str = "day") -> str:
    """Return the address of a day at a clinic, with one session chosen if there is one."""
    asked = {"site": str(site.uid)} | ({"at": at} if at else {})
    return f"{reverse(f'frontdesk:{view}', args=[day])}?{urlencode(asked)}"


def context_of(
    request: StaffRequest, site: Site, day: date, now: datetime, gaps: tuple[Gap, ...] | None
) -> dict[str, Any]:
    """Gather what stands on a day, how it stands, and what can be said about the session that is chosen."""
    page = day_list(site, day)
    standings = standings_of(page.sessions, now)
    today, sites = now.astimezone(site.zone).date(), place_of(request).sites
    at = number_in(request.POST.get("at", request.GET.get("at", "")))
    chosen = next((one for one in standings if one.session.pk == at), None)
    is_list = request.session.get("day_view") == "list"
    board = None if is_list else board_of(page, standings, gaps or (), now)
    return panel_of(request, chosen) | {
        "page": page,
        "board": board,
        "rows": () if board else rows_of(page, standings, gaps or (), now),
        "is_list": is_list,
        "tally": tally_of(standings),
        "free": len(gaps or ()),
        "late": [one for one in standings if one.state == LATE] if page.is_on(now) else [],
        "waiting": sorted((one for one in standings if one.state == "arrived"), key=lambda one: -(one.minutes or 0)),
        "keys": KEYS if may(request.user, ATTEND) else {},
        "last": last_deed(request.user, site, now),
        "site": site,
        "sites": sites,
        "now": now,
        "today": today,
        "at": at if chosen else "",
        # Addresses on the board are short, because there are hundreds of them.
        "choose": f"?site={site.uid}&" if len(sites) > 1 else "?",
        "again": address_of(site, day, view="gaps"),
        "seen": seen_at(site, now),
        "looks_for_gaps": gaps is None and day >= today,
        "looks_again": day >= today,
    }


def panel_of(request: StaffRequest, chosen: Standing | None) -> dict[str, Any]:
    """Gather what the panel of one session says."""
    return {
        "chosen": chosen,
        "says": says_of(chosen) if chosen and may(request.user, ATTEND) else (),
        "may_move": may(request.user, MOVE),
        "initials": bool(request.session.get("initials")),
    }


def _go(request: StaffRequest, wanted: str, day: date, site: Site, now: datetime) -> HttpResponse:
    """Jump to a day that was typed, at the same clinic."""
    try:
        day = read_day(wanted, now.astimezone(site.zone).date())
    except ValueError as wrong:
        messages.error(request, str(wrong))
    chosen = f"?site={site.uid}" if "site" in request.GET else ""
    return redirect(reverse("frontdesk:day", args=[day]) + chosen)
