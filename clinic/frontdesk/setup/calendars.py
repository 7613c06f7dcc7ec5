"""Calendar addresses for staff, on the page of a chair and on that of a technician: made, replaced, ended."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from clinic.frontdesk.staff import StaffRequest, actor
from clinic.models import Chair, StaffCalendar, Technician
from clinic.services import staff_calendars


def shown(place: Chair | Technician, now: datetime, address: str = "") -> dict[str, Any]:
    """Return what the page shows of the addresses; a fresh one is readable only now."""
    return {"calendars": staff_calendars.calendars_of(place, now), "fresh_calendar": address}


def carry_out(
    request: StaffRequest, place: Chair | Technician, now: datetime, show: Callable[[str], HttpResponse]
) -> HttpResponse:
    """Make, replace or end an address as the form says, and show the page again with what is new."""
    asked, chosen, by = request.POST.get("do", ""), _chosen(request, place, now), actor(request)
    if asked == "end" and chosen:
        staff_calendars.revoke(calendar=chosen, by=by, now=now)
        messages.success(request, _("It is ended, and opens nothing any more."))
        return show("")
    label = chosen.label if chosen else request.POST.get("label", "")
    try:
        _link, secret = staff_calendars.make(place=place, label=label, by=by, now=now, replaces=chosen)
    except staff_calendars.TooManyLinks:
        most = {"most": staff_calendars.MOST_CALENDARS}
        messages.error(request, _("There are %(most)d calendar addresses already. End one of them first.") % most)
        return show("")
    return show(settings.BASE_URL + reverse("feeds:calendar", args=[secret]))


def _chosen(request: StaffRequest, place: Chair | Technician, now: datetime) -> StaffCalendar | None:
    """Find the address that a button stands beside, one of this place."""
    uid = request.POST.get("calendar", "")
    if not uid:
        return None
    try:
        return staff_calendars.calendars_of(place, now).get(uid=UUID(uid))
    except (ValueError, StaffCalendar.DoesNotExist):
        raise Http404 from None
