"""What can be done about a reason: one button that changes the request, or one place to look."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from .written import written

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FEW_SPARE_DAYS = 3
WARNINGS = {"longest-gap", "below-target"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Hold a button (`do`, which the form understands) or a link within the page (`anchor`)."""

    label: str
    do: str = ""
    anchor: str = ""


def warns(reason: Mapping[str, Any]) -> bool:
    """Tell whether a reason deserves the colour of a warning."""
    if reason["code"] == "authorisation-slack":
        return (reason.get("working_days") or 0) <= FEW_SPARE_DAYS
    if reason["code"] == "longest-gap":
        return (reason.get("days") or 0) >= (reason.get("allowed") or 0)
    return reason["code"] in WARNINGS


def remedy(reason: Mapping[str, Any], letter: str = "") -> Remedy | None:
    """Return what helps against a reason, where anything on the page does."""
    make = REMEDIES.get(reason["code"])
    try:
        return make(reason, letter) if make else None
    except (KeyError, TypeError, ValueError):
        return None  # the reason does not carry what its remedy would need


def _button(label: "StrOrPromise", action: str, *names: str) -> Callable[[Mapping[str, Any], str], Remedy]:
    """Build a button whose label and action are filled with the reason's data."""

    def make(reason: Mapping[str, Any], letter: str) -> Remedy:
        given = {name: _spoken(reason[name]) for name in names}
        return Remedy(
            label=str(label).format(**given), do=":".join([action, "~".join(str(reason[name]) for name in names)])
        )

    return make


def _look(label: "StrOrPromise", field: str) -> Callable[[Mapping[str, Any], str], Remedy]:
    """Build a link to a field of the form."""
    return lambda reason, letter: Remedy(label=str(label), anchor=field)


def _look_at_day(label: "StrOrPromise", name: str) -> Callable[[Mapping[str, Any], str], Remedy]:
    """Build a link to a date of the calendar."""
    return lambda reason, letter: Remedy(label=str(label), anchor=f"{letter}-{reason[name]}")


def _spoken(value: Any) -> Any:
    """Write a date as people say it."""
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return written(day, "D j M Y")


REMEDIES = {
    "authorisation-slack": _look(_("Change the authorisation"), "id_authorised_until"),
    "units-left": _look(_("Change the authorisation"), "id_units"),
    "closures-inside": _look_at_day(_("Show the first"), "first_date"),
    "longest-gap": _look_at_day(_("Show it"), "first_date"),
    "starts-late": _look(_("Change when"), "id_earliest"),
    "below-target": _look(_("Allow more hours"), "when"),
    "authorisation-too-short": _button(_("Plan until {needed_date}"), "authorised_until", "needed_date"),
    "too-few-units": _button(_("Plan for {sessions} sessions"), "units", "sessions"),
    "latest-date-too-early": _button(_("Allow until {needed_date}"), "latest", "needed_date"),
    "availability-too-narrow": _button(_("Any time"), "anytime"),
    "widen-availability": _button(_("Add {weekday} {start} to {end}"), "hours", "weekday", "start", "end"),
    "unfix-session": _button(_("Let {date} {time} go"), "unfix", "date", "time"),
    "unskip-date": _button(_("Use {date}"), "unskip", "date"),
}
