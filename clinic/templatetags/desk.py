"""What the desk's templates say about people, dates and states."""

from datetime import date, datetime

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

from clinic.models import User
from clinic.permissions import may as permits

register = template.Library()

STATE_ICONS = {
    "proposed": "clock",
    "booked": "clock",
    "arrived": "person",
    "checked-in": "play",
    "fulfilled": "done",
    "cancelled": "cancel",
    "noshow": "missed",
    "waitlist": "clock",
    "entered-in-error": "cancel",
}


@register.filter
def may(user: User, action: str) -> bool:
    """Tell whether a member of staff may do something, so that the page does not offer it in vain."""
    return permits(user, action)


@register.filter
def state_icon(status: str) -> str:
    """Return the icon of a session's status."""
    return STATE_ICONS[status]


@register.filter
def born(day: date) -> str:
    """Write a date of birth as dd-Mmm-yyyy, which nobody can read the wrong way round."""
    return f"{day:%d-%b-%Y}"


@register.filter
def age(day: date, now: datetime | date) -> int:
    """Return the age in whole years."""
    return now.year - day.year - ((now.month, now.day) < (day.month, day.day))


@register.filter
def styled(field: BoundField, classes: str = "input") -> SafeString:
    """Draw a form field with our class."""
    return field.as_widget(attrs={"class": classes})
