"""The page of a day: a board by chair or a list, who waits, who is late, and one session beside them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from clinic.models import Site
from clinic.permissions import ATTEND, MOVE, SEE, SETUP, may, sites_of
from clinic.selectors.day_board import board_of
from clinic.selectors.day_gaps import Gap, gaps_of_day
from clinic.selectors.day_states import LATE, Standing, standing_of, steps_of
from clinic.selectors.diary import day_list
from clinic.selectors.last_deed import last_deed

from .dates import read_day
from .staff import StaffRequest, chosen_site, staff

SECONDS_A_LOOK = 60  # minutes are told, so that a page is out of date after one


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Hold something that can be said about a session: what is sent, the words on the button, and its key."""

    status: str
    word: str
    key: str = ""


ARRIVED, SEATED, DONE = (
    Say(status="arrived", word="Arrived", key="a"),
    Say(status="checked-in", word="In chair", key="i"),
    Say(status="fulfilled", word="Done", key="d"),
)
RUNS_LATE = Say(status="late", word="Runs late", key="l")
NOT_LATE = Say(status="not-late", word="Not late", key="l")
MISSED = Say(status="noshow", word="No-show", key="n")
CANCEL = Say(status="cancelled", word="Cancel", key="x")
SAYS = {
    "booked": (ARRIVED, SEATED, RUNS_LATE, MISSED, CANCEL),
    "arrived": (SEATED, MISSED, CANCEL),
    "checked-in": (DONE, CANCEL),
}
# The letters of what can be said next, as the script reads them from a session: a=arrived d=fulfilled.
KEYS = {status: " ".join(f"{say.key}={say.status}" for say in says) for status, says in SAYS.items()}
# What a step is called that is taken back.
BACK = {
    "arrived": "Not arrived",
    "checked-in": "Not in chair",
    "fulfilled": "Not done",
    "noshow": "Came after all",
    "cancelled": "Not cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one line of the list: a session as it stands, or a gap."""

    at: datetime
    standing: Standing | None = None
    says: tuple[Say, ...] = ()
    is_next: bool = False
    gap: Gap | None = None


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
    if request.htmx and request.GET.get("seen") == seen_at(site, now):
        return HttpResponse(status=204)
    return show(request, site, day, now, with_gaps=with_gaps)


def show(request: StaffRequest, site: Site, day: date, now: datetime, *, with_gaps: bool) -> HttpResponse:
    """Draw a day, to htmx only what changes on it."""
    found = gaps_of_day(site, day, now) if with_gaps else None
    context = context_of(request, site, day, now, found)
    return render(request, "frontdesk/_day.html" if request.htmx else "frontdesk/day.html", context)


def seen_at(site: Site, now: datetime) -> str:
    """Return what tells whether a page that was drawn is still true."""
    return f"{site.diary_version}-{int(now.timestamp()) // SECONDS_A_LOOK}"


def address_of(site: Site, day: date, at: str = "", view: str = "day") -> str:
    """Return the address of a day at a clinic, with one session chosen if there is one."""
    asked = {"site": str(site.uid)} | ({"at": at} if at else {})
    return f"{reverse(f'frontdesk:{view}', args=[day])}?{urlencode(asked)}"


def context_of(
    request: StaffRequest, site: Site, day: date, now: datetime, gaps: tuple[Gap, ...] | None
) -> dict[str, Any]:
    """Gather what stands on a day, how it stands, and what can be said about the session that is chosen."""
    page = day_list(site, day)
    steps = steps_of(page.sessions, now)
    standings = [standing_of(session, steps.get(session.pk), now) for session in page.sessions]
    today = now.astimezone(site.zone).date()
    at = request.POST.get("at", request.GET.get("at", ""))
    chosen = next((one for one in standings if str(one.session.uid) == at), None)
    is_list = request.session.get("day_view") == "list"
    board = None if is_list else board_of(page, standings, gaps or (), now)
    return {
        "page": page,
        "board": board,
        "rows": () if board else _rows(page.is_on(now), standings, gaps or (), now),
        "is_list": is_list,
        "initials": bool(request.session.get("initials")),
        "late": [one for one in standings if one.state == LATE] if page.is_on(now) else [],
        "waiting": sorted((one for one in standings if one.state == "arrived"), key=lambda one: -(one.minutes or 0)),
        "chosen": chosen,
        "says": says_of(chosen) if chosen and may(request.user, ATTEND) else (),
        "may_move": may(request.user, MOVE),
        "keys": KEYS if may(request.user, ATTEND) else {},
        "last": last_deed(request.user, site, now),
        "site": site,
        "sites": sites_of(request.user),
        "now": now,
        "today": today,
        "at": at if chosen else "",
        "again": address_of(site, day, at if chosen else "", "gaps"),
        "seen": seen_at(site, now),
        "looks_for_gaps": gaps is None and day >= today,
        "looks_again": day >= today,
    }


def says_of(standing: Standing) -> tuple[Say, ...]:
    """Return what can be said about a session next."""
    status = standing.session.status
    says = [NOT_LATE if say is RUNS_LATE and standing.session.runs_late else say for say in SAYS.get(status, ())]
    if standing.back:
        says.append(Say(status=standing.back, word=BACK.get(status, "Take it back")))
    return tuple(says)


def _rows(is_today: bool, standings: list[Standing], gaps: tuple[Gap, ...], now: datetime) -> list[Row]:
    coming = next((one for one in standings if one.session.ends_at > now), None) if is_today else None
    rows = [Row(standing=one, says=says_of(one), is_next=one is coming, at=one.session.starts_at) for one in standings]
    rows += [Row(gap=gap, at=gap.starts_at) for gap in gaps]
    return sorted(rows, key=lambda row: row.at)


def _go(request: StaffRequest, wanted: str, day: date, site: Site, now: datetime) -> HttpResponse:
    """Jump to a day that was typed, at the same clinic."""
    try:
        day = read_day(wanted, now.astimezone(site.zone).date())
    except ValueError as wrong:
        messages.error(request, str(wrong))
    chosen = f"?site={site.uid}" if "site" in request.GET else ""
    return redirect(reverse("frontdesk:day", args=[day]) + chosen)
