"""Chairs: added, changed, closed for good; one that was never used can be deleted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max, ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import planning
from clinic.models import Chair, Protocol, Session, Site
from clinic.selectors.setup.marks import chair_mark
from clinic.services import audit
from clinic.services.booking import NotPossible

from .errors import InvalidSetup, counted
from .guard import keeping_sessions
from .reading import Reader, insist_on

MOST_KINDS, LONGEST_KIND = 12, 20
TAKEN = gettext_lazy("Another chair of this clinic has this name. Give this one a name of its own.")


def read_chair(data: Mapping[str, Any], *, site: Site, chair: Chair | None = None) -> dict[str, Any]:
    """Read what was typed about a chair.

    Raises InvalidSetup with a sentence for every field that is wrong.
    """
    read = Reader(data)
    found = {
        "name": read.text("name", _("name of the chair"), 60, required=True),
        "kinds": _kinds(read),
        "hours": read.week(),
    }
    if any(other != chair for other in site.chairs.filter(name__iexact=found["name"])):
        read.fault("name", str(TAKEN))
    read.done()
    return found


def add_chair(*, site: Site, data: Mapping[str, Any], by: audit.Actor, now: datetime) -> Chair:
    """Put a chair into a clinic.

    Raises InvalidSetup and Busy.
    """

    def add() -> Chair:
        found = read_chair(data, site=site)
        last = site.chairs.aggregate(last=Max("position"))["last"] or 0
        chair = Chair.objects.create(site=site, position=last + 1, **found)
        _record(chair, "chair added", by, now)
        return chair

    return keeping_sessions([site], add, now=now)


def change_chair(*, chair: Chair, data: Mapping[str, Any], by: audit.Actor, now: datetime, seen: str | None) -> None:
    """Change a chair.

    Raises InvalidSetup, SessionsInTheWay, StaleVersion and Busy.
    """

    def change() -> None:
        current = Chair.objects.select_related("site").get(pk=chair.pk)
        found = read_chair(data, site=current.site, chair=current)
        changed = [name for name, value in found.items() if getattr(current, name) != value]
        if not changed:
            return
        insist_on(seen, chair_mark(current))
        _keep_what_is_needed(current, found["kinds"], now)
        for name in changed:
            setattr(current, name, found[name])
        current.save(update_fields=changed)
        _record(current, "chair changed", by, now, fields=changed)

    keeping_sessions([chair.site], change, now=now)


def set_active(*, chair: Chair, is_active: bool, by: audit.Actor, now: datetime) -> None:
    """Close a chair for good, or use it again.

    Raises SessionsInTheWay while sessions are booked on it, and Busy.
    """

    def change() -> None:
        if Chair.objects.filter(pk=chair.pk, is_active=not is_active).update(is_active=is_active):
            _record(chair, "chair used again" if is_active else "chair closed", by, now)

    keeping_sessions([chair.site], change, now=now)


def delete_chair(*, chair: Chair, by: audit.Actor, now: datetime) -> None:
    """Delete a chair that was never used.

    Raises NotPossible, which says by what it is used, and Busy.
    """

    def delete() -> None:
        sessions = Session.objects.filter(chair=chair).count()
        try:
            if sessions:
                raise NotPossible(_in_use(chair.name, counted(sessions)))
            chair.delete()
        except ProtectedError:
            raise NotPossible(_in_use(chair.name, _("a disruption"))) from None
        _record(chair, "chair deleted", by, now)

    keeping_sessions([chair.site], delete, now=now)


def _in_use(name: str, what: str) -> str:
    return _("%(name)s is named by %(what)s, so it cannot be deleted. Close it instead: its past stays readable.") % {
        "name": name,
        "what": what,
    }


def _kinds(read: Reader) -> list[str]:
    """Read the kinds of a chair, plain words that protocols ask for."""
    text = read.text("kinds", _("list of kinds"), 300)
    kinds = sorted({word.strip().casefold() for word in text.split(",") if word.strip()})
    if len(kinds) > MOST_KINDS or any(len(kind) > LONGEST_KIND for kind in kinds):
        read.fault(
            "kinds",
            _("A chair has up to %(most_kinds)s kinds of up to %(longest_kind)s letters, such as rtms, pms.")
            % {"most_kinds": MOST_KINDS, "longest_kind": LONGEST_KIND},
        )
    return kinds


def _keep_what_is_needed(chair: Chair, kinds: list[str], now: datetime) -> None:
    """Refuse to take a kind from a chair on which sessions are booked that need it."""
    lost = set(chair.kinds) - set(kinds)
    coming = Session.objects.filter(chair=chair, ends_at__gt=now).exclude(status__in=planning.FREES_ITS_PLACE)
    rows = Protocol.objects.filter(pk__in=coming.values("course__protocol")) if lost else ()
    for row in rows:
        recipe = planning.protocol_value(row)
        needed = {kind for phase in recipe.phases for kind in phase.visit.chair_kinds} & lost
        if needed:
            sentence = _(
                "Sessions of %(name)s are booked on %(name2)s, and they need %(list)s. "
                "Move them to another chair first."
            ) % {"name": row.name, "name2": chair.name, "list": ", ".join(sorted(needed))}
            raise InvalidSetup({"kinds": sentence})


def _record(chair: Chair, action: str, by: audit.Actor, now: datetime, **data: Any) -> None:
    audit.record(by=by, now=now, action=action, data={"chair": str(chair.uid), **data})
