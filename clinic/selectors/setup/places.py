"""Where clinics can be: time zones, and the countries and regions whose public holidays are known."""

from functools import cache
from zoneinfo import available_timezones

import holidays
from holidays.registry import COUNTRIES

OLD_ZONES = ("Etc/", "SystemV/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")


@cache
def zones() -> tuple[str, ...]:
    """Return the names of all time zones that a place can have."""
    return tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith(OLD_ZONES)))


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """Return the countries whose holidays are known, as code and name, by name."""
    named = ((codes[1], module.replace("_", " ").title()) for module, codes in COUNTRIES.items())
    return tuple(sorted(named, key=lambda item: item[1]))


@cache
def regions(country: str) -> tuple[str, ...]:
    """Return the codes of the regions of a country that have holidays of their own."""
    return tuple(holidays.list_supported_countries().get(country, ()))


@cache
def region_names(country: str) -> dict[str, str]:
    """Return the code of each region by its name in lower case, as far as names are known."""
    found = holidays.country_holidays(country) if regions(country) else None
    return {name.casefold(): code for name, code in getattr(found, "subdivisions_aliases", {}).items()}
