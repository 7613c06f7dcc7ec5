"""The ways in which a course can go on, in the words of the desk."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic import planning
from clinic.models import Site
from clinic.selectors.words import names_at, told
from clinic.selectors.written import written
from clinic.services.repair import Way

TITLES = {
    "fewest changes": gettext_lazy("Fewest changes"),
    "at the end": gettext_lazy("At the end of the course"),
    "inside": gettext_lazy("Without ending later"),
    "other time": gettext_lazy("At another time of day"),
    "further day": gettext_lazy("On a further day, if the patient can come"),
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
            title=str(TITLES.get(way.kind, way.kind.capitalize())),
            effect=_effect(way),
            changes=tuple(_told(way, site, names)),
            price=tuple(told(planning.reasons_data(way.price), names, site)),
        )
        for way in ways
    ]


def _effect(way: Way) -> str:
    """Say when the course ends, and what is left: Ends Tue 12 Jan instead of Fri 8 Jan, 1 unit left."""
    effect = way.effect
    days = {"day": _day(effect.ends_after), "before": _day(effect.ends_before)}
    if not effect.ends_after:
        said = _("Nothing is left to come")
    elif effect.ends_after == effect.ends_before:
        said = _("Ends %(day)s as before") % days
    else:
        said = (_("Ends %(day)s instead of %(before)s") if effect.ends_before else _("Ends %(day)s")) % days
    if (units := effect.units_left) is not None:
        said += ngettext(", %(count)s unit left", ", %(count)s units left", units) % {"count": units}
    gap = ngettext("longest gap %(count)s day.", "longest gap %(count)s days.", effect.longest_gap)
    return f"{said}; {gap % {'count': effect.longest_gap}}"


def _told(way: Way, site: Site, names: dict[str, str]) -> Iterable[str]:
    for change in way.changes:
        session = change.after or change.before
        assert session is not None
        what = (
            (_("Follow-up “%(phase)s”") % {"phase": session.phase})
            if session.kind == "follow-up"
            else (_("Session %(number)s") % {"number": session.number})
        )
        if change.after is None:
            yield _("%(what)s falls away.") % {"what": what}
            continue
        start = change.after.when.start.astimezone(site.zone)
        chair = names.get(change.after.chair or "")
        where = (_("%(day)s at %(time)s") % {"day": _day(start.date()), "time": written(start, "H:i")}) + (
            f", {chair.lower()}" if chair else ""
        )
        if change.before is None:
            yield _("%(what)s is new: %(where)s.") % {"what": what, "where": where}
        else:
            was = change.before.when.start.astimezone(site.zone)
            yield _("%(what)s moves from %(day)s at %(time)s to %(where)s.") % {
                "what": what,
                "day": _day(was.date()),
                "time": written(was, "H:i"),
                "where": where,
            }


def _day(day: date | None) -> str:
    return written(day, "D j M") if day else ""
