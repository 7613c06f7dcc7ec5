"""What a patient says about a visit: that they come, that they run late, or that another time is needed."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from clinic.models import Session
from clinic.models.courses import SessionStatus
from clinic.selectors.own_deeds import own_deed
from clinic.services import booking, desk_tasks, self_service

from .visits import PAGE_OR_FORM, Visitor, for_those_who_act

TAKEN = _("This time was taken a moment ago. Nothing has changed; here is what is free now.")
CHOOSE = _("Please choose one of these first. Nothing has changed.")
MANY = _("Many people book just now. Please try again.")
AT_END = _("Add it at the end instead")
MOST_WORDS = 200


def said(what: str) -> HttpResponse:
    """Go back to the schedule, which then says what was done."""
    response = redirect("portal:schedule")
    response["Location"] += f"?said={what}"
    return response


def visit_of(who: Visitor, uid: UUID) -> Session:
    """Return a visit of the patient that is still to come.

    Raises Http404 for any other.
    """
    rows = Session.objects.select_related("course__protocol", "site", "patient__site")
    session = rows.filter(uid=uid, patient=who.patient, status=SessionStatus.BOOKED, ends_at__gt=who.now).first()
    if session is None:
        raise Http404
    return session


@require_POST
@for_those_who_act
def confirm(request: HttpRequest, who: Visitor, uid: UUID) -> HttpResponse:
    """Take it that the patient will come."""
    is_noted = desk_tasks.confirm(session=visit_of(who, uid), by=who.by, now=who.now)
    return said("confirmed" if is_noted else "begun")


@require_POST
@for_those_who_act
def late(request: HttpRequest, who: Visitor, uid: UUID) -> HttpResponse:
    """Tell the desk that the patient runs late."""
    minutes = request.POST.get("minutes", "")
    if minutes not in map(str, self_service.MINUTES_LATE):
        raise Http404
    try:
        self_service.tell_late(session=visit_of(who, uid), minutes=int(minutes), by=who.by, now=who.now)
    except booking.NotPossible:
        return said("not-today")
    return said("late")


@PAGE_OR_FORM
@for_those_who_act
def move(request: HttpRequest, who: Visitor, uid: UUID) -> HttpResponse:
    """Offer other times where the clinic allows it, else ask what would suit; the visit stays until it is moved."""
    session = visit_of(who, uid)
    if session.starts_at <= who.now:
        return said("begun")
    if request.method != "POST":
        return _offer(request, who, session)
    choice = request.POST.get("choice", "")
    cannot_come = request.POST.get("why") == "cannot"
    version = request.POST.get("version", "")
    try:
        if choice in self_service.PLAIN:
            words = request.POST.get("words", "")[:MOST_WORDS]
            self_service.ask(
                session=session, choice=choice, cannot_come=cannot_come, words=words, by=who.by, now=who.now
            )
            return said("asked")
        known = int(version) if version.isdecimal() and len(version) < 9 else None
        self_service.move(session=session, choice=choice, version=known, by=who.by, now=who.now)
    except ValueError:
        return _offer(request, who, session, error=str(CHOOSE), status=422)
    except (booking.SessionDoesNotFit, booking.StaleVersion):
        session.refresh_from_db()
        return _offer(request, who, session, error=str(TAKEN), status=409)
    except booking.NotPossible as refused:
        return _offer(request, who, session, error=str(refused), status=409)
    except booking.Busy:
        return _offer(request, who, session, error=str(MANY), status=503)
    return said("moved")


@require_POST
@for_those_who_act
def undo(request: HttpRequest, who: Visitor) -> HttpResponse:
    """Take back what this person did last, as long as it may be taken back."""
    deed = own_deed(who.patient, who.by.name, who.now)
    if deed is None:
        return said("too-late")
    try:
        self_service.take_back(deed=deed, by=who.by, now=who.now)
    except (booking.NotPossible, booking.SessionDoesNotFit, booking.StaleVersion, booking.Busy):
        return said("not-undone")
    return said("undone")


def _offer(request: HttpRequest, who: Visitor, session: Session, *, error: str = "", status: int = 200) -> HttpResponse:
    allowed = self_service.may_move(session, who.now)
    offer = self_service.offer(session, who.now) if allowed else self_service.Offer()
    groups = ((_("Same day"), offer.same_day), (_("Another day"), offer.other_days), (AT_END, offer.at_end))
    plain = self_service.plain_choices(session, who.now)
    context = {
        "patient": who.patient,
        "session": session,
        "may_move": allowed,
        "groups": [(title, places) for title, places in groups if places],
        "plain": [(key, gettext(words)) for key, words in plain.items()],
        "is_asked": self_service.is_asked(session),
        "cannot_come": (request.POST or request.GET).get("why") == "cannot",
        "error": error,
    }
    return render(request, "portal/move.html", context, status=status)
