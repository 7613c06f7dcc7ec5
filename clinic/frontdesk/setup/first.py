"""The first run: from an empty installation to the first day that can be booked, one short page after another."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.frontdesk.staff import StaffRequest, actor, staff
from clinic.models import Site
from clinic.permissions import SETUP, sites_of
from clinic.selectors.setup.overview import STEPS, next_step
from clinic.selectors.setup.places import zones
from clinic.selectors.setup.protocols import catalogue, kinds_known
from clinic.services.setup import catalogue as protocols
from clinic.services.setup import first_run, sites

from .forms import SetupForm, sent
from .pages import page
from .sites import site_form

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TITLES = {
    "clinic": gettext_lazy("The clinic"),
    "chairs": gettext_lazy("Chairs"),
    "people": gettext_lazy("People"),
    "protocols": gettext_lazy("Protocols"),
    "done": gettext_lazy("Ready"),
}
CHAIR_ROWS, PEOPLE_ROWS = 4, 6
MOST_ROWS = 24
KINDS = (("technician", gettext_lazy("Technician")), ("prescriber", gettext_lazy("Prescriber")))


class RowsForm(SetupForm):
    """Take several rows of the same fields; a row without a name is left out."""

    columns: dict[str, "StrOrPromise"]

    def __init__(self, data: QueryDict | None, *, rows: int, first_values: list[dict[str, str]]) -> None:
        super().__init__(data)
        typed = data.get("rows", "") if data else ""
        self.count = min(int(typed), MOST_ROWS) if typed.isdecimal() and len(typed) < 4 else rows
        for number in range(self.count):
            known = first_values[min(number, len(first_values) - 1)]
            for name, label in self.columns.items():
                field = self.field(name)
                field.label, field.initial = (
                    _("%(label)s of row %(number1)s") % {"label": label, "number1": number + 1},
                    known.get(name, ""),
                )
                self.fields[f"{name}_{number}"] = field

    def field(self, name: str) -> forms.Field:
        """Build the field of a column."""
        return forms.CharField(required=False, widget=forms.TextInput({"autocomplete": "off"}))

    @property
    def lines(self) -> list[list[forms.BoundField]]:
        """Return the rows of fields."""
        return [[self[f"{name}_{number}"] for name in self.columns] for number in range(self.count)]

    def said(self) -> Any:
        """Return what was typed, row by row."""
        return [
            {name: self.cleaned_data.get(f"{name}_{number}", "") for name in self.columns}
            for number in range(self.count)
        ]


class ChairsForm(RowsForm):
    """Take the first chairs."""

    columns = {"name": gettext_lazy("Name"), "kinds": gettext_lazy("Kinds")}


class PeopleForm(RowsForm):
    """Take the first people with their hours."""

    columns = {"name": gettext_lazy("Name"), "kind": gettext_lazy("Job"), "hours": gettext_lazy("Hours")}

    def field(self, name: str) -> forms.Field:
        """Build the field of a column; the job is chosen."""
        return forms.ChoiceField(required=False, choices=KINDS) if name == "kind" else super().field(name)


@staff(SETUP)
def first(request: StaffRequest) -> HttpResponse:
    """Go to what is missing."""
    return redirect("frontdesk:setup:step", next_step(_site(request)))


@staff(SETUP)
def step(request: StaffRequest, name: str) -> HttpResponse:
    """Show one step; what comes too early leads to the step that is missing, what is done already to the set-up."""
    site = _site(request)
    if name not in TITLES:
        raise Http404
    missing = next_step(site)
    if name != missing:
        return redirect("frontdesk:setup:step", missing)
    return VIEWS[name](request, site)


def _clinic(request: StaffRequest, site: Site | None) -> HttpResponse:
    form = site_form(None, sent(request))
    if form.is_bound and form.carry_out(
        lambda: sites.open_site(data=form.said(), by=actor(request), now=timezone.now())
    ):
        return redirect("frontdesk:setup:first")
    return _page(request, "clinic", form=form, zones=zones())


def _chairs(request: StaffRequest, site: Site | None) -> HttpResponse:
    assert site is not None
    usual = [
        {"name": (_("Chair %(number)s") % {"number": number}) if number < 3 else "", "kinds": "rtms"}
        for number in range(1, CHAIR_ROWS + 1)
    ]
    form = ChairsForm(sent(request), rows=CHAIR_ROWS, first_values=usual)
    if form.is_bound and form.carry_out(
        lambda: first_run.add_chairs(site=site, rows=form.said(), by=actor(request), now=timezone.now())
    ):
        return redirect("frontdesk:setup:first")
    return _page(request, "chairs", site=site, form=form, kinds=kinds_known(), more=CHAIR_ROWS)


def _people(request: StaffRequest, site: Site | None) -> HttpResponse:
    assert site is not None
    jobs = ("technician", "technician", "prescriber", *("technician",) * (PEOPLE_ROWS - 3))
    usual = [{"kind": job, "hours": site.hours} for job in jobs]
    form = PeopleForm(sent(request), rows=PEOPLE_ROWS, first_values=usual)
    if form.is_bound and form.carry_out(
        lambda: first_run.add_people(site=site, rows=form.said(), by=actor(request), now=timezone.now())
    ):
        return redirect("frontdesk:setup:first")
    return _page(request, "people", site=site, form=form)


def _protocols(request: StaffRequest, site: Site | None) -> HttpResponse:
    form = SetupForm(sent(request))
    chosen = request.POST.getlist("slug")
    if form.is_bound and not chosen:
        form.add_error(None, _("Choose at least one protocol; more can follow at any time."))
    elif form.is_bound and form.carry_out(
        lambda: protocols.choose(slugs=chosen, by=actor(request), now=timezone.now())
    ):
        messages.success(request, _("Everything is there. The first course can be booked."))
        return redirect("frontdesk:setup:first")
    entries = catalogue()
    preset = chosen or [entry.slug for entry in entries if not entry.lacks][:6]
    return _page(request, "protocols", site=site, form=form, entries=entries, chosen=preset)


def _done(request: StaffRequest, site: Site | None) -> HttpResponse:
    return _page(request, "done", site=site)


def _page(request: StaffRequest, name: str, **context: Any) -> HttpResponse:
    steps = [(title, STEPS.index(key) < _place(name), key == name) for key, title in TITLES.items() if key != "done"]
    return page(request, f"first_{name}.html", steps=steps, **context)


def _place(name: str) -> int:
    return STEPS.index(name) if name in STEPS else len(STEPS)


def _site(request: StaffRequest) -> Site | None:
    return sites_of(request.user).order_by("pk").first()


VIEWS = {"clinic": _clinic, "chairs": _chairs, "people": _people, "protocols": _protocols, "done": _done}
