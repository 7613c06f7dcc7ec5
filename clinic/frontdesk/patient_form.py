"""The form that registers a patient or corrects what is known."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Patient, Site
from clinic.models.people import Channel

from .dates import read_birth, written
from .forms import DeskForm


class PatientForm(DeskForm):
    """Take a patient's details as they are typed; the service judges them."""

    family_name = forms.CharField(required=False, label=_("Family name"))
    given_name = forms.CharField(required=False, label=_("Given name"))
    date_of_birth = forms.CharField(
        required=False, label=_("Date of birth"), help_text=_("Day, month, year: 14/5/1971 or 14 May 1971.")
    )
    number = forms.CharField(required=False, label=_("Patient number"), help_text=_("Empty: the next free one."))
    phone = forms.CharField(required=False, label=_("Phone"))
    email = forms.CharField(required=False, label=_("E-mail"))
    channel = forms.ChoiceField(
        required=False, label=_("How to send messages"), choices=Channel.choices, initial=Channel.NONE
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for name, purpose in (("family_name", "off"), ("given_name", "off"), ("phone", "off"), ("email", "off")):
            self.fields[name].widget.attrs["autocomplete"] = purpose

    def clean_date_of_birth(self) -> date | None:
        """Read the date as people write it."""
        text = self.cleaned_data["date_of_birth"]
        try:
            return read_birth(text, self.today) if text.strip() else None
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def patient(self, site: Site) -> Patient | None:
        """Return the person as typed, without saving; None while a name or the date of birth is missing."""
        known = {name: self.cleaned_data[name] for name in ("family_name", "given_name", "date_of_birth")}
        return Patient(site=site, phone=self.cleaned_data["phone"], **known) if all(known.values()) else None

    def take(self, errors: dict[str, str]) -> None:
        """Put the service's sentences at their fields; what the form already refused stays as it is."""
        for field, sentence in errors.items():
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, sentence)

    @staticmethod
    def known(patient: Any) -> dict[str, Any]:
        """Return the details of a patient as the form shows them."""
        names = ("family_name", "given_name", "number", "phone", "email", "channel")
        return {name: getattr(patient, name) for name in names} | {"date_of_birth": written(patient.date_of_birth)[4:]}
