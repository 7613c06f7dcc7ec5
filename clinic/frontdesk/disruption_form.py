"""The form that says what happened: what or who, from when until when, and why."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Chair, Prescriber, Site, Technician
from clinic.models.disruptions import DisruptionKind

from .dates import read_day, read_time, written
from .forms import DeskForm

WHERE = {"kind": "what", "chair": "what", "technician": "what", "prescriber": "what", "from": "from_day"}
WHERE |= {"until": "until_day", "cause": "cause", "opens": "opens", "closes": "closes"}


class DisruptionForm(DeskForm):
    """Take what is typed; the service judges it. A day without a time is the whole day."""

    what = forms.ChoiceField(
        label=gettext_lazy("What is out of use, or who is away"),
        error_messages={
            "required": gettext_lazy("Choose what happened."),
            "invalid_choice": gettext_lazy("Choose what happened."),
        },
    )
    from_day = forms.CharField(label=gettext_lazy("From day"), help_text=gettext_lazy("For example: today, tue, 24/11"))
    from_time = forms.CharField(
        label=gettext_lazy("From time"), required=False, help_text=gettext_lazy("Empty: from the beginning of the day")
    )
    until_day = forms.CharField(
        label=gettext_lazy("Until day"), required=False, help_text=gettext_lazy("Empty: the same day")
    )
    until_time = forms.CharField(
        label=gettext_lazy("Until time"), required=False, help_text=gettext_lazy("Empty: until the end of the day")
    )
    opens = forms.CharField(
        label=gettext_lazy("Open from"), required=False, help_text=gettext_lazy("Only for narrowed hours: 10:00")
    )
    closes = forms.CharField(
        label=gettext_lazy("Open until"), required=False, help_text=gettext_lazy("Only for narrowed hours: 14:00")
    )
    cause = forms.CharField(label=gettext_lazy("Why"), required=False, max_length=120)

    def __init__(
        self, data: QueryDict | None = None, *, site: Site, now: datetime, known: Mapping[str, str] | None = None
    ) -> None:
        self.site, self.today = site, now.astimezone(site.zone).date()
        super().__init__(data, initial={"from_day": written(self.today), **(known or {})})
        self.fields["what"].choices = choices(site)  # type: ignore[attr-defined]
        for name in ("from_day", "from_time", "until_day", "until_time", "opens", "closes", "cause"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_from_day(self) -> date:
        """Read the first day."""
        return self._day("from_day")

    def clean_until_day(self) -> date:
        """Read the last day; it is the first one when nothing else is said."""
        if not self.cleaned_data["until_day"].strip():
            return self.cleaned_data.get("from_day", self.today)
        return self._day("until_day")

    def clean_from_time(self) -> time | None:
        """Read when it begins."""
        return self._time("from_time")

    def clean_until_time(self) -> time | None:
        """Read when it ends."""
        return self._time("until_time")

    def clean_opens(self) -> time | None:
        """Read when the clinic opens instead."""
        return self._time("opens")

    def clean_closes(self) -> time | None:
        """Read when the clinic closes instead."""
        return self._time("closes")

    def said(self) -> dict[str, Any]:
        """Return what the form says, as the service reads it."""
        data = self.cleaned_data
        kind, _other, which = data["what"].partition(":")
        said = {
            "kind": kind,
            "from": self._instant(data["from_day"], data["from_time"]),
            "until": self._instant(data["until_day"], data["until_time"], is_end=True),
            "cause": data["cause"],
        }
        if kind == DisruptionKind.HOURS:
            said |= {"opens": data["opens"], "closes": data["closes"]}
        return said | ({kind: which} if which else {})

    def take(self, errors: Mapping[str, str]) -> None:
        """Put the service's sentences at their fields."""
        for name, sentence in errors.items():
            self.add_error(WHERE.get(name), sentence)

    def _instant(self, day: date, clock: time | None, *, is_end: bool = False) -> datetime:
        if clock is None:
            day += timedelta(days=is_end)
        return datetime.combine(day, clock or time(), self.site.zone)

    def _day(self, name: str) -> date:
        try:
            return read_day(self.cleaned_data[name], self.today)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def _time(self, name: str) -> time | None:
        text = self.cleaned_data[name]
        try:
            return read_time(text) if text.strip() else None
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None


def choices(site: Site) -> list[Any]:
    """Return what can be out of use at a site, and who can be away."""
    chairs = Chair.objects.filter(site=site, is_active=True)
    people = {
        kind: rows.objects.filter(shifts__site=site, is_active=True).distinct()
        for kind, rows in (("technician", Technician), ("prescriber", Prescriber))
    }
    return [
        ("", _("Choose")),
        (
            _("A chair or its device"),
            [(f"chair:{chair.uid}", _("%(name)s is down") % {"name": chair.name}) for chair in chairs],
        ),
        *(
            (f"A {kind}", [(f"{kind}:{person.uid}", _("%(name)s is away") % {"name": person.name}) for person in rows])
            for kind, rows in people.items()
        ),
        (
            _("The whole clinic"),
            [
                (DisruptionKind.SITE.value, _("The clinic is closed")),
                (DisruptionKind.HOURS.value, _("It opens for fewer hours")),
            ],
        ),
    ]
