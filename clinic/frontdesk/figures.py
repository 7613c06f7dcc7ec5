"""How it went: what was used, kept, refilled and waited for, over some weeks or a month."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from clinic.models import Chair, Site
from clinic.permissions import SEE
from clinic.selectors.figures import MEANINGS, figures, together
from clinic.selectors.loads import Cell, added
from clinic.selectors.stretches import Span, Stretch, site_weeks, stretches_of
from clinic.selectors.usage import Usage, usage

from .staff import StaffRequest, chosen_site, staff

WEEKS_SHOWN = 12
KINDS = ("chairs", "technicians")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Hold one row of a table of what is used; some lead to a page of their own."""

    name: str
    cells: tuple[Cell, ...]
    link: str = ""


@staff(SEE)
def went(request: StaffRequest) -> HttpResponse:
    """Show how a stretch went."""
    site = chosen_site(request)
    if site is None:
        return render(request, "frontdesk/no_site.html")
    now = timezone.now()
    stretches = stretches_of(site, now)
    chosen = chosen_stretch(request, stretches)
    weeks, used = figures(site, chosen.spans, now=now), usage(site, chosen.spans, now=now)
    sums = {kind: used.totals(kind) for kind in KINDS}
    context = {
        "site": site,
        "today": now.astimezone(site.zone).date(),
        "stretches": stretches,
        "chosen": chosen,
        "whole": together(weeks),
        "used": added(sums["chairs"]),
        "meanings": MEANINGS,
        "weeks": list(zip(weeks, sums["chairs"], strict=True)),
        "tables": [(kind, _with_all(used, kind), [*sums[kind], added(sums[kind])]) for kind in KINDS],
    }
    return render(request, "frontdesk/figures.html", context)


def weeks_ahead(site: Site, today: date) -> tuple[Span, ...]:
    """Return the weeks that the capacity page shows."""
    return site_weeks(site, today, WEEKS_SHOWN)


def ahead(site: Site, kind: str, now: datetime) -> dict[str, Any]:
    """Return the table of how much of each chair or technician is booked in the weeks to come."""
    today = now.astimezone(site.zone).date()
    used = usage(site, weeks_ahead(site, today), now=now)
    uids = dict(Chair.objects.filter(site=site).values_list("pk", "uid")) if kind == "chairs" else {}
    page = f"{reverse('frontdesk:capacity')}?site={site.uid}&chair="
    lines = [
        Line(name=row.name, cells=row.cells, link=f"{page}{uids[int(row.key)]}" if uids else "")
        for row in used.rows(kind)
    ]
    return {"rows": lines, "sums": used.totals(kind)}


def _with_all(used: Usage, kind: str) -> list[Line]:
    return [Line(name=row.name, cells=(*row.cells, row.all)) for row in used.rows(kind)]


def chosen_stretch(request: StaffRequest, stretches: tuple[Stretch, ...]) -> Stretch:
    """Return the stretch named in the address, else the first.

    Raises Http404 for one that is not on offer.
    """
    wanted = request.GET.get("stretch", stretches[0].name)
    for stretch in stretches:
        if stretch.name == wanted:
            return stretch
    raise Http404
