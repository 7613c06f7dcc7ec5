"""What the desk's templates say about people, dates and states."""

from datetime import date, datetime
from uuid import UUID

from django import template
from django.forms import BoundField
from django.http import QueryDict
from django.utils import dateformat
from django.utils.safestring import SafeString

from clinic.models import Patient, Site, User
from clinic.models.courses import SessionStatus
from clinic.models.disruptions import ChangeState
from clinic.models.referrals import ReferralState
from clinic.permissions import may as permits
from clinic.selectors.weeks import apart
from clinic.selectors.words import kind_word, people_word, told_word
from clinic.selectors.written import hour_of_day, moment, written

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
    "late": "warning",
    "confirmed": "check",
    "not-late": "undo",
    "called": "phone",
    "not-called": "undo",
}


@register.filter
def may(user: User, action: str) -> bool:
    """Tell whether a member of staff may do something, so that the page does not offer it in vain."""
    return permits(user, action)


@register.filter
def called(patient: Patient, as_initials: bool) -> str:
    """Return how a screen that others may see calls a patient: by name, or by initials and number."""
    return f"{patient.initials} {patient.number}" if as_initials else str(patient)


@register.filter
def state_icon(status: str) -> str:
    """Return the icon of a session's status."""
    return STATE_ICONS[status]


@register.filter
def born(day: date) -> str:
    """Write a date of birth as dd-Mmm-yyyy, which nobody can read the wrong way round."""
    return written(day, "d-M-Y")


@register.filter
def age(day: date, now: datetime | date) -> int:
    """Return the age in whole years."""
    return now.year - day.year - ((now.month, now.day) < (day.month, day.day))


@register.filter
def plain(moment: datetime | date, shape: str) -> str:
    """Write a moment for a program, as its own clock shows it; what a person reads is `written`."""
    return dateformat.format(moment, shape)


register.filter("kind_word", kind_word)
register.filter("people_word", people_word)
register.filter("told_word", told_word)
register.filter("written", written)
register.filter("moment", moment)


@register.filter
def zone_name(site: Site) -> str:
    """Return the city whose clock a clinic keeps."""
    return site.timezone.rpartition("/")[2].replace("_", " ")


@register.filter
def at_site(when: datetime, site: Site) -> datetime:
    """Turn an instant into the wall clock of a site."""
    return when.astimezone(site.zone)


@register.filter
def hour(number: int) -> str:
    """Write an hour of the day: 08:00."""
    return hour_of_day(number)


register.filter("distance", apart)


@register.filter
def state_word(status: str) -> str:
    """Return what the desk calls a session's status."""
    return str(SessionStatus(status).label)


@register.filter
def change_word(state: str) -> str:
    """Return what the desk calls the state of a change."""
    return str(ChangeState(state).label)


@register.filter
def referral_word(state: str) -> str:
    """Return what the desk calls the state of a referral."""
    return str(ReferralState(state).label)


@register.filter(name="list")
def values(data: QueryDict, name: str) -> list[str]:
    """Return all values that a form sent under one name."""
    return data.getlist(name)


@register.filter
def phase(protocol: UUID, name: str) -> str:
    """Return what the form sends for a conditional phase of a protocol."""
    return f"{protocol}:{name}"


@register.filter
def as_date(moment: datetime) -> date:
    """Return the date that a clock shows, for an address."""
    return moment.date()


@register.filter
def field(bound: BoundField) -> SafeString:
    """Draw a form field with its label, help and sentence."""
    bound.field.widget.attrs.setdefault("class", "input")
    return bound.as_field_group()


@register.filter
def styled(bound: BoundField, is_first: bool = False) -> SafeString:
    """Draw a form field with our class; the first one of a page may take the focus."""
    return bound.as_widget(attrs={"class": "input"} | ({"autofocus": True} if is_first else {}))
