"""The chairs of a clinic: add, change, close for good, delete one that was never used."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.frontdesk.staff import StaffRequest, actor, staff
from clinic.models import Chair, Site
from clinic.permissions import SETUP, get_chair_or_404, get_site_or_404
from clinic.selectors.setup.marks import chair_mark
from clinic.selectors.setup.protocols import kinds_known
from clinic.services.setup import chairs as services

from . import calendars as addresses
from .forms import ChairForm, SetupForm, copied, sent
from .pages import page


def chair_form(site: Site, chair: Chair | None = None, data: QueryDict | None = None) -> ChairForm:
    """Build the form: as it was sent, as the chair is, or for a new one like the last."""
    last = site.chairs.order_by("position").last()
    known = {"kinds": ", ".join(last.kinds if last else ["rtms"])}
    if chair:
        known = ChairForm.known(chair) | {"seen": chair_mark(chair)}
    if data and data.get("do") == "copy":
        return ChairForm(initial=copied(data.dict()), week_starts_on=site.week_starts_on)
    return ChairForm(data, initial=known, week_starts_on=site.week_starts_on)


@staff(SETUP)
def chairs(request: StaffRequest, uid: UUID) -> HttpResponse:
    """List the chairs of a clinic, and add one."""
    site = get_site_or_404(request.user, uid)
    form = chair_form(site, data=sent(request))
    if form.is_bound and form.carry_out(
        lambda: services.add_chair(site=site, data=form.said(), by=actor(request), now=timezone.now())
    ):
        messages.success(request, _("%(name)s can be booked.") % {"name": form.cleaned_data["name"]})
        return redirect("frontdesk:setup:chairs", site.uid)
    rows = site.chairs.order_by("-is_active", "position")
    return page(request, "chairs.html", site=site, form=form, chairs=rows, kinds=kinds_known())


@staff(SETUP)
def show(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Change a chair."""
    chair = get_chair_or_404(request.user, uid)
    form = chair_form(chair.site, chair, sent(request))
    if form.is_bound and form.carry_out(
        lambda: services.change_chair(
            chair=chair, data=form.said(), by=actor(request), now=timezone.now(), seen=form.cleaned_data["seen"]
        )
    ):
        messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("frontdesk:setup:chairs", chair.site.uid)
    return _shown(request, chair, form)


@staff(SETUP)
@require_POST
def state(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Close a chair for good, use it again, or delete it."""
    chair, by, now = get_chair_or_404(request.user, uid), actor(request), timezone.now()
    form, asked = SetupForm(request.POST), request.POST.get("do", "")

    def work() -> None:
        if asked == "delete":
            services.delete_chair(chair=chair, by=by, now=now)
        else:
            services.set_active(chair=chair, is_active=asked == "use", by=by, now=now)

    if not form.carry_out(work):
        return _shown(request, chair, chair_form(chair.site, chair), refused=form)
    said = {"delete": _("%(name)s is deleted."), "use": _("%(name)s can be booked again.")}
    messages.success(request, said.get(asked, _("%(name)s is closed for good.")) % {"name": chair.name})
    return redirect("frontdesk:setup:chairs", chair.site.uid)


@staff(SETUP)
@require_POST
def calendars(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Make, replace or end an address from which a calendar program reads what stands on a chair."""
    chair, now = get_chair_or_404(request.user, uid), timezone.now()
    return addresses.carry_out(
        request, chair, now, lambda fresh: _shown(request, chair, chair_form(chair.site, chair), fresh=fresh)
    )


def _shown(
    request: StaffRequest, chair: Chair, form: ChairForm, refused: SetupForm | None = None, fresh: str = ""
) -> HttpResponse:
    way_out = {"what": f"chair:{chair.uid}"}
    context = {"chair": chair, "kinds": kinds_known(), "way_out": way_out}
    context |= addresses.shown(chair, timezone.now(), fresh)
    return page(request, "chair.html", site=chair.site, form=form, refused=refused, **context)
