"""The forms of the set-up: they take what is typed, and show the sentences of the service that judges it."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.frontdesk import sentences
from clinic.frontdesk.forms import DeskForm
from clinic.models import Chair, Site
from clinic.models.resources import Clock, DateOrder
from clinic.notifications.gsm import MOST_UNITS, units
from clinic.notifications.texts import SHORTEST_NAME
from clinic.selectors.setup.places import countries
from clinic.selectors.setup.rota import WEEKDAYS
from clinic.services import booking
from clinic.services.disruption import InvalidDisruption
from clinic.services.setup import InvalidSetup, SessionsInTheWay, Stranded
from clinic.services.setup.hours import week_texts


class SetupForm(DeskForm):
    """Take what is typed as it is; `stranded` are the booked sessions that a change would leave without a place."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stranded: list[Stranded] = []
        for field in self.fields.values():
            field.required = False
            field.widget.attrs.setdefault("autocomplete", "off")

    def said(self) -> dict[str, Any]:
        """Return what the form says, as the services read it."""
        return dict(self.cleaned_data)

    def take(self, errors: Mapping[str, str]) -> None:
        """Put the service's sentences at their fields."""
        for name, sentence in errors.items():
            self.add_error(name if name in self.fields else None, sentence)

    def carry_out(self, work: Callable[[], Any]) -> bool:
        """Do what the form asks for; tell whether it was done, and keep the sentences if not."""
        if not self.is_valid():
            return False
        try:
            work()
        except (InvalidSetup, InvalidDisruption) as wrong:
            self.take(wrong.errors)
        except SessionsInTheWay as found:
            self.stranded = found.stranded
            self.add_error(None, str(found))
        except booking.StaleVersion:
            self.add_error(None, sentences.STALE)
        except booking.NotPossible as refused:
            self.add_error(None, str(refused))
        except booking.Busy:
            self.add_error(None, sentences.BUSY)
        else:
            return True
        return False


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what a form has sent, None where a page is only looked at."""
    return request.POST if request.method == "POST" else None


class WeekForm(SetupForm):
    """Take hours of every week, one text a weekday, in the order of the site's week."""

    def __init__(self, *args: Any, week_starts_on: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = [(week_starts_on + offset) % 7 for offset in range(7)]
        for day in self.order:
            self.fields[f"day_{day}"] = forms.CharField(required=False, label=WEEKDAYS[day])
            self.fields[f"day_{day}"].widget.attrs |= {"autocomplete": "off", "inputmode": "text"}

    @property
    def days(self) -> list[forms.BoundField]:
        """Return the seven fields in order."""
        return [self[f"day_{day}"] for day in self.order]

    def said(self) -> dict[str, Any]:
        """Return what the form says, with the seven texts as one list, Monday first."""
        data = self.cleaned_data
        return {**data, "hours": [data.get(f"day_{day}", "") for day in range(7)]}


def known_hours(text: str) -> dict[str, str]:
    """Return weekly hours as the form shows them."""
    return {f"day_{day}": written for day, written in enumerate(week_texts(text))} if text else {}


def copied(data: Mapping[str, Any], source: int = 0) -> dict[str, Any]:
    """Return what was typed with the hours of one weekday on all working days."""
    return {**data, **{f"day_{day}": data.get(f"day_{source}", "") for day in range(5)}}


class SiteForm(WeekForm):
    """Ask for a clinic: its name, where it is, when it is open."""

    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("As the staff call it."))
    public_name = forms.CharField(
        label=gettext_lazy("Name in messages and calendars"),
        help_text=gettext_lazy("It must not tell what the visits are for."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address"), help_text=gettext_lazy("For messages and the patient's page.")
    )
    phone = forms.CharField(label=gettext_lazy("Phone"))
    timezone = forms.CharField(label=gettext_lazy("Time zone"), help_text=gettext_lazy("For example: Europe/London"))
    week_starts_on = forms.ChoiceField(label=gettext_lazy("A week begins on"), choices=list(enumerate(WEEKDAYS)))
    clock = forms.ChoiceField(label=gettext_lazy("Times are written with"), choices=Clock.choices)
    date_order = forms.ChoiceField(label=gettext_lazy("Dates begin with"), choices=DateOrder.choices)
    holiday_country = forms.ChoiceField(label=gettext_lazy("Public holidays of"))
    holiday_region = forms.CharField(
        label=gettext_lazy("Region"), help_text=gettext_lazy("For example: England, or BY. Empty: the whole country.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [("", _("No public holidays")), *countries()]
        self.fields["holiday_country"].choices = names  # type: ignore[attr-defined]
        self.fields["timezone"].widget.attrs["list"] = "zones"
        if name := str((self.data or self.initial).get("public_name") or "").strip():
            self.fields["public_name"].help_text = _(
                "It must not tell what the visits are for. A text message has %(most)s places, of which this name "
                "takes %(places)s; one of more than %(short)s loses words there where more is to be said."
            ) % {"most": MOST_UNITS, "places": units(name), "short": SHORTEST_NAME}

    @staticmethod
    def known(site: Site) -> dict[str, Any]:
        """Return a clinic as the form shows it."""
        places = ("name", "public_name", "address", "phone", "timezone")
        times = ("week_starts_on", "clock", "date_order", "holiday_country", "holiday_region")
        return {name: getattr(site, name) for name in (*places, *times)} | known_hours(site.hours)


class ChairForm(WeekForm):
    """Ask for a chair; without hours of its own it keeps those of the clinic."""

    name = forms.CharField(label=gettext_lazy("Name"))
    kinds = forms.CharField(
        label=gettext_lazy("Kinds"), help_text=gettext_lazy("What protocols ask for, separated by commas.")
    )

    @staticmethod
    def known(chair: Chair) -> dict[str, Any]:
        """Return a chair as the form shows it."""
        return {"name": chair.name, "kinds": ", ".join(chair.kinds)} | known_hours(chair.hours)


class PersonForm(SetupForm):
    """Ask for a technician or prescriber."""

    name = forms.CharField(label=gettext_lazy("Name"))
    at_once = forms.CharField(
        label=gettext_lazy("Patients at once"),
        initial="1",
        help_text=gettext_lazy("How many one person may attend at the same time, up to 8."),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at_once"].widget.attrs["inputmode"] = "numeric"
        if kind == "prescriber":
            del self.fields["at_once"]
