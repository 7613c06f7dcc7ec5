"""Protocols: choose from the catalogue, build one from phases, make a new version."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.frontdesk.staff import StaffRequest, actor, staff
from clinic.models import Protocol
from clinic.permissions import SETUP, sites_of
from clinic.planning import protocol_value
from clinic.selectors.setup.protocols import catalogue, kinds_known, own_protocols
from clinic.selectors.setup.recipes import FIRST_PHASE, Example, example, typed
from clinic.services.setup import InvalidSetup
from clinic.services.setup import catalogue as services
from clinic.services.setup.recipes import read_recipe

from .forms import SetupForm, sent
from .pages import page
from .protocol_form import ProtocolForm, rearranged

NEW: dict[str, Any] = {f"p0-{name}": value for name, value in FIRST_PHASE.items()}


@staff(SETUP)
def protocols(request: StaffRequest) -> HttpResponse:
    """List the clinic's protocols, and the catalogue to choose more from."""
    form = SetupForm(sent(request))
    chosen = request.POST.getlist("slug")
    if form.is_bound and not chosen:
        form.add_error(None, _("Tick the protocols that the clinic wants to offer."))
    elif form.is_bound and form.carry_out(lambda: services.choose(slugs=chosen, by=actor(request), now=timezone.now())):
        messages.success(request, _("They can be booked."))
        return redirect("frontdesk:setup:protocols")
    rest = [entry for entry in catalogue() if not entry.is_chosen]
    return page(request, "protocols.html", form=form, own=own_protocols(), entries=rest, chosen=chosen)


@staff(SETUP)
@require_POST
def state(request: StaffRequest, slug: str) -> HttpResponse:
    """Take a protocol off the list, or put it back."""
    row = _newest(slug)
    is_offered = request.POST.get("do") == "offer"
    services.set_offered(slug=slug, is_offered=is_offered, by=actor(request), now=timezone.now())
    said = _("%(name)s can be booked again.") if is_offered else _("%(name)s is off the list; running courses keep it.")
    messages.success(request, said % {"name": row.name})
    return redirect("frontdesk:setup:protocols")


@staff(SETUP)
def build(request: StaffRequest, slug: str = "") -> HttpResponse:
    """Build a protocol, or the next version of one, with an example course beside it."""
    row = _newest(slug) if slug else None
    known = {**typed(protocol_value(row)), "seen": str(row.version)} if row else NEW
    action = request.POST.get("do", "save")
    if request.method == "POST" and action.partition("-")[0] in ("add", "remove", "up"):
        return _page(request, row, ProtocolForm(None, known=rearranged(request.POST, action)), Example())
    form = ProtocolForm(sent(request), known=known)
    if not form.is_bound:
        return _page(request, row, form, _example(request, protocol_value(row)) if row else Example())
    if request.htmx or action == "example":
        return _shown(request, row, form)
    if form.carry_out(lambda: _save(request, row, form)):
        return redirect("frontdesk:setup:protocols")
    return _page(request, row, form, Example())


def _save(request: StaffRequest, row: Protocol | None, form: ProtocolForm) -> None:
    saved = services.save_protocol(
        slug=row.slug if row else "",
        data=form.said(),
        by=actor(request),
        now=timezone.now(),
        seen=form.cleaned_data["seen"] or None,
    )
    if row and saved.version == row.version:
        messages.success(request, _("Nothing was changed, so there is no new version."))
    else:
        messages.success(
            request,
            _("%(name)s is saved as version %(version)s. Running courses keep theirs.")
            % {"name": saved.name, "version": saved.version},
        )


def _shown(request: StaffRequest, row: Protocol | None, form: ProtocolForm) -> HttpResponse:
    """Plan the example of what is typed, and save nothing."""
    shown = Example()
    if form.is_valid():
        try:
            base = protocol_value(row) if row else None
            recipe = read_recipe(form.said(), slug=row.slug if row else "example", base=base)
        except InvalidSetup as wrong:
            shown = Example(why_not=tuple(dict.fromkeys(wrong.errors.values())))
            form.take(wrong.errors)
        else:
            shown = _example(request, recipe)
    if request.htmx:
        return render(request, "frontdesk/setup/_example.html", {"example": shown})
    return _page(request, row, form, shown)


def _page(request: StaffRequest, row: Protocol | None, form: ProtocolForm, shown: Example) -> HttpResponse:
    return page(request, "protocol.html", form=form, row=row, example=shown, kinds=kinds_known())


def _example(request: StaffRequest, recipe: Any) -> Example:
    site = sites_of(request.user).first()
    if site is None:
        return Example(why_not=(_("Open a clinic first; the example is planned in its hours."),))
    return example(recipe, site=site, now=timezone.now())


def _newest(slug: str) -> Protocol:
    row = Protocol.objects.filter(slug=slug).order_by("-version").first()
    if row is None:
        raise Http404
    return row
