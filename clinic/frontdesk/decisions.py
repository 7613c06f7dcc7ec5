"""Whether a course goes on: what there is to decide, holding times until then, and the answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.models import Course
from clinic.permissions import BOOK, get_course_or_404
from clinic.selectors.decisions import branches_of
from clinic.selectors.words import names_at, told
from clinic.selectors.written import written
from clinic.services import booking, repair
from clinic.services import decisions as services

from . import sentences
from .staff import StaffRequest, actor, staff, why_in
from .ways import cards_of


@staff(BOOK)
def decisions(request: StaffRequest, uid: UUID) -> HttpResponse:
    """List what a course may go on with; with one chosen in the address, show what booking it would mean."""
    course = get_course_or_404(request.user, uid)
    return _page(request, course, request.GET.get("show", ""), request.GET.get("sessions", ""))


@staff(BOOK)
@require_POST
def decide(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Hold times for a branch, book it, note that the course does not go on with it, or open that again."""
    course = get_course_or_404(request.user, uid)
    phase, answer = request.POST.get("phase", ""), request.POST.get("do", "")
    asked = request.POST.get("sessions", "")
    error, status = "", 409
    try:
        return _answered(request, course, phase, answer, _number(asked))
    except booking.NotPossible as refused:
        error = str(refused)
    except booking.InvalidRequest as wrong:
        error = str(wrong)
    except repair.WayLost as lost:
        error = sentences.way_lost(lost.reasons, course.site)
    except repair.NoWay as none:
        error = " ".join(told(none.reasons, names_at(course.site), course.site)) or str(sentences.NO_WAY)
    except booking.Busy:
        error, status = str(sentences.BUSY), 503
    return _page(request, course, "", asked, error=error, status=status)


def _answered(request: StaffRequest, course: Course, phase: str, answer: str, sessions: int | None) -> HttpResponse:
    by, now = actor(request), timezone.now()
    if answer == "yes":
        key, why = request.POST.get("way", ""), why_in(request)
        done = services.agree(course=course, phase=phase, sessions=sessions, key=key, why=why, by=by, now=now)
        messages.success(request, _("The course goes on; the further sessions are booked."))
        return redirect("frontdesk:repair", done.uid)
    if answer == "hold":
        held = services.hold(course=course, phase=phase, sessions=sessions, by=by, now=now)
        assert held.held_until is not None
        until = held.held_until.astimezone(course.site.zone)
        messages.success(
            request,
            _("The times are held until %(until)s. Nobody else is offered them.")
            % {"until": written(until, "l d F, H:i")},
        )
    elif answer == "no":
        services.decline(course=course, phase=phase, by=by, now=now)
        messages.success(request, _("It is noted that the course does not go on. Held times are free again."))
    elif answer == "reopen":
        services.reopen(course=course, phase=phase, by=by, now=now)
        messages.success(request, _("The decision can be made anew."))
    else:
        raise booking.NotPossible(_("Choose what to do first; nothing has changed."))
    return redirect("frontdesk:decisions", course.uid)


def _page(
    request: StaffRequest, course: Course, shown: str, sessions: str, *, error: str = "", status: int = 200
) -> HttpResponse:
    """Show the branches, and the plan of the one that is looked at."""
    now, cards, none = timezone.now(), [], ""
    if shown:
        try:
            way = services.preview(course=course, phase=shown, sessions=_number(sessions), now=now)
            cards = cards_of([way], course.site)
        except repair.NoWay as refused:
            none = " ".join(told(refused.reasons, names_at(course.site), course.site)) or str(sentences.NO_WAY)
        except repair.WayLost as lost:
            none = sentences.way_lost(lost.reasons, course.site)
        except (booking.NotPossible, booking.InvalidRequest) as refused:
            none = str(refused)
    context = {
        "branches": [(branch, branch.is_held(now)) for branch in branches_of(course)],
        **{"course": course, "patient": course.patient, "site": course.site, "error": error or none},
        **{"shown": shown, "cards": cards, "sessions": sessions if _number(sessions) else ""},
        "today": now.astimezone(course.site.zone).date(),
    }
    return render(request, "frontdesk/decisions.html", context, status=status)


def _number(text: str) -> int | None:
    """Read how many more sessions are wanted; None where nothing sensible was typed."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:4]) <= 60 and len(text) < 4 else None
