"""What every page of the set-up shows around its own part."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clinic.frontdesk.dates import written
from clinic.frontdesk.staff import StaffRequest
from clinic.models import Session, Site
from clinic.permissions import sites_of, sites_to_arrange

from .forms import SetupForm

MOST_SHOWN = 12


def page(
    request: StaffRequest,
    template: str,
    *,
    site: Site | None = None,
    form: SetupForm | None = None,
    refused: SetupForm | None = None,
    **context: Any,
) -> HttpResponse:
    """Answer with a page of the set-up; a form with faults, or a refused button of the page, is answered as such."""
    sites = list(sites_to_arrange(request.user).order_by("-is_active", "name"))
    wrong = refused or (form if form and form.is_bound and form.errors else None)
    around: dict[str, Any] = {"site": site or next(iter(sites), None), "own_sites": sites, "form": form, "wrong": wrong}
    if wrong and wrong.stranded:
        around["trouble"] = _trouble(request, wrong, context.pop("way_out", {}))
    status = 422 if wrong else 200
    return render(request, f"frontdesk/setup/{template}", around | context, status=status)


def _trouble(request: StaffRequest, form: SetupForm, way_out: dict[str, str]) -> dict[str, Any]:
    """List the sessions that stand in the way, those of other clinics as a number only, and where to set them right."""
    own = set(sites_of(request.user))
    mine = [item for item in form.stranded if item.session.site in own]
    trouble: dict[str, Any] = {
        "count": len(form.stranded),
        "shown": mine[:MOST_SHOWN],
        "more": len(mine) - len(mine[:MOST_SHOWN]),
        "elsewhere": len(form.stranded) - len(mine),
    }
    if mine:
        first, last = mine[0].session, mine[-1].session
        known = {"site": first.site.uid, "from_day": _day(first), "until_day": _day(last), **way_out}
        trouble["address"] = f"{reverse('frontdesk:report')}?{urlencode(known)}"
    return trouble


def _day(session: Session) -> str:
    return written(session.starts_at.astimezone(session.site.zone).date())
