"""The patients' pages: the private link, the schedule, the calendar."""

from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from clinic.models import CalendarLink
from clinic.models.fields import one_line
from clinic.selectors.changes_seen import changes_since, follow_ups_to_choose, is_confirmed
from clinic.selectors.months import month_sheet
from clinic.selectors.own_deeds import own_deed
from clinic.selectors.schedule import patient_schedule
from clinic.services import access, contacts
from clinic.services.self_service import MINUTES_LATE

from .births import birth_of
from .said import SAID
from .visits import (
    PAGE_OR_FORM,
    TOO_MANY_TRIES,
    Visitor,
    begin,
    end,
    for_patients,
    for_the_patient_alone,
    knows_phone,
    private,
    remember_language,
    visitor,
)
from .zones import own_zone, place_of, zone_of

PAGES = ("portal:schedule", "portal:calendar", "portal:phones", "portal:open")
NO_DATE = _("Please give your date of birth as day, month and year, for example 12 4 1968.")
REFUSED = _(
    "This did not open your appointments. Please check the date of birth and try again. After several wrong dates a "
    "link rests for a while, and a link that is old or was replaced no longer opens: the clinic can send you a new one."
)
TOO_MANY_CALENDARS = _(
    "You have as many calendar addresses as one person can have. Please remove one that you no longer use."
)


@PAGE_OR_FORM
@private
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask for the date of birth and, when it is right, go on to the schedule.

    Showing the form looks nothing up and changes nothing: mail scanners and link previews fetch every address.
    """
    if request.method != "POST":
        return _birth_form(request)
    now = timezone.now()
    born = birth_of(*(request.POST.get(name, "") for name in ("day", "month", "year")), today=now.date())
    if born is None:
        return _birth_form(request, str(NO_DATE), 422)
    try:
        link = access.open_patient_link(secret, born, now, address=get_adapter(request).get_client_ip(request))
    except access.TooManyTries:
        return _birth_form(request, str(TOO_MANY_TRIES), 429)
    except access.LinkRefused:
        return _birth_form(request, str(REFUSED), 404)
    response = redirect("portal:schedule")
    begin(request, response, link, now)
    return response


def _birth_form(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    typed = {name: request.POST.get(name, "")[:20] for name in ("day", "month", "year")}
    return render(request, "portal/open.html", {"error": error, "phone": knows_phone(request), **typed}, status=status)


@require_safe
@for_patients
def schedule(request: HttpRequest, who: Visitor) -> HttpResponse:
    """Show what is next, how far the course is, a month, and the list by week."""
    zone = zone_of(request.GET.get("zone", ""))
    plan = patient_schedule(who.patient, who.now, zone=zone)
    context = {
        "patient": who.patient,
        "who": who,
        "schedule": plan,
        "zone": zone,
        "place": place_of(zone.key if zone else who.patient.site.timezone),
        "own_zone": own_zone(who),
        "undo": own_deed(who.patient, who.by.name, who.now),
        "month": month_sheet(plan, _month(request.GET.get("month", ""))),
        "said": SAID.get(request.GET.get("said", "")),
        "is_confirmed": plan.next is not None and is_confirmed(plan.next),
        "minutes_late": MINUTES_LATE,
        "to_book": follow_ups_to_choose(who.patient, who.now) if who.may_act else [],
        "changes": changes_since(who.patient, who.before, who.now, zone=zone) if who.before else [],
    }
    return render(request, "portal/schedule.html", context)


def _month(text: str) -> date | None:
    """Read 2026-12; anything else means the month of the next visit."""
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007, a month has no zone
    except ValueError:
        return None


@PAGE_OR_FORM
@for_the_patient_alone
def calendar(request: HttpRequest, who: Visitor) -> HttpResponse:
    """Show, make, replace and remove the addresses from which calendar programs read."""
    fresh, error = "", ""
    if request.method == "POST":
        link = _chosen_calendar(who, request.POST.get("link", ""))
        by = who.by
        if request.POST.get("action") == "remove" and link:
            access.revoke_link(link=link, by=by, now=who.now)
            return redirect("portal:calendar")
        try:
            _, secret = access.new_calendar_link(
                patient=who.patient, by=by, now=who.now, replaces=link, label=_label(request, link)
            )
            fresh = settings.BASE_URL + reverse("feeds:calendar", args=[secret])
        except access.TooManyLinks:
            error = str(TOO_MANY_CALENDARS)
    context = {
        "patient": who.patient,
        "links": access.calendar_links(who.patient, who.now),
        "fresh": fresh,
        "fresh_webcal": "webcal://" + fresh.partition("://")[2] if fresh else "",
        "error": error,
    }
    return render(request, "portal/calendar.html", context, status=409 if error else 200)


def _label(request: HttpRequest, replaced: CalendarLink | None) -> str:
    """Return whose calendar it is: as typed, or as that of the one that is replaced."""
    return one_line(request.POST.get("label", replaced.label if replaced else ""))


def _chosen_calendar(who: Visitor, uid: str) -> CalendarLink | None:
    """Find the address that a button stands beside: one of the patient's own, or nobody's."""
    if not uid:
        return None
    try:
        return access.calendar_links(who.patient, who.now).get(uid=UUID(uid))
    except (ValueError, CalendarLink.DoesNotExist):
        raise Http404 from None


@require_POST
@private
def language(request: HttpRequest) -> HttpResponse:
    """Show these pages in another language from now on; for a patient who is signed in, messages too."""
    chosen = request.POST.get("language", "")
    who = visitor(request, timezone.now())
    if who and not who.carer:
        with suppress(contacts.WishRefused):
            contacts.speak(patient=who.patient, language=chosen, by=who.by, now=who.now)
    response = redirect(_page_of(request.POST.get("page", "")))
    remember_language(response, chosen)
    return response


def _page_of(path: str) -> str:
    """Return the address of the page that somebody was on, if it is one of these pages."""
    try:
        return path if resolve(path).view_name in PAGES else reverse("portal:schedule")
    except Resolver404:
        return reverse("portal:schedule")


@require_POST
@private
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the visit, on a phone that others use too."""
    response = render(request, "portal/signed_out.html", {"on_purpose": True, "phone": knows_phone(request)})
    end(request, response)
    return response
