"""How it went: what was used, kept, refilled and waited for, over some weeks or a month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from clinic.models import Chair, Site
from clinic.permissions import SEE, sites_of
from clinic.selectors.figures import MEANINGS, figures, together
from clinic.selectors.loads import Cell, added
from clinic.selectors.usage import Span, Usage, usage, weeks_of
from scheduler import months_later, week_start

from .staff import StaffRequest, chosen_site, staff

WEEKS_SHOWN = 12
WEEKS_BACK = (4, 12)
MONTHS_BACK = 12
A_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)
KINDS = ("chairs", "technicians")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Hold dates to look back on, as the weeks they are made of: so many weeks, or one month."""

    name: str
    spans: tuple[Span, ...]
    month: date | None = None


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
        "sites": sites_of(request.user),
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
    return weeks_of(week_start(today, site.week_starts_on), WEEKS_SHOWN)


def stretches_of(site: Site, now: datetime) -> tuple[Stretch, ...]:
    """Return what can be looked back on: whole weeks before this one, or a month as far as it has passed."""
    today = now.astimezone(site.zone).date()
    this_week = week_start(today, site.week_starts_on)
    weeks = [Stretch(name=str(count), spans=weeks_of(this_week - count * A_WEEK, count)) for count in WEEKS_BACK]
    months = (months_later(today.replace(day=1), -back) for back in range(MONTHS_BACK + 1))
    return (
        *weeks,
        *(
            Stretch(name=f"{month:%Y-%m}", spans=tuple(_weeks_in(site, month, today)), month=month)
            for month in months
            if month < today
        ),
    )


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


def _weeks_in(site: Site, month: date, today: date) -> Iterator[Span]:
    """Yield the weeks of a month, cut off at its ends and before today."""
    first, last = month, min(months_later(month, 1), today) - A_DAY
    while first <= last:
        end = min(week_start(first, site.week_starts_on) + A_WEEK - A_DAY, last)
        yield first, end
        first = end + A_DAY
