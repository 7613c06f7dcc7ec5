"""The form that asks for something else of a running course: it opens with what is asked now."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.selectors.course_changes import Asked

from .dates import read_day, read_days, written
from .forms import DeskForm

# Which field of the form a part of the request comes from.
FIELD_OF = {"availability": "hours", "latest_date": "latest", "pace": "per_week"}
AS_THE_PROTOCOL, AT_MOST = gettext_lazy("As many as the protocol has"), gettext_lazy("At most {days}")
PACES = [("", AS_THE_PROTOCOL), *((str(days), format_lazy(AT_MOST, days=days)) for days in range(1, 8))]
NOTHING = gettext_lazy("Nothing here is different from what is asked already. Change something, then look again.")
OVER = gettext_lazy("{day} has passed. Give days to come.")


class ChangeForm(DeskForm):
    """Take what shall be different; what stays as it is asks for nothing."""

    hours = forms.CharField(
        required=False,
        max_length=1000,
        label=gettext_lazy("Can come"),
        help_text=gettext_lazy("Such as Mon-Fri 08:00-12:00. Empty: any time."),
    )
    away = forms.CharField(
        required=False,
        max_length=8000,
        label=gettext_lazy("Dates away"),
        help_text=gettext_lazy("Such as 24 Dec, 28 Dec to 2 Jan."),
    )
    latest = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("Done by"),
        help_text=gettext_lazy("Such as 18 Dec. Empty: any date."),
    )
    per_week = forms.ChoiceField(
        required=False,
        choices=PACES,
        label=gettext_lazy("Treatment days a week"),
        help_text=gettext_lazy("From next week on; tapers stay as they are."),
    )
    without = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=gettext_lazy("Phases")
    )

    def __init__(self, data: QueryDict | None, *, asked: Asked, today: date) -> None:
        super().__init__(data, initial=_typed(asked.hours, asked.away, asked.latest, asked.per_week, asked.without))
        self.asked, self.today = asked, today
        without = self.fields["without"]
        assert isinstance(without, forms.MultipleChoiceField)
        without.choices = [(name, _("Leave out “%(name)s”") % {"name": name}) for name in asked.phases]

    def clean_hours(self) -> str:
        """Take the hours as they are written; the planner reads them."""
        return " ".join(self.cleaned_data["hours"].split())

    def clean_away(self) -> tuple[date, ...]:
        """Read the dates on which the patient is away, which are all to come."""
        try:
            days = read_days(self.cleaned_data["away"], self.today)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None
        return tuple(self._to_come(day) for day in days)

    def clean_latest(self) -> date | None:
        """Read until when the course shall be done; what is asked already may have passed."""
        text = self.cleaned_data["latest"]
        try:
            day = read_day(text, self.today) if text else None
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None
        return day if day is None or day == self.asked.latest else self._to_come(day)

    def clean_per_week(self) -> int | None:
        """Read the pace; none is that of the protocol."""
        text = self.cleaned_data["per_week"]
        return int(text) if text else None

    def clean_without(self) -> tuple[str, ...]:
        """Keep the order in which the phases come."""
        chosen = self.cleaned_data["without"]
        return tuple(name for name in self.asked.phases if name in chosen)

    def clean(self) -> dict[str, Any]:
        """Insist on something that is different."""
        if not self.errors and not self.changes():
            raise forms.ValidationError(NOTHING)
        return self.cleaned_data

    def changes(self) -> dict[str, Any]:
        """Return what a valid form asks for that is not asked already, as data of the request."""
        given, asked = self.cleaned_data, self.asked
        away, latest = (*asked.over, *given["away"]), given["latest"]
        values = {
            "hours": ("availability", given["hours"] or None),
            "away": ("away", [day.isoformat() for day in away]),
            "latest": ("latest_date", latest and latest.isoformat()),
            "per_week": ("per_week", given["per_week"]),
            "without": ("without", list(given["without"])),
        }
        return {key: value for name, (key, value) in values.items() if given[name] != getattr(asked, name)}

    def sent(self) -> list[tuple[str, str]]:
        """Return what a valid form asks for as names and texts, to be sent again with the way that is chosen."""
        given = self.cleaned_data
        typed = _typed(given["hours"], given["away"], given["latest"], given["per_week"], given["without"])
        phases = typed.pop("without")
        return [*typed.items(), *(("without", name) for name in phases)]

    def take(self, errors: Mapping[str, str]) -> None:
        """Put the sentences of an invalid request at the fields that they are about."""
        for name, sentence in errors.items():
            field = FIELD_OF.get(name, name)
            self.add_error(field if field in self.fields else None, sentence)

    def _to_come(self, day: date) -> date:
        if day < self.today:
            raise forms.ValidationError(OVER.format(day=written(day)))
        return day


def _typed(
    hours: str, away: tuple[date, ...], latest: date | None, per_week: int | None, without: tuple[str, ...]
) -> dict[str, Any]:
    """Write what is asked so that the form reads the same back."""
    return {
        "hours": hours,
        "away": ", ".join(map(written, away)),
        "latest": written(latest) if latest else "",
        "per_week": "" if per_week is None else str(per_week),
        "without": list(without),
    }
