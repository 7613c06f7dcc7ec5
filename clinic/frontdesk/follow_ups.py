"""A follow-up without a date: where it could be, and booking it there."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Course
from clinic.permissions import MOVE, get_course_or_404
from clinic.selectors.follow_ups import OpenFollowUp
from clinic.selectors.words import names_at, told
from clinic.services import booking, follow_ups, repair

from . import sentences
from .dates import read_day
from .staff import StaffRequest, actor, staff, why_in

NOT_CHOSEN = gettext_lazy("Choose one of the free places first; nothing is booked.")
TAKEN = gettext_lazy("Somebody else has this time by now, so nothing is booked. Here is what is free.")


@staff(MOVE)
def follow_up(request: StaffRequest, uid: UUID, position: int) -> HttpResponse:
    """Offer places for a follow-up, inside its window while that is not over, and book the one that is chosen."""
    course, now = get_course_or_404(request.user, uid), timezone.now()
    try:
        due = follow_ups.follow_up_of(course, position)
    except booking.NotPossible as refused:
        messages.error(request, str(refused))
        return redirect("frontdesk:patient", course.patient.uid)
    today = now.astimezone(course.site.zone).date()
    asked, error = request.GET.get("on", ""), ""
    first = max(due.first, today)
    try:
        first = max(read_day(asked, today), today) if asked else first
    except ValueError as wrong:
        error = str(wrong)
    if request.method == "POST":
        done, error, first = _booked(request, course, position, now, first)
        if done:
            messages.success(request, _("The follow-up “%(name)s” is booked.") % {"name": due.name})
            return redirect("frontdesk:repair", done.uid)
    context = _page(course, due, first, now) | {"asked": asked, "error": error, "today": today}
    status = 409 if error and request.method == "POST" else 200
    return render(request, "frontdesk/follow_up.html", context, status=status)


def _booked(request: StaffRequest, course: Course, position: int, now: datetime, first: date) -> tuple[Any, str, date]:
    """Book the place that was chosen; else say why not, and from which date on to look."""
    try:
        start, chair = booking.read_opening(request.POST.get("opening", ""), site=course.site)
    except ValueError:
        return None, str(NOT_CHOSEN), first
    day = max(start.astimezone(course.site.zone).date(), now.astimezone(course.site.zone).date())
    why = why_in(request)
    place: dict[str, Any] = {"course": course, "position": position, "start": start, "chair": chair}
    try:
        return follow_ups.book(**place, by=actor(request), now=now, why=why), "", day
    except booking.SessionDoesNotFit:
        return None, str(TAKEN), day
    except repair.WayLost as lost:
        return None, sentences.way_lost(lost.reasons, course.site), day
    except booking.NotPossible as refused:
        return None, str(refused), day
    except booking.InvalidRequest:
        return None, str(sentences.NO_WAY), day
    except booking.Busy:
        return None, str(sentences.BUSY), day


def _page(course: Course, due: OpenFollowUp, first: date, now: datetime) -> dict[str, Any]:
    site, names = course.site, names_at(course.site)
    try:
        found = follow_ups.openings(course=course, follow_up=due, first=first, now=now)
    except booking.InvalidRequest:
        found = []
    places = [
        (item.key, item.start.astimezone(site.zone), names.get(item.chair or "", ""), told(item.reasons, names, site))
        for item in found
    ]
    return {
        "course": course,
        "patient": course.patient,
        "site": site,
        "due": due,
        "places": places,
        "day": first,
        "next_day": first + timedelta(days=follow_ups.DAYS),
    }
