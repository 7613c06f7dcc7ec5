"""Marks by which a page that was open too long is recognised."""

import hashlib

from clinic.models import Chair, Prescriber, Site, Technician, User

PLACE = ("name", "public_name", "address", "phone", "timezone")
TIMES = ("hours", "week_starts_on", "clock", "date_order", "holiday_country", "holiday_region", "is_active")


def mark(*values: object) -> str:
    """Return a short text that differs whenever one of the values does."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def site_mark(site: Site) -> str:
    """Return the mark of a site."""
    return mark(*(getattr(site, name) for name in (*PLACE, *TIMES)))


def chair_mark(chair: Chair) -> str:
    """Return the mark of a chair."""
    return mark(chair.name, sorted(chair.kinds), chair.hours, chair.is_active)


def person_mark(person: Technician | Prescriber) -> str:
    """Return the mark of a technician or prescriber."""
    return mark(person.name, getattr(person, "at_once", 1), person.is_active)


def account_mark(user: User) -> str:
    """Return the mark of an account, for one who has read its sites."""
    return mark(user.name, user.role, user.is_active, sorted(site.pk for site in user.sites.all()))
