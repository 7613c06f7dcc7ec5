"""The form that asks for a course: read forgivingly, written as the one request data that everything below speaks."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from clinic.models import Course, Protocol, Site
from clinic.selectors.availability import Grid, availability_text, chosen_in

from .dates import read_day, read_days, read_time, written
from .forms import DeskForm

# Which field of the form a part of the request comes from.
FIELD_OF = {
    "earliest_date": "earliest",
    "latest_date": "latest",
    "availability": "av",
    "authorisation": "authorised_until",
    "authorisation.first_date": "authorised_from",
    "authorisation.last_date": "authorised_until",
    "authorisation.units": "units",
    "authorisation.number": "number",
    "phases": "protocol",
}
MOST_TEXT = 2000


class ListField(forms.Field):
    """Take every value that was sent under one name, as it is."""

    widget = forms.MultipleHiddenInput


class CourseForm(DeskForm):
    """Hold what the desk typed about a course, as it was typed."""

    protocol = forms.CharField(required=False)
    av = ListField(required=False)
    earliest = forms.CharField(required=False, max_length=MOST_TEXT)
    latest = forms.CharField(required=False, max_length=MOST_TEXT)
    away = forms.CharField(required=False, max_length=MOST_TEXT)
    time = forms.CharField(required=False, max_length=MOST_TEXT)
    chair = forms.CharField(required=False)
    technician = forms.CharField(required=False)
    authorised_from = forms.CharField(required=False, max_length=MOST_TEXT)
    authorised_until = forms.CharField(required=False, max_length=MOST_TEXT)
    units = forms.CharField(required=False)
    number = forms.CharField(required=False)
    phase = ListField(required=False)
    fixed = ListField(required=False)
    skipped = ListField(required=False)

    def __init__(self, data: QueryDict, *, grid: Grid, protocols: list[Protocol], today: date) -> None:
        super().__init__(data)
        self.typed, self.grid, self.protocols, self.today = data, grid, protocols, today

    @property
    def chosen(self) -> Protocol | None:
        """Return the protocol that is ticked."""
        return next((row for row in self.protocols if str(row.uid) == self.data.get("protocol")), None)

    @property
    def boxes(self) -> set[str]:
        """Return the ticked hours."""
        return set(self.typed.getlist("av"))

    @property
    def wrong_days(self) -> list[str]:
        """Return what is wrong with the fixed and skipped days, which have no field of their own on the page."""
        return [*self.errors.get("fixed", ()), *self.errors.get("skipped", ())]

    def clean_protocol(self) -> Protocol:
        """Insist on a protocol that is current."""
        if self.chosen is None:
            raise forms.ValidationError(_("Choose the protocol that the prescriber has set; then the plans appear."))
        return self.chosen

    def clean_av(self) -> str | None:
        """Write the boxes as weekly hours; all of them are any time."""
        chosen = self.boxes & set(self.grid.values)
        if not chosen:
            raise forms.ValidationError(_("No hour is ticked, so nothing can fit. Tick some, or press Any time."))
        return availability_text(self.grid, chosen)

    def clean_earliest(self) -> date:
        """Read from when on; nothing typed means tomorrow."""
        return self._day("earliest") or read_day("tomorrow", self.today)

    def clean_latest(self) -> date | None:
        """Read until when, if that matters."""
        return self._day("latest")

    def clean_authorised_from(self) -> date | None:
        """Read from when the insurer pays."""
        return self._day("authorised_from")

    def clean_authorised_until(self) -> date | None:
        """Read until when the insurer pays."""
        return self._day("authorised_until")

    def clean_away(self) -> list[str]:
        """Read the dates on which the patient is away."""
        try:
            return [day.isoformat() for day in read_days(self.cleaned_data["away"], self.today)]
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean_time(self) -> str | None:
        """Read the time that would suit best."""
        text = self.cleaned_data["time"]
        try:
            return f"{read_time(text):%H:%M}" if text else None
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean_units(self) -> int | None:
        """Read the number of sessions that the insurer pays for."""
        text = self.cleaned_data["units"]
        if text and not (text.isdecimal() and len(text) <= 3):
            raise forms.ValidationError(_("Give the number of authorised sessions, such as 36, or leave it empty."))
        return int(text) if text else None

    def clean(self) -> dict[str, Any]:
        """Insist on the end of an authorisation of which anything else is given."""
        given = self.cleaned_data
        parts = [given.get(name) for name in ("authorised_from", "units", "number")]
        if any(parts) and not given.get("authorised_until") and "authorised_until" not in self.errors:
            self.add_error("authorised_until", _("Give the last day that is authorised, or leave all of it empty."))
        return given

    def _day(self, name: str) -> date | None:
        text = self.cleaned_data[name]
        try:
            return read_day(text, self.today) if text else None
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def request_data(self) -> dict[str, Any]:
        """Return the request of a valid form."""
        given, protocol = self.cleaned_data, self.cleaned_data["protocol"]
        prefix = f"{protocol.uid}:"
        return {
            "earliest_date": given["earliest"].isoformat(),
            "latest_date": given["latest"].isoformat() if given["latest"] else None,
            "availability": given["av"],
            "away": given["away"],
            "authorisation": self._authorisation(),
            "time": given["time"],
            "chair": given["chair"] or None,
            "technician": given["technician"] or None,
            "fixed": [_fixed(text) for text in given["fixed"] or ()],
            "skipped": sorted(set(given["skipped"] or ())),
            "phases": [name.removeprefix(prefix) for name in given["phase"] or () if name.startswith(prefix)],
        }

    def _authorisation(self) -> dict[str, Any] | None:
        given = self.cleaned_data
        until = given["authorised_until"]
        if until is None:
            return None
        return {
            "first_date": (given["authorised_from"] or min(given["earliest"], until)).isoformat(),
            "last_date": until.isoformat(),
            "units": given["units"],
            "number": given["number"],
        }

    def take(self, errors: dict[str, str]) -> None:
        """Put the sentences of an invalid request at the fields that they are about."""
        for name, sentence in errors.items():
            field = FIELD_OF.get(name, name)
            self.add_error(field if field in self.fields else None, sentence)


def _fixed(text: str) -> dict[str, str | None]:
    start, _other, chair = text.partition("|")
    return {"start": start, "chair": chair or None}


def first_values(site: Site, grid: Grid, today: date, last: Course | None) -> QueryDict:
    """Fill the form for a patient: as the last course, else any time from tomorrow on."""
    data = QueryDict(mutable=True)
    asked = last.request if last else {}
    data["earliest"] = written(read_day("tomorrow", today))
    data["protocol"] = str(last.protocol.uid) if last else ""
    data["time"] = asked.get("time") or ""
    data.setlist("av", sorted(chosen_in(grid, site, asked.get("availability"))) or list(grid.values))
    return data


def values_of(request: dict[str, Any], protocol: Protocol, site: Site, grid: Grid) -> QueryDict:
    """Write a request back into the form, so that it gives the same request again."""
    data = QueryDict(mutable=True)
    allowed = request.get("authorisation") or {}
    days = {
        "earliest": request["earliest_date"],
        "latest": request.get("latest_date"),
        "authorised_from": allowed.get("first_date"),
        "authorised_until": allowed.get("last_date"),
    }
    plain = {name: request.get(name) for name in ("time", "chair", "technician")}
    plain |= {"units": allowed.get("units"), "number": allowed.get("number"), "protocol": protocol.uid}
    for name, value in ({name: day and written(date.fromisoformat(day)) for name, day in days.items()} | plain).items():
        data[name] = "" if value is None else str(value)
    data["away"] = ", ".join(written(date.fromisoformat(day)) for day in request.get("away") or ())
    data.setlist("av", sorted(chosen_in(grid, site, request.get("availability"))))
    data.setlist("fixed", [f"{item['start']}|{item.get('chair') or ''}" for item in request.get("fixed") or ()])
    data.setlist("skipped", list(request.get("skipped") or ()))
    data.setlist("phase", [f"{protocol.uid}:{name}" for name in request.get("phases") or ()])
    return data
