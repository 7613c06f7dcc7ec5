"""Disruptions: what happened, how all courses are set right, and the call list."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.models import Disruption
from clinic.models.disruptions import DisruptionState, Strategy
from clinic.permissions import DISRUPT, SEE, get_disruption_or_404, may
from clinic.selectors.disruptions import affected
from clinic.selectors.replans import disruptions_at, replan_view, span
from clinic.services import booking, disruption

from . import sentences
from .disruption_form import DisruptionForm
from .searching import search_of
from .staff import StaffRequest, actor, chosen_site, staff
from .ticks import ticked


@staff(SEE)
def disruptions(request: StaffRequest) -> HttpResponse:
    """List what happened at a clinic, the latest first."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    context = {
        "site": site,
        "rows": [(row, span(row)) for row in disruptions_at(site)],
    }
    return render(request, "frontdesk/disruptions.html", context)


@staff(DISRUPT)
def report(request: StaffRequest) -> HttpResponse:
    """Ask what happened; save it at once, and only then look for a plan."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    now = timezone.now()
    # Another page may know already what it is about.
    known = {name: request.GET[name][:80] for name in ("what", "from_day", "until_day") if name in request.GET}
    form = DisruptionForm(request.POST if request.method == "POST" else None, site=site, now=now, known=known)
    if form.is_valid():
        try:
            happening = disruption.read_happening(form.said(), site=site, now=now)
            row = disruption.report(happening=happening, by=actor(request), now=now)
        except disruption.InvalidDisruption as wrong:
            form.take(wrong.errors)
        except booking.Busy:
            form.add_error(None, sentences.BUSY)
        else:
            messages.success(request, _("It is in the diary: nothing new will be booked there."))
            _propose(request, row, Strategy.FEWEST_CALLS, now)
            return redirect("frontdesk:disruption", row.uid)
    context = {"form": form, "site": site}
    return render(request, "frontdesk/disruption_new.html", context, status=422 if form.errors else 200)


@staff(SEE)
def show(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show a disruption with the latest plan, before and after; to htmx only the plan."""
    row = get_disruption_or_404(request.user, uid)
    template = "frontdesk/_plan.html" if request.htmx else "frontdesk/disruption.html"
    context = _page(request, row, timezone.now())
    return render(request, template, context | {"ticked": ticked(request, context["view"]) if context["view"] else ()})


@staff(SEE)
def call_list(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show whom to call, to be printed."""
    row = get_disruption_or_404(request.user, uid)
    return render(request, "frontdesk/call_list.html", _page(request, row, timezone.now()))


@staff(DISRUPT)
@require_POST
def propose(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Make a new plan, with what matters most."""
    row = get_disruption_or_404(request.user, uid)
    strategy = request.POST.get("strategy", "")
    _propose(request, row, strategy if strategy in Strategy.values else Strategy.FEWEST_CALLS, timezone.now())
    return redirect("frontdesk:disruption", row.uid)


@staff(DISRUPT)
@require_POST
def withdraw(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Take back what was reported."""
    row = get_disruption_or_404(request.user, uid)
    try:
        disruption.withdraw(disruption=row, by=actor(request), now=timezone.now())
    except booking.Busy:
        messages.error(request, sentences.BUSY)
    else:
        messages.success(request, _("It is withdrawn, and the times can be booked again. Moved sessions stay moved."))
    return redirect("frontdesk:disruption", row.uid)


def _propose(request: StaffRequest, row: Disruption, strategy: str, now: datetime) -> None:
    try:
        disruption.propose_replan(disruption=row, strategy=strategy, by=actor(request), now=now)
    except booking.Busy:
        messages.error(request, sentences.BUSY)


def _page(request: StaffRequest, row: Disruption, now: datetime) -> dict[str, Any]:
    replan = row.replans.first()
    view = replan_view(replan) if replan else None
    is_held = bool(replan and replan.holds and replan.expires_at > now)
    page = reverse("frontdesk:disruption", args=[row.uid])
    return {
        "search": search_of(replan, page, is_open=is_held) if replan else None,
        "disruption": row,
        "may_stop": may(request.user, DISRUPT),
        "may_apply": may(request.user, DISRUPT) and row.state != DisruptionState.WITHDRAWN,
        "site": row.site,
        "affected": affected(row, now) if row.state != "withdrawn" else [],
        "replan": replan,
        "view": view,
        "is_held": is_held,
        "strategies": Strategy.choices,
        "span": span(row),
        "today": now.astimezone(row.site.zone).date(),
    }
