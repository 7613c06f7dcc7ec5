"""Clinics: open one, change it, close it for good."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.frontdesk.staff import StaffRequest, actor, staff
from clinic.models import Site
from clinic.permissions import SETUP, get_site_or_404
from clinic.selectors.setup.marks import site_mark
from clinic.selectors.setup.places import zones
from clinic.services.setup import sites as services

from .forms import SetupForm, SiteForm, copied, sent
from .pages import page

FIRST_VALUES = {
    "week_starts_on": 0,
    "clock": "24",
    "date_order": "day",
    "holiday_country": "GB",
    "timezone": "Europe/London",
}
FIRST_VALUES |= {f"day_{day}": "08:00-18:00" for day in range(5)}


def site_form(site: Site | None, data: QueryDict | None = None) -> SiteForm:
    """Build the form: as it was sent, as the clinic is, or with the usual hours for a new one."""
    known = SiteForm.known(site) | {"seen": site_mark(site)} if site else FIRST_VALUES
    week_starts_on = site.week_starts_on if site else 0
    if data and data.get("do") == "copy":
        return SiteForm(initial=copied(data.dict()), week_starts_on=week_starts_on)
    return SiteForm(data, initial=known, week_starts_on=week_starts_on)


@staff(SETUP)
def new(request: StaffRequest) -> HttpResponse:
    """Open a clinic."""
    form = site_form(None, sent(request))
    if form.is_bound and form.carry_out(
        lambda: services.open_site(data=form.said(), by=actor(request), now=timezone.now())
    ):
        messages.success(request, _("The clinic is open. Now give it chairs."))
        site = Site.objects.get(name=form.cleaned_data["name"].strip())
        return redirect("frontdesk:setup:chairs", site.uid)
    return page(request, "site.html", form=form, zones=zones(), is_new=True)


@staff(SETUP)
def show(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Change a clinic."""
    site = get_site_or_404(request.user, uid)
    form = site_form(site, sent(request))
    if form.is_bound and form.carry_out(
        lambda: services.change_site(
            site=site,
            data=form.said(),
            by=actor(request),
            now=timezone.now(),
            seen=form.cleaned_data["seen"],
        )
    ):
        messages.success(request, _("The clinic is saved."))
        return redirect("frontdesk:setup:site", site.uid)
    return page(request, "site.html", site=site, form=form, zones=zones(), way_out={"what": "hours"})


@staff(SETUP)
@require_POST
def state(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Close a clinic for good, or open it again."""
    site = get_site_or_404(request.user, uid)
    form = SetupForm(request.POST)
    work = services.reopen_site if request.POST.get("do") == "open" else services.close_site
    if not form.carry_out(lambda: work(site=site, by=actor(request), now=timezone.now())):
        return page(request, "site.html", site=site, form=site_form(site), refused=form, zones=zones())
    said = _("%(name)s is open.") if work is services.reopen_site else _("%(name)s is closed.")
    messages.success(request, said % {"name": site.name})
    return redirect("frontdesk:setup:site", site.uid)
