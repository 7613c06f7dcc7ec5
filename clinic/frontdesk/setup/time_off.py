"""Closures, public holidays and leave: seen for the coming year, entered, taken back."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from clinic.frontdesk.dates import written
from clinic.frontdesk.disruption_form import DisruptionForm
from clinic.frontdesk.staff import StaffRequest, actor, staff
from clinic.models import Disruption, Site
from clinic.models.disruptions import DisruptionKind, Strategy
from clinic.permissions import SETUP, get_closure_or_404, get_site_or_404
from clinic.selectors.setup.overview import holidays_to_come
from clinic.selectors.setup.rota import absences_to_come
from clinic.services import disruption
from clinic.services.setup import closures as services

from .forms import SetupForm, sent
from .pages import page


class TimeOffForm(DisruptionForm, SetupForm):
    """Ask who is away or what is closed, and when; narrowed hours are a matter of the day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        what = self.fields["what"]
        what.label, what.required = _("Who is away, or what is closed"), True
        *others, (label, whole) = what.choices  # type: ignore[attr-defined]
        what.choices = [  # type: ignore[attr-defined]
            *others,
            (label, [choice for choice in whole if choice[0] != DisruptionKind.HOURS]),
        ]


@staff(SETUP)
def time_off(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show what is known of the coming year, and add to it; what hits booked sessions opens with a plan for them."""
    site, now = get_site_or_404(request.user, uid), timezone.now()
    known = {"what": request.GET["what"][:80]} if "what" in request.GET else {}
    form = TimeOffForm(sent(request), site=site, now=now, known=known)
    saved: list[tuple[Disruption, int]] = []
    if form.is_bound and form.carry_out(
        lambda: saved.append(services.add_time_off(site=site, said=form.said(), by=actor(request), now=now))
    ):
        return _went_on(request, site, *saved[0], now)
    return _listed(request, site, form, now)


def _listed(
    request: StaffRequest, site: Site, form: TimeOffForm, now: datetime, refused: SetupForm | None = None
) -> HttpResponse:
    closures = site.closures.filter(ends_at__gt=now).select_related("chair").prefetch_related("disruptions")
    return page(
        request,
        "time_off.html",
        site=site,
        form=form,
        refused=refused,
        closures=closures,
        absences=absences_to_come(site, now),
        holidays=holidays_to_come(site, now),
        way_out={"what": "site"},
    )


@staff(SETUP)
@require_POST
def set_holiday(request: StaffRequest, uid: UUID, day: date) -> HttpResponse:
    """Open on a public holiday in spite of it, or keep the holiday after all."""
    site, now, is_open = get_site_or_404(request.user, uid), timezone.now(), request.POST.get("do") == "open"
    form = SetupForm(request.POST)
    if not form.carry_out(
        lambda: services.set_holiday(site=site, day=day, is_open=is_open, by=actor(request), now=now)
    ):
        return _listed(request, site, TimeOffForm(None, site=site, now=now), now, refused=form)
    said = _("%(day)s can be booked.") if is_open else _("%(day)s is kept as a holiday.")
    messages.success(request, said % {"day": written(day)})
    return redirect("frontdesk:setup:time-off", site.uid)


def _went_on(request: StaffRequest, site: Site, row: Disruption, hit: int, now: datetime) -> HttpResponse:
    if not hit:
        messages.success(request, _("It is in the diary: nothing will be booked there."))
        return redirect("frontdesk:setup:time-off", site.uid)
    said = ngettext(
        "It is in the diary. %(count)s booked session cannot take place; here is a plan.",
        "It is in the diary. %(count)s booked sessions cannot take place; here is a plan.",
        hit,
    )
    messages.warning(request, said % {"count": hit})
    disruption.propose_replan(disruption=row, strategy=Strategy.FEWEST_CALLS, by=actor(request), now=now)
    return redirect("frontdesk:disruption", row.uid)


@staff(SETUP)
@require_POST
def remove_closure(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a closure back."""
    closure = get_closure_or_404(request.user, pk)
    form = SetupForm(request.POST)
    done = form.carry_out(lambda: services.remove_closure(closure=closure, by=actor(request), now=timezone.now()))
    return _removed(request, closure.site, form, is_done=done)


@staff(SETUP)
@require_POST
def remove_absence(request: StaffRequest, uid: UUID, pk: int) -> HttpResponse:
    """Take somebody's absence back."""
    site, now = get_site_or_404(request.user, uid), timezone.now()
    absence = absences_to_come(site, now).filter(pk=pk).first()
    if absence is None:
        raise Http404
    form = SetupForm(request.POST)
    done = form.carry_out(lambda: services.remove_absence(absence=absence, site=site, by=actor(request), now=now))
    return _removed(request, site, form, is_done=done)


def _removed(request: StaffRequest, site: Site, form: SetupForm, *, is_done: bool) -> HttpResponse:
    if is_done:
        messages.success(request, _("It is taken back, and the times can be booked again. Moved sessions stay moved."))
    else:
        messages.error(request, str(form.non_field_errors()[0]))
    return redirect("frontdesk:setup:time-off", site.uid)
