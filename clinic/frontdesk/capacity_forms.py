"""The question that the capacity page answers: how soon a course could begin."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Chair, Patient, Protocol, Site
from clinic.selectors.availability import availability_text, grid_of, preset

from .dates import read_day, read_time
from .forms import CHOOSE, DeskForm

WHEN = (
    ("any", gettext_lazy("Any time")),
    ("mornings", gettext_lazy("Mornings")),
    ("lunch", gettext_lazy("Around lunch")),
    ("afternoons", gettext_lazy("Afternoons")),
    ("late", gettext_lazy("After 15:00")),
)
MOST_TEXT = 60


class QuoteForm(DeskForm):
    """Ask when a course could begin; with a patient's number, the times can be held."""

    protocol = forms.ChoiceField(label=gettext_lazy("Protocol"), error_messages=CHOOSE)
    when = forms.ChoiceField(label=gettext_lazy("When they can come"), choices=WHEN, error_messages=CHOOSE)
    earliest = forms.CharField(
        label=gettext_lazy("Not before"),
        required=False,
        max_length=MOST_TEXT,
        help_text=gettext_lazy("Empty: tomorrow"),
    )
    time = forms.CharField(
        label=gettext_lazy("Best time"), required=False, max_length=MOST_TEXT, help_text=gettext_lazy("Such as 8:30")
    )
    number = forms.CharField(
        label=gettext_lazy("Patient's number"),
        required=False,
        max_length=MOST_TEXT,
        help_text=gettext_lazy("Only needed to hold times"),
    )

    def __init__(self, data: QueryDict | None, *, site: Site, protocols: list[Protocol], today: date) -> None:
        self.site, self.today, self.rows = site, today, {str(row.uid): row for row in protocols}
        self.patient: Patient | None = None
        super().__init__(data)
        self.fields["protocol"].choices = [(uid, row.name) for uid, row in self.rows.items()]  # type: ignore[attr-defined]
        for name in ("earliest", "time", "number"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_protocol(self) -> Protocol:
        """Return the chosen protocol."""
        return self.rows[self.cleaned_data["protocol"]]

    def clean_when(self) -> str | None:
        """Write the hours as weekly hours; all of them are any time."""
        grid = grid_of(self.site, {})
        chosen = preset(grid, self.cleaned_data["when"])
        if not chosen:
            raise forms.ValidationError(_("The clinic is not open then. Choose other hours."))
        return availability_text(grid, chosen)

    def clean_earliest(self) -> date:
        """Read from when on."""
        return _read(read_day, self.cleaned_data["earliest"] or "tomorrow", self.today)

    def clean_time(self) -> str | None:
        """Read the time that would suit best."""
        text = self.cleaned_data["time"]
        return f"{_read(read_time, text):%H:%M}" if text else None

    def clean_number(self) -> str:
        """Find the patient of this clinic."""
        number = self.cleaned_data["number"].strip()
        self.patient = (
            Patient.objects.filter(site=self.site, number=number, merged_into=None).first() if number else None
        )
        if number and self.patient is None:
            raise forms.ValidationError(_("No patient of this clinic has this number. Look it up under Patients."))
        return number

    def request_data(self) -> dict[str, Any]:
        """Return the course request of a valid form."""
        return {
            "earliest_date": self.cleaned_data["earliest"].isoformat(),
            "availability": self.cleaned_data["when"],
            "time": self.cleaned_data["time"],
        }

    def take(self, errors: dict[str, str]) -> None:
        """Put the sentences of an invalid request at the fields that they are about."""
        for name, sentence in errors.items():
            field = {"earliest_date": "earliest", "availability": "when"}.get(name, name)
            self.add_error(field if field in self.fields else None, sentence)


def chairs_of(site: Site) -> list[Chair]:
    """Return the chairs whose load can be looked at alone."""
    return list(Chair.objects.filter(site=site, is_active=True))


def _read(read: Any, *text: Any) -> Any:
    try:
        return read(*text)
    except ValueError as wrong:
        raise forms.ValidationError(str(wrong)) from None
