"""The form that builds a protocol from phases."""

import re
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from clinic.selectors.setup.recipes import FIRST_PHASE
from clinic.selectors.written import short_weekday
from clinic.services.setup.recipes import MOST_PHASES

from .forms import SetupForm

DAYS = [(str(number), lazy(short_weekday, str)(number)) for number in range(7)]
PHASE: dict[str, tuple[Any, Any]] = {
    "name": (_("Name"), _("acute, taper, maintenance")),
    "sessions": (_("Sessions"), _("Empty with a taper")),
    "minutes": (_("Minutes"), _("Of one session")),
    "week_min": (_("Days a week, from"), ""),
    "week_max": (_("to"), ""),
    "taper": (_("Taper"), _("Days of each week: 3, 2, 1")),
    "kinds": (_("Kinds of chair"), "rtms, pms"),
    "per_day": (_("Sessions a day"), ""),
    "between": (_("Minutes between starts"), _("With several a day")),
    "gap_min": (_("Shortest gap"), _("Days to the next")),
    "gap_max": (_("Longest gap"), _("Days to the next")),
    "turnaround": (_("Turnaround"), _("Minutes after each")),
    "condition": (_("Only for"), _("responders. Empty: all")),
    "block": (_("Days in a row"), _("5 or 3-5. Empty: any")),
    "break": (_("Most days off"), _("Between two runs")),
}


class ProtocolForm(SetupForm):
    """Take a protocol as it is typed; the phases have numbers."""

    name = forms.CharField(label=_("Name"))
    summary = forms.CharField(label=_("Summary"), help_text=_("One line for the desk."))
    source = forms.CharField(label=_("Source"), help_text=_("Where the schedule is from."))
    first_minutes = forms.CharField(label=_("First visit, minutes"), help_text=_("Empty: a session like the others"))
    first_prescriber = forms.CharField(label=_("Prescriber, minutes"), help_text=_("Of the first visit"))
    first_offset = forms.CharField(label=_("Comes after, minutes"), help_text=_("From its beginning"))
    redo_every = forms.CharField(label=_("Redetermination every, days"), help_text=_("7, 14, 21. Empty: none"))
    redo_minutes = forms.CharField(label=_("Redetermination, minutes"))
    follow_ups = forms.CharField(label=_("Follow-ups after the end"), help_text=_("4 weeks, 1 month, 3 months"))
    follow_minutes = forms.CharField(label=_("Follow-up, minutes"))
    assessments = forms.CharField(label=_("Assessments at sessions"), help_text=_("PHQ-9: 1, 10, 20; Review: 30"))

    def __init__(self, data: QueryDict | None, *, known: dict[str, Any]) -> None:
        super().__init__(data, initial=known)
        self.numbers = numbers_in(data if data is not None else known)
        for number in self.numbers:
            for name, (label, hint) in PHASE.items():
                field = forms.CharField(required=False, label=label, help_text=hint)
                field.widget.attrs |= {"autocomplete": "off"}
                self.fields[f"p{number}-{name}"] = field
            boxes = forms.CheckboxSelectMultiple
            self.fields[f"p{number}-weekdays"] = forms.MultipleChoiceField(required=False, choices=DAYS, widget=boxes)
            self.fields[f"p{number}-of"] = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def phases(self) -> list[dict[str, Any]]:
        """Return the fields of each phase by name, with its number."""
        names = (*PHASE, "weekdays", "of")
        return [{"number": number} | {name: self[f"p{number}-{name}"] for name in names} for number in self.numbers]

    @property
    def can_grow(self) -> bool:
        """Tell whether another phase may follow."""
        return len(self.numbers) < MOST_PHASES


def numbers_in(data: Any) -> list[int]:
    """Return the numbers of the phases that something names."""
    found = {int(match[1]) for name in data if (match := re.fullmatch(r"p(\d)-name", name))}
    return sorted(number for number in found if number < MOST_PHASES) or [0]


def rearranged(data: QueryDict, action: str) -> dict[str, Any]:
    """Return what was typed with a phase added, removed or moved up; phases are numbered anew."""
    fields = (*PHASE, "weekdays", "of")

    def value(name: str) -> Any:
        return data.getlist(name) if name.endswith("-weekdays") else data.get(name, "")

    phases = [{field: value(f"p{number}-{field}") for field in fields} for number in numbers_in(data)]
    verb, _other, which = action.partition("-")
    place = int(which) if which.isdecimal() and len(which) < 3 else 0
    if verb == "add" and len(phases) < MOST_PHASES:
        last = phases[-1] if phases else FIRST_PHASE
        phases.append({**FIRST_PHASE, "kinds": last["kinds"], "minutes": last["minutes"], "name": ""})
    elif verb == "remove" and place < len(phases) > 1:
        del phases[place]
    elif verb == "up" and 0 < place < len(phases):
        phases[place - 1], phases[place] = phases[place], phases[place - 1]
    plain = {name: data[name] for name in data if not re.match(r"p\d-", name)}
    return plain | {
        f"p{number}-{field}": value for number, phase in enumerate(phases) for field, value in phase.items()
    }
