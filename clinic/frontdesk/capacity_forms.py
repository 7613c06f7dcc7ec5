"""The two questions that the capacity page answers: how soon a course could begin, and what if the clinic changed."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from clinic.models import Chair, Patient, Protocol, Site, Technician
from clinic.selectors.availability import availability_text, grid_of, preset
from clinic.selectors.forecast import Altered, Expected, weekly_hours

from .dates import read_day, read_time
from .forms import DeskForm

WHEN = (
    ("any", "Any time"),
    ("mornings", "Mornings"),
    ("lunch", "Around lunch"),
    ("afternoons", "Afternoons"),
    ("late", "After 15:00"),
)
SATURDAYS = (("", "as now"), ("Sat 09:00-13:00", "09:00 to 13:00"), ("Sat 09:00-17:00", "09:00 to 17:00"))
MOST_PEOPLE, MOST_CHAIRS, MOST_TEXT = 20, 5, 60
CHOOSE = {"required": "Choose one of the list.", "invalid_choice": "Choose one of the list."}


class QuoteForm(DeskForm):
    """Ask when a course could begin; with a patient's number, the times can be held."""

    protocol = forms.ChoiceField(label="Protocol", error_messages=CHOOSE)
    when = forms.ChoiceField(label="When they can come", choices=WHEN, error_messages=CHOOSE)
    earliest = forms.CharField(label="Not before", required=False, max_length=MOST_TEXT, help_text="Empty: tomorrow")
    time = forms.CharField(label="Best time", required=False, max_length=MOST_TEXT, help_text="Such as 8:30")
    number = forms.CharField(
        label="Patient's number", required=False, max_length=MOST_TEXT, help_text="Only needed to hold times"
    )

    def __init__(self, data: QueryDict | None, *, site: Site, protocols: list[Protocol], today: date) -> None:
        self.site, self.today, self.rows = site, today, {str(row.uid): row for row in protocols}
        self.patient: Patient | None = None
        super().__init__(data)
        _offer(self, "protocol", [(uid, row.name) for uid, row in self.rows.items()])
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
            raise forms.ValidationError("The clinic is not open then. Choose other hours.")
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
            raise forms.ValidationError("No patient of this clinic has this number. Look it up under Patients.")
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


class WhatIfForm(DeskForm):
    """Ask what would become of the people who are expected, if the clinic were changed."""

    people = forms.FloatField(label="New courses a week", min_value=0.5, max_value=MOST_PEOPLE)
    chairs = forms.IntegerField(label="More chairs", min_value=0, max_value=MOST_CHAIRS, required=False)
    saturdays = forms.ChoiceField(label="Open on Saturdays", choices=SATURDAYS, required=False, error_messages=CHOOSE)
    technician = forms.ChoiceField(label="Technician part-time", required=False, error_messages=CHOOSE)
    hours = forms.CharField(
        label="Then works only", required=False, max_length=MOST_TEXT, help_text="Such as Mon-Wed 08:00-13:00"
    )
    instead_of = forms.ChoiceField(label="Instead of", required=False, error_messages=CHOOSE)
    give = forms.ChoiceField(label="everybody gets", required=False, error_messages=CHOOSE)

    def __init__(self, data: QueryDict | None, *, site: Site, protocols: list[Protocol], expected: Expected) -> None:
        self.rows = {row.slug: row for row in protocols}
        self.mix = expected.mix or tuple((row, 1) for row in protocols[:1])
        super().__init__(data, initial={"people": expected.a_week, "chairs": 1})
        here = Technician.objects.filter(shifts__site=site, is_active=True).order_by("name").distinct()
        self.technicians = {str(uid): (pk, name) for uid, pk, name in here.values_list("uid", "pk", "name")}
        _offer(self, "technician", [("", "nobody"), *((uid, name) for uid, (_, name) in self.technicians.items())])
        _offer(self, "instead_of", [("", "nothing"), *((row.slug, row.name) for row, _ in self.mix)])
        _offer(self, "give", [("", "as now"), *((slug, row.name) for slug, row in self.rows.items())])
        self.fields["hours"].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        """Insist on both halves of a change that has two."""
        given = self.cleaned_data
        for one, other, sentence in (
            ("technician", "hours", "Say when the technician would still work."),
            ("hours", "technician", "Choose the technician who would work only then."),
            ("instead_of", "give", "Choose what they would get instead."),
            ("give", "instead_of", "Choose which protocol it would replace."),
        ):
            if given.get(one) and not given.get(other) and other not in self.errors:
                self.add_error(other, sentence)
        if given.get("hours"):
            try:
                given["hours"] = weekly_hours(given["hours"])
            except ValueError as wrong:
                self.add_error("hours", str(wrong))
        return given

    def expected(self) -> Expected:
        """Return who is expected."""
        return Expected(a_week=self.cleaned_data["people"], mix=self.mix)

    def altered(self) -> Altered:
        """Return how the clinic would be changed."""
        given = self.cleaned_data
        return Altered(
            chairs=given["chairs"] or 0,
            more_hours=weekly_hours(given["saturdays"]) if given["saturdays"] else None,
            part_time=(self.technicians[given["technician"]][0], given["hours"]) if given["technician"] else None,
            switch=(given["instead_of"], self.rows[given["give"]]) if given["give"] else None,
        )


def chairs_of(site: Site) -> list[Chair]:
    """Return the chairs whose load can be looked at alone."""
    return list(Chair.objects.filter(site=site, is_active=True))


def _offer(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    form.fields[name].choices = choices  # type: ignore[attr-defined]


def _read(read: Any, *text: Any) -> Any:
    try:
        return read(*text)
    except ValueError as wrong:
        raise forms.ValidationError(str(wrong)) from None
