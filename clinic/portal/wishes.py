"""How a patient wants to be told, the appointments on paper, and follow-ups that the patient books."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.models import Course
from clinic.models.people import Channel, Language
from clinic.planning import InvalidRequest
from clinic.selectors.follow_ups import OpenFollowUp
from clinic.selectors.schedule import patient_schedule
from clinic.services import booking, contacts, follow_ups, letters
from clinic.services.repair import WayLost

from .asking import CHOOSE, TAKEN, said
from .visits import PAGE_OR_FORM, Visitor, for_patients, for_the_patient_alone, for_those_who_act
from .zones import zones

WAYS = {
    Channel.EMAIL: _("By e-mail"),
    Channel.SMS: _("By text message"),
    Channel.NONE: _("No messages, thank you"),
}


@PAGE_OR_FORM
@for_the_patient_alone
def wishes(request: HttpRequest, who: Visitor) -> HttpResponse:
    """Show and keep how the patient wants to be told."""
    patient, kept = who.patient, letters.wishes_of(who.patient)
    error = ""
    if request.method == "POST":
        try:
            contacts.choose(
                patient=patient,
                channel=request.POST.get("channel", ""),
                language=request.POST.get("language", ""),
                timezone=request.POST.get("timezone", kept.timezone),
                by=who.by,
                now=who.now,
            )
        except contacts.WishRefused as refused:
            error = str(refused)
        else:
            return said("wishes")
    addresses = {Channel.EMAIL: patient.email, Channel.SMS: patient.phone}
    context = {
        "patient": patient,
        "ways": [(way, words, addresses.get(way, "")) for way, words in WAYS.items() if addresses.get(way, "-")],
        "channel": letters.channel_of(patient, kept),
        "languages": Language.choices,
        "language": kept.language,
        "zones": zones(),
        "zone": kept.timezone or patient.site.timezone,
        "error": error,
    }
    return render(request, "portal/wishes.html", context, status=422 if error else 200)


@require_safe
@for_patients
def paper(request: HttpRequest, who: Visitor) -> HttpResponse:
    """Show the appointments as one sheet to print."""
    schedule = patient_schedule(who.patient, who.now)
    visits = [visit for visit in schedule.visits if visit.is_to_come]
    return render(request, "portal/paper.html", {"patient": who.patient, "visits": visits, "now": who.now})


@PAGE_OR_FORM
@for_those_who_act
def follow_up(request: HttpRequest, who: Visitor, uid: UUID, position: int) -> HttpResponse:
    """Offer times for a follow-up inside its window, and book the one that is chosen."""
    courses = Course.objects.select_related("protocol", "site", "patient__site")
    course = courses.filter(uid=uid, patient=who.patient).first()
    if course is None:
        raise Http404
    try:
        wanted = follow_ups.follow_up_of(course, position)
    except booking.NotPossible:
        return said("booked-before")
    error = ""
    if request.method == "POST":
        error = _booked(request, who, course, wanted)
        if not error:
            return said("follow-up")
    context = {
        "patient": who.patient,
        "course": course,
        "wanted": wanted,
        "places": _places(course, wanted, who),
        "error": error,
    }
    return render(request, "portal/follow_up.html", context, status=409 if error else 200)


def _booked(request: HttpRequest, who: Visitor, course: Course, wanted: OpenFollowUp) -> str:
    """Book the time that was chosen; return what is wrong, if anything."""
    try:
        start, chair = booking.read_opening(request.POST.get("choice", ""), site=course.site)
        if not wanted.first <= start.astimezone(course.site.zone).date() <= wanted.last:
            return str(CHOOSE)
        follow_ups.book(course=course, position=wanted.position, start=start, chair=chair, by=who.by, now=who.now)
    except (ValueError, InvalidRequest):
        return str(CHOOSE)
    except (booking.SessionDoesNotFit, booking.NotPossible, booking.Busy, WayLost):
        return str(TAKEN)
    return ""


def _places(course: Course, wanted: OpenFollowUp, who: Visitor) -> list[booking.Opening]:
    if who.now.astimezone(course.site.zone).date() > wanted.last:
        return []
    try:
        return follow_ups.openings(course=course, follow_up=wanted, first=wanted.first, now=who.now)
    except InvalidRequest:
        return []
