"""Changing a running course: what shall be different, the ways to go on side by side, and doing one of them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.models import Course, Repair
from clinic.permissions import MOVE, get_course_or_404
from clinic.selectors.course_changes import asked_of
from clinic.selectors.words import names_at, told
from clinic.services import booking, repair

from . import sentences
from .change_form import ChangeForm
from .staff import StaffRequest, actor, staff, why_in
from .ways import WayCard, cards_of


class Ways(NamedTuple):
    """Hold the ways to go on, or the sentences why there is none."""

    cards: list[WayCard]
    none: list[str]


@staff(MOVE)
def change(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Ask what shall be different, show the ways to go on with that, and do the one that is chosen."""
    course, now = get_course_or_404(request.user, uid), timezone.now()
    try:
        repair.insist_it_goes_on(course)
    except booking.NotPossible as refused:
        messages.error(request, str(refused))
        return redirect("frontdesk:patient", course.patient.uid)
    today = now.astimezone(course.site.zone).date()
    is_sent = request.method == "POST"
    form = ChangeForm(request.POST if is_sent else None, asked=asked_of(course, today), today=today)
    error, found = "", Ways([], [])
    if form.is_valid() and request.POST.get("do") == "change":
        done, error = _changed(request, course, form, now)
        if done:
            messages.success(request, _("The course is changed."))
            return redirect("frontdesk:repair", done.uid)
    if is_sent and form.is_valid():
        found = _ways(course, form, now)
    context = {
        **{"course": course, "patient": course.patient, "site": course.site, "today": today},
        **{"form": form, "ways": found.cards, "none": found.none, "error": error},
    }
    status = 422 if form.errors else 409 if error else 200
    return render(request, "frontdesk/change_course.html", context, status=status)


def _changed(request: StaffRequest, course: Course, form: ChangeForm, now: datetime) -> tuple[Repair | None, str]:
    """Go on in the way that was chosen; else say why not."""
    why = why_in(request)
    key, by = request.POST.get("way", ""), actor(request)
    try:
        return repair.change(course=course, changes=form.changes(), key=key, by=by, now=now, why=why), ""
    except repair.WayLost as lost:
        return None, sentences.way_lost(lost.reasons, course.site)
    except booking.NotPossible as refused:
        return None, str(refused)
    except (repair.NoWay, booking.InvalidRequest):
        return None, str(sentences.STALE)
    except booking.Busy:
        return None, str(sentences.BUSY)


def _ways(course: Course, form: ChangeForm, now: datetime) -> Ways:
    """Return the ways to go on with what the form asks for, or sentences why there is none."""
    try:
        return Ways(cards_of(repair.change_ways(course=course, changes=form.changes(), now=now), course.site), [])
    except repair.NoWay as none:
        return Ways([], told(none.reasons, names_at(course.site), course.site) or [str(sentences.NO_WAY)])
    except booking.NotPossible as refused:
        return Ways([], [str(refused)])
    except booking.InvalidRequest as wrong:
        form.take(wrong.errors)
        return Ways([], [])
