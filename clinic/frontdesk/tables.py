"""Every table of the capacity pages as a file; none of them tells anything about a patient."""

from collections.abc import Callable
from datetime import datetime

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.models import Site
from clinic.permissions import SEE
from clinic.selectors.figures import figures
from clinic.selectors.loads import load_table
from clinic.selectors.stretches import Span, stretches_of
from clinic.selectors.usage import usage

from .figures import chosen_stretch, weeks_ahead
from .sheets import Sheet, as_file
from .staff import StaffRequest, chosen_site, staff

Spans = tuple[Span, ...]
Build = Callable[[Site, Spans, datetime], Sheet]


@staff(SEE)
def table(request: StaffRequest, name: str) -> HttpResponse:
    """Give a table of the capacity pages as a file: of the weeks to come, or of a stretch that is named."""
    site = chosen_site(request)
    if site is None or name not in TABLES:
        raise Http404
    now = timezone.now()
    today = now.astimezone(site.zone).date()
    if "stretch" in request.GET:
        spans = chosen_stretch(request, stretches_of(site, now)).spans
    else:
        spans = weeks_ahead(site, today)
    return as_file(TABLES[name](site, spans, now), f"{name}-{spans[0][0]}")


def _used_table(kind: str) -> Build:
    def build(site: Site, spans: Spans, now: datetime) -> Sheet:
        names = {"chairs": _("Chair"), "technicians": _("Technician")}
        rows = usage(site, spans, now=now).rows(kind)
        return Sheet(
            columns=(names[kind], *_dates(), _("Minutes used"), _("Minutes open"), _("Per cent")),
            rows=[
                (row.name, str(first), str(last), cell.booked, cell.open, cell.percent)
                for row in rows
                for (first, last), cell in zip(spans, row.cells, strict=True)
            ],
        )

    return build


def _hours_table(site: Site, spans: Spans, now: datetime) -> Sheet:
    found = load_table(site, first=spans[0][0], weeks=len(spans), now=now)
    return Sheet(
        columns=(_("Hour"), _("Week"), _("Minutes used"), _("Minutes open"), _("Per cent")),
        rows=[
            (f"{hour:02d}:00", str(cell.week), cell.booked, cell.open, cell.percent)
            for hour, cells in found.rows
            for cell in cells
        ],
    )


def _figures_table(site: Site, spans: Spans, now: datetime) -> Sheet:
    counted = (_("Took place"), _("Missed"), _("Not noted"), _("Freed"), _("Refilled"), _("Courses begun"))
    return Sheet(
        columns=(*_dates(), *counted, _("Days waited, half of them at most"), _("Days waited, at most")),
        rows=[
            (
                *(str(row.first), str(row.last), row.done, row.missed, row.unnoted, row.freed, row.refilled),
                *(len(row.waits), row.typical_wait, row.longest_wait),
            )
            for row in figures(site, spans, now=now)
        ],
    )


def _dates() -> tuple[str, str]:
    return _("From"), _("To")


TABLES: dict[str, Build] = {
    "hours": _hours_table,
    "chairs": _used_table("chairs"),
    "technicians": _used_table("technicians"),
    "figures": _figures_table,
}
