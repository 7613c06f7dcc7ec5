"""What the desk does with a replan: apply it whole or in part, note calls, stop the search, undo."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from clinic.models import Course, Replan
from clinic.models.disruptions import CallState
from clinic.permissions import DISRUPT, SEE, get_replan_or_404
from clinic.selectors.replans import replan_view
from clinic.selectors.words import names_at, told
from clinic.services import booking, disruption

from . import sentences
from .searching import answered, revision
from .staff import StaffRequest, actor, staff
from .ticks import keep

BETTER = gettext_lazy("A better plan was found meanwhile, so nothing has moved yet. Here it is.")
NOBODY = gettext_lazy("Tick the patients whose sessions are to move; nothing has moved yet.")


@staff(DISRUPT)
@require_POST
def apply(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Move the sessions of the patients that are ticked, or note what one of them said."""
    replan = get_replan_or_404(request.user, uid)
    if call := request.POST.get("call"):
        return _try(request, replan, lambda: _noted(request, replan, call))
    return _try(request, replan, lambda: _applied(request, replan))


@staff(DISRUPT)
@require_POST
def undo(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Put everything back that a replan moved."""
    replan = get_replan_or_404(request.user, uid)

    def back() -> None:
        count = disruption.undo(replan=replan, by=actor(request), now=timezone.now())
        back = ngettext(
            "%(count)s session put back where they were.", "%(count)s sessions put back where they were.", count
        )
        messages.success(request, back % {"count": count})

    return _try(request, replan, back)


@staff(SEE)
def progress(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Say how the search for a better plan stands, to a page that looks again by itself."""
    replan = get_replan_or_404(request.user, uid)
    page = reverse("frontdesk:disruption", args=[replan.disruption.uid])
    return answered(request, replan, page, is_open=bool(replan.holds) and replan.expires_at > timezone.now())


@staff(DISRUPT)
@require_POST
def stop(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Keep the plan as it is."""
    replan = get_replan_or_404(request.user, uid)
    return _try(request, replan, lambda: disruption.stop_search(replan=replan, by=actor(request), now=timezone.now()))


def _try(request: StaffRequest, replan: Replan, act: Callable[[], None]) -> HttpResponse:
    """Do something, and say kindly why it could not be done."""
    try:
        act()
    except booking.StaleVersion:
        messages.warning(request, BETTER)
    except booking.NotPossible as refused:
        messages.error(request, str(refused))
    except booking.Busy:
        messages.error(request, sentences.BUSY)
    return redirect(_where(request, replan))


def _where(request: StaffRequest, replan: Replan) -> str:
    """Lead back to where the button was: the plan or the call list, and there to whoever was called."""
    page = "frontdesk:call-list" if request.POST.get("from") == "calls" else "frontdesk:disruption"
    course = _uuid(request.POST.get("call", "").partition(":")[2])
    return reverse(page, args=[replan.disruption.uid]) + (f"#c-{course}" if course else "")


def _applied(request: StaffRequest, replan: Replan) -> None:
    ticked = _ticked(request)
    if not ticked:
        messages.error(request, NOBODY)
        return
    now, by = timezone.now(), actor(request)
    shown = revision(request.POST.get("revision", ""))
    done = disruption.apply_courses(replan=replan, courses=ticked, by=by, now=now, revision=shown)
    if done.sessions:
        sessions = ngettext("%(count)s session", "%(count)s sessions", done.sessions) % {"count": done.sessions}
        patients = ngettext("%(count)s patient", "%(count)s patients", done.courses) % {"count": done.courses}
        said = _("%(sessions)s of %(patients)s moved. Messages leave in three minutes.")
        messages.success(request, said % {"sessions": sessions, "patients": patients})
    if done.refused:
        courses = list(Course.objects.filter(uid__in=done.refused).select_related("patient"))
        disruption.renew(replan=replan, courses=courses, by=by, now=now)
        for course in courses:
            why = told(done.refused[course.uid], names_at(replan.disruption.site), replan.disruption.site)
            said = " ".join(why) or _("Somebody has changed this course meanwhile.")
            messages.warning(
                request,
                _("%(name)s was not moved. %(said)s See the fresh plan below.")
                % {"name": course.patient.name, "said": said},
            )


def _noted(request: StaffRequest, replan: Replan, said: str) -> None:
    call, _other, course = said.partition(":")
    if not (uid := _uuid(course)):
        raise booking.NotPossible(NOBODY)
    disruption.note_call(replan=replan, course=uid, call=call, by=actor(request), now=timezone.now())
    view = replan_view(replan)
    sent = None if request.POST.get("from") == "calls" else _ticked(request)
    keep(request, view, noted=uid, call=call, sent=sent)
    name = next((row.patient.name for row in view.courses if row.course.uid == uid), "")
    messages.success(request, _("Noted: %(name)s, %(label)s.") % {"name": name, "label": CallState(call).label})


def _ticked(request: StaffRequest) -> list[UUID]:
    return [uid for text in request.POST.getlist("course") if (uid := _uuid(text))]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
