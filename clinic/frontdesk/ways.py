"""The ways in which a course can go on, in the words of the desk."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from clinic import planning
from clinic.models import Site
from clinic.selectors.words import names_at, told
from clinic.services.repair import Way

TITLES = {
    "fewest changes": "Fewest changes",
    "at the end": "At the end of the course",
    "inside": "Without ending later",
    "other time": "At another time of day",
    "further day": "On a further day, if the patient can come",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WayCard:
    """Hold a way as a person judges it: what it means for the course, and each change."""

    key: str
    title: str
    effect: str
    changes: tuple[str, ...]
    price: tuple[str, ...]


def cards_of(ways: Iterable[Way], site: Site) -> list[WayCard]:
    """Describe ways side by side."""
    names = names_at(site)
    return [
        WayCard(
            key=way.key,
            title=TITLES.get(way.kind, way.kind.capitalize()),
            effect=_effect(way),
            changes=tuple(_told(way, site, names)),
            price=tuple(told(planning.reasons_data(way.price), names, site)),
        )
        for way in ways
    ]


def _effect(way: Way) -> str:
    """Say when the course ends, and what is left: Ends Tue 12 Jan instead of Fri 8 Jan, 1 unit left."""
    effect = way.effect
    said = "Nothing is left to come"
    if effect.ends_after:
        instead = f" instead of {_day(effect.ends_before)}" if effect.ends_before else ""
        said = f"Ends {_day(effect.ends_after)}" + (
            " as before" if effect.ends_after == effect.ends_before else instead
        )
    if effect.units_left is not None:
        said += f", {effect.units_left} unit{'' if effect.units_left == 1 else 's'} left"
    return f"{said}; longest gap {effect.longest_gap} day{'' if effect.longest_gap == 1 else 's'}."


def _told(way: Way, site: Site, names: dict[str, str]) -> Iterable[str]:
    for change in way.changes:
        session = change.after or change.before
        assert session is not None
        what = f"Follow-up “{session.phase}”" if session.kind == "follow-up" else f"Session {session.number}"
        if change.after is None:
            yield f"{what} falls away."
            continue
        start = change.after.when.start.astimezone(site.zone)
        chair = names.get(change.after.chair or "")
        where = f"{_day(start.date())} at {start:%H:%M}" + (f", {chair.lower()}" if chair else "")
        if change.before is None:
            yield f"{what} is new: {where}."
        else:
            was = change.before.when.start.astimezone(site.zone)
            yield f"{what} moves from {_day(was.date())} at {was:%H:%M} to {where}."


def _day(day: date | None) -> str:
    return f"{day:%a} {day.day} {day:%b}" if day else "nothing"
