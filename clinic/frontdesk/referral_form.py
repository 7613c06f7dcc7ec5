"""The forms of the waiting list: somebody who waits, and a gap that came free."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Chair, Protocol, Site
from clinic.models.referrals import AuthorisationState, Priority

from .dates import read_day, read_time
from .forms import DeskForm

FIELDS = {"earliest_date": "earliest", "availability": "hours"}


class ReferralForm(DeskForm):
    """Take what is known about a person who waits for a course."""

    protocol = forms.ChoiceField(label=gettext_lazy("Protocol"))
    earliest = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("Not before"),
        help_text=gettext_lazy("Such as 24 Nov. Empty: from tomorrow on."),
    )
    hours = forms.CharField(
        required=False,
        max_length=1000,
        label=gettext_lazy("Can come"),
        help_text=gettext_lazy("Such as Mon-Fri 08:00-12:00, Sat 09:00-11:00. Empty: any time."),
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), choices=Priority.choices, coerce=int, initial=Priority.ROUTINE
    )
    authorisation = forms.ChoiceField(choices=AuthorisationState.choices, label=gettext_lazy("Insurer's authorisation"))

    def __init__(self, *args: Any, protocols: list[Protocol], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.protocols, self.today = {str(row.uid): row for row in protocols}, today
        choices = self.fields["protocol"]
        assert isinstance(choices, forms.ChoiceField)
        choices.choices = [(uid, row.name) for uid, row in self.protocols.items()]

    def clean_earliest(self) -> date:
        """Read from when on."""
        try:
            return read_day(self.cleaned_data["earliest"] or "tomorrow", self.today)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def referral(self) -> dict[str, Any]:
        """Return what a valid form says."""
        given = self.cleaned_data
        request = {"earliest_date": given["earliest"].isoformat(), "availability": given["hours"] or None}
        return {
            "protocol": self.protocols[given["protocol"]],
            "request": request,
            "priority": given["priority"],
            "authorisation": given["authorisation"],
        }

    def take(self, errors: dict[str, str]) -> None:
        """Put the sentences of an invalid request at the fields that they are about."""
        for name, sentence in errors.items():
            field = FIELDS.get(name, name)
            self.add_error(field if field in self.fields else None, sentence)


class GapForm(DeskForm):
    """Take the day and the hours of a gap."""

    day = forms.CharField(label=gettext_lazy("Day"), max_length=40, help_text=gettext_lazy("Such as 24 Nov."))
    begins = forms.CharField(max_length=10, label=gettext_lazy("From"), help_text=gettext_lazy("Such as 9:30."))
    ends = forms.CharField(max_length=10, label=gettext_lazy("To"))

    chair = forms.ModelChoiceField(
        label=gettext_lazy("Chair"),
        queryset=Chair.objects.none(),
        required=False,
        to_field_name="uid",
        empty_label=gettext_lazy("any"),
    )

    def __init__(self, *args: Any, site: Site, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        chair = self.fields["chair"]
        assert isinstance(chair, forms.ModelChoiceField)
        chair.queryset = Chair.objects.filter(site=site, is_active=True)

    def clean_day(self) -> date:
        """Read the day."""
        try:
            return read_day(self.cleaned_data["day"], self.today)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean_begins(self) -> time:
        """Read the beginning."""
        return self._time("begins")

    def clean_ends(self) -> time:
        """Read the end."""
        return self._time("ends")

    def clean(self) -> dict[str, Any]:
        """Insist on a gap that ends after it begins."""
        given = self.cleaned_data
        if "begins" in given and "ends" in given and given["ends"] <= given["begins"]:
            self.add_error("ends", _("The gap ends before it begins. Check both times."))
        return given

    def ends_of(self, site: Site) -> tuple[datetime, datetime]:
        """Return the beginning and the end of a valid gap, by the clock of a site."""
        given = self.cleaned_data
        begins, ends = (datetime.combine(given["day"], given[name], site.zone) for name in ("begins", "ends"))
        return begins, ends

    def _time(self, name: str) -> time:
        try:
            return read_time(self.cleaned_data[name])
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None
