"""The wall clock by which a page tells times: the clinic's, where the visits are, or the visitor's own on request."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from .visits import Visitor

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zones() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the time zones by area, each with the name of its place."""
    names = sorted(name for name in available_timezones() if name.partition("/")[0] in AREAS)
    grouped = {area: [name for name in names if name.startswith(f"{area}/")] for area in AREAS}
    return tuple((area, tuple((name, place_of(name)) for name in inside)) for area, inside in grouped.items())


def place_of(zone: str) -> str:
    """Name the place that a zone is called after: New York."""
    return zone.rpartition("/")[2].replace("_", " ")


def zone_of(name: str) -> ZoneInfo | None:
    """Read the name of a zone; anything else means the clinic's."""
    return ZoneInfo(name) if name in _known() else None


@cache
def _known() -> frozenset[str]:
    return frozenset(name for _, inside in zones() for name, _ in inside)


def own_zone(who: Visitor) -> str:
    """Return the zone that the patient has named, where it is not the clinic's."""
    return who.patient.wishes.timezone if who.carer is None and hasattr(who.patient, "wishes") else ""
