"""The waiting list: who waits, planning everybody at once, and whom a gap suits."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic.models import Admission, Site
from clinic.permissions import BOOK, SEE, may
from clinic.selectors.gaps import who_fits
from clinic.selectors.waiting import waiting_list
from clinic.services import admission_search

from .referral_form import GapForm
from .staff import StaffRequest, actor, chosen_site, staff


@staff(SEE)
def waiting(request: StaffRequest) -> HttpResponse:
    """Show who waits; planning them all leads to a page that shows what each would get."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    if request.method != "POST":
        return _page(request, site)
    if not may(request.user, BOOK):
        raise PermissionDenied
    admission = admission_search.start(site=site, by=actor(request), now=timezone.now())
    return redirect("frontdesk:admission", admission.uid)


def _page(request: StaffRequest, site: Site) -> HttpResponse:
    now = timezone.now()
    asked = request.GET if "day" in request.GET else None
    form = GapForm(asked, site=site, today=now.astimezone(site.zone).date())
    fits = None
    if form.is_bound and form.is_valid():
        fits = who_fits(site, *form.ends_of(site), now=now, chair=form.cleaned_data["chair"])
    context = {
        "rows": waiting_list(site, now),
        "site": site,
        "form": form,
        "fits": fits,
        "chair": form.cleaned_data["chair"] if fits else None,
        "open_plan": Admission.objects.filter(site=site, applied_at=None, expires_at__gt=now).first(),
    }
    return render(request, "frontdesk/waiting.html", context)
