"""The rota of a week, typed or painted, from a date on or for one week."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.frontdesk.dates import YEARS, read_day, written
from clinic.frontdesk.staff import StaffRequest, actor, staff
from clinic.models import Site
from clinic.permissions import SETUP, get_site_or_404
from clinic.selectors.setup.rota import WEEKDAYS, Rota, RotaRow, absences_to_come, rota_of
from clinic.services.setup import rota as services

from .forms import SetupForm, sent
from .pages import page

WEEK = timedelta(weeks=1)


class RotaForm(SetupForm):
    """Take a week of hours for each person, and from when on they hold."""

    from_day = forms.CharField(label=gettext_lazy("From"), help_text=gettext_lazy("For example: today, mon, 24/11"))
    until = forms.ChoiceField(
        label=gettext_lazy("How long"),
        choices=(("on", gettext_lazy("Every week from then on")), ("week", gettext_lazy("This week alone"))),
        initial="on",
    )

    def __init__(self, data: QueryDict | None, *, rota: Rota, shown: Rota, today: date) -> None:
        begins = max(rota.first, today)
        super().__init__(data, initial={"from_day": written(begins), "until": "on"})
        self.rota, self.today = rota, today
        self.cells = {row.person.uid: self._cells(row, like) for row, like in zip(rota.rows, shown.rows, strict=True)}

    def _cells(self, row: RotaRow, like: RotaRow) -> list[dict[str, Any]]:
        """Return somebody's week as the table shows it: what was typed, else what is so."""
        found = []
        for day in self.rota.days:
            weekday = day.date.weekday()
            name = f"c-{row.person.uid}-{weekday}"
            text = self.data.get(name, "") if self.is_bound else like.texts[weekday]
            label = f"{row.person.name}, {WEEKDAYS[weekday]}"
            found.append(
                {
                    "name": name,
                    "value": text,
                    "lines": text.replace(", ", ",\n"),
                    "label": label,
                    "day": day,
                    "away": row.away.get(day.date, ""),
                }
            )
        return found

    @property
    def rows(self) -> list[tuple[RotaRow, list[dict[str, Any]]]]:
        """Return each person with seven cells, and the sentence of each that is wrong."""
        return [(row, self.cells[row.person.uid]) for row in self.rota.rows]

    def clean_from_day(self) -> date:
        """Read from when on the hours hold."""
        try:
            return read_day(self.cleaned_data["from_day"], self.today)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def weeks(self) -> dict[str, services.Painted]:
        """Return what was typed, as the service reads it."""
        found = {}
        for row in self.rota.rows:
            uid = str(row.person.uid)
            texts = tuple(self.data.get(f"c-{uid}-{day}", "") for day in range(7))
            found[uid] = services.Painted(texts=texts, seen=self.data.get(f"seen-{uid}"))
        return found

    def take(self, errors: Any) -> None:
        """Put the service's sentences at their cells."""
        cells = {cell["name"]: cell for row in self.cells.values() for cell in row}
        for name, sentence in errors.items():
            if cell := cells.get(f"c-{name}"):
                cell["error"] = sentence
                self.add_error(None, f"{cell['label']}: {sentence}")
            else:
                self.add_error("from_day" if name == "from" else None, sentence)


@staff(SETUP)
def rota(request: StaffRequest, uid: UUID) -> HttpResponse:
    """Show a week of the rota, and change it."""
    site, now = get_site_or_404(request.user, uid), timezone.now()
    today = now.astimezone(site.zone).date()
    week = rota_of(site, _asked(request, today))
    shown = rota_of(site, week.first - WEEK) if "copy" in request.GET and not request.POST else week
    form = RotaForm(sent(request), rota=week, shown=shown, today=today)
    if form.is_bound and form.carry_out(lambda: _save(request, site, form, now)):
        return redirect(f"{reverse('frontdesk:setup:rota', args=[site.uid])}?week={week.first}")
    return page(
        request,
        "rota.html",
        site=site,
        form=form,
        rota=week,
        is_copied=shown is not week,
        is_past=week.last < today,
        before=week.first - WEEK,
        after=week.first + WEEK,
        absences=absences_to_come(site, now),
        way_out=_way_out(form),
    )


def _save(request: StaffRequest, site: Site, form: RotaForm, now: datetime) -> None:
    first, last = form.cleaned_data["from_day"], None
    if form.cleaned_data["until"] == "week":
        last = first + timedelta(days=(form.rota.last - first).days % 7)
    changed = services.save_rota(
        site=site, weeks=form.weeks(), shown=form.rota.first, first=first, last=last, by=actor(request), now=now
    )
    names = ", ".join(person.name for person in changed)
    messages.success(
        request, (_("The rota is saved: %(names)s.") % {"names": names}) if names else _("Nothing was changed.")
    )


def _asked(request: StaffRequest, today: date) -> date:
    """Return the date whose week is shown; what cannot be read is today."""
    try:
        day = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        return today
    return day if day.year in YEARS else today


def _way_out(form: RotaForm) -> dict[str, str]:
    """Return who is to be reported as away, when all sessions in the way are one technician's."""
    technicians = {item.session.technician for item in form.stranded}
    only = technicians.pop() if len(technicians) == 1 else None
    return {"what": f"technician:{only.uid}"} if only else {}
