"""Making up a missed session: three ways side by side, and the page afterwards with its way back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Session
from clinic.permissions import MOVE, get_repair_or_404, get_session_or_404
from clinic.selectors.words import names_at, told
from clinic.services import booking, decisions, repair

from . import sentences
from .staff import StaffRequest, actor, staff, why_in
from .ways import cards_of

NOT_THEN = gettext_lazy("It cannot be made up in that gap. Here are the ways that there are.")


@staff(MOVE)
def make_up(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Offer the ways to make up a session, and do the one that is chosen."""
    row = get_session_or_404(request.user, uid)
    now, error = timezone.now(), ""
    asked = request.POST.get("at", "") or request.GET.get("at", "")
    try:
        at = repair.place_of(asked, site=row.site) if asked else None
    except ValueError:
        at = None
    if request.method == "POST":
        why = why_in(request)
        try:
            key = request.POST.get("way", "")
            done = repair.make_up(session=row, key=key, by=actor(request), now=now, why=why, at=at)
        except repair.WayLost as lost:
            error = sentences.way_lost(lost.reasons, row.site)
        except booking.NotPossible as refused:
            error = str(refused)
        except repair.NoWay:
            error = str(sentences.STALE)
        except booking.Busy:
            error = str(sentences.BUSY)
        else:
            messages.success(request, _("Session %(number)s is made up.") % {"number": row.number})
            return redirect("frontdesk:repair", done.uid)
    ways, none = _ways(row, now, at)
    if at and not ways:
        error = error or f"{' '.join(none)} {NOT_THEN}".strip()
        at, (ways, none) = None, _ways(row, now)
    context = {"session": row, "patient": row.patient, "site": row.site, "today": now.astimezone(row.site.zone).date()}
    context |= {"ways": cards_of(ways, row.site), "none": none, "others": _also_missed(ways, row)}
    context |= {"error": error, "at": asked if at else ""}
    return render(request, "frontdesk/make_up.html", context, status=409 if error and request.method == "POST" else 200)


def _also_missed(ways: list[repair.Way], row: Session) -> list[int]:
    """Return the numbers of other sessions that the course lacks; each way makes up all of them."""
    new = (change.after for way in ways for change in way.changes if change.before is None)
    return sorted({found.number for found in new if found and found.kind != "follow-up"} - {row.number})


def _ways(row: Session, now: datetime, at: Any = None) -> tuple[list[repair.Way], list[str]]:
    """Return the ways to make up a session, or sentences why there is none."""
    try:
        return repair.make_up_ways(session=row, now=now, at=at), []
    except repair.NoWay as none:
        return [], told(none.reasons, names_at(row.site), row.site) or [str(sentences.NO_WAY)]
    except booking.NotPossible as refused:
        return [], [str(refused)]
    except booking.InvalidRequest:
        return [], [str(sentences.NO_WAY)]


@staff(MOVE)
def changed(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show that a course has changed, with a way back for three minutes."""
    row = get_repair_or_404(request.user, uid)
    now = timezone.now()
    course = row.course
    if request.method == "POST":
        try:
            decisions.undo_repair(done=row, by=actor(request), now=now)
        except booking.NotPossible as refused:
            messages.error(request, str(refused))
        except booking.Busy:
            messages.error(request, sentences.BUSY)
        else:
            messages.success(request, _("The change is undone. The course is as it was before."))
        return redirect("frontdesk:patient", course.patient.uid)
    context = {
        **{"repair": row, "course": course, "patient": course.patient, "site": course.site},
        "today": now.astimezone(course.site.zone).date(),
        "can_undo": row.state == "applied" and now <= row.undo_until,
    }
    return render(request, "frontdesk/changed.html", context)
