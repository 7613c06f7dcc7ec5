"""Technicians and prescribers: added, changed, no longer here; one who was never booked can be deleted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from clinic import planning
from clinic.models import Prescriber, Session, Shift, Site, Technician
from clinic.selectors.setup.marks import person_mark
from clinic.services import audit
from clinic.services.booking import NotPossible

from .errors import counted
from .guard import keeping_sessions
from .reading import Reader, insist_on

Person = Technician | Prescriber
KINDS: Mapping[str, type[Person]] = {"technician": Technician, "prescriber": Prescriber}


def kind_of(person: Person) -> str:
    """Return "technician" or "prescriber"."""
    return "technician" if isinstance(person, Technician) else "prescriber"


def read_person(data: Mapping[str, Any], *, kind: str, person: Person | None = None) -> dict[str, Any]:
    """Read what was typed about a technician or prescriber.

    Raises InvalidSetup with a sentence for every field that is wrong.
    """
    read = Reader(data)
    found: dict[str, Any] = {
        "name": read.text("name", _("name of the %(kind)s") % {"kind": _(kind)}, 120, required=True)
    }
    if kind == "technician":
        found["at_once"] = read.number("at_once", _("number of patients at once"), 1, 8)
    if any(other != person for other in KINDS[kind].objects.filter(name__iexact=found["name"])):
        read.fault(
            "name",
            _("Another %(kind)s has this name. Add something by which the two can be told apart.") % {"kind": _(kind)},
        )
    read.done()
    return found


def add_person(
    *, kind: str, data: Mapping[str, Any], by: audit.Actor, now: datetime, site: Site | None = None, hours: str = ""
) -> Person:
    """Add a technician or prescriber, perhaps with hours of every week at a site.

    Raises InvalidSetup and Busy.
    """

    def add() -> Person:
        person = KINDS[kind].objects.create(**read_person(data, kind=kind))
        if site and hours:
            Shift.objects.create(site=site, hours=hours, **{kind: person})
        _record(person, f"{kind} added", by, now)
        return person

    return keeping_sessions([site] if site else [], add, now=now)


def change_person(*, person: Person, data: Mapping[str, Any], by: audit.Actor, now: datetime, seen: str | None) -> None:
    """Change what is known about a technician or prescriber.

    Raises InvalidSetup, SessionsInTheWay for fewer patients at once than are booked, StaleVersion and Busy.
    """

    def change() -> None:
        current = type(person).objects.get(pk=person.pk)
        found = read_person(data, kind=kind_of(person), person=current)
        changed = [name for name, value in found.items() if getattr(current, name) != value]
        if not changed:
            return
        insist_on(seen, person_mark(current))
        for name in changed:
            setattr(current, name, found[name])
        current.save(update_fields=changed)
        _record(current, f"{kind_of(person)} changed", by, now, fields=changed)

    keeping_sessions(sites_of_person(person, now), change, now=now)


def set_active(*, person: Person, is_active: bool, by: audit.Actor, now: datetime) -> None:
    """Say that somebody does not work here any more, or does again; the past stays.

    Raises SessionsInTheWay while sessions to come are booked with them, and Busy.
    """

    def change() -> None:
        if type(person).objects.filter(pk=person.pk, is_active=not is_active).update(is_active=is_active):
            _record(person, f"{kind_of(person)} {'is back' if is_active else 'has left'}", by, now)

    keeping_sessions(sites_of_person(person, now), change, now=now)


def delete_person(*, person: Person, by: audit.Actor, now: datetime) -> None:
    """Delete somebody who was never booked.

    Raises NotPossible, which says by what they are used, and Busy.
    """

    def delete() -> None:
        sessions = Session.objects.filter(**{kind_of(person): person}).count()
        if sessions:
            sentence = _(
                "%(name)s is named by %(many)s, so the entry cannot be deleted. "
                "Say that %(name)s has left instead: the past stays readable."
            )
            raise NotPossible(sentence % {"name": person.name, "many": counted(sessions)})
        try:
            person.delete()
        except ProtectedError:
            raise NotPossible(
                _("%(name)s is named elsewhere, so the entry cannot be deleted.") % {"name": person.name}
            ) from None
        _record(person, f"{kind_of(person)} deleted", by, now)

    keeping_sessions(sites_of_person(person, now), delete, now=now)


def sites_of_person(person: Person, now: datetime) -> list[Site]:
    """List the sites where somebody has sessions to come; elsewhere nothing can go wrong."""
    coming = Session.objects.filter(ends_at__gt=now, **{kind_of(person): person})
    return list(Site.objects.filter(pk__in=coming.exclude(status__in=planning.FREES_ITS_PLACE).values("site")))


def _record(person: Person, action: str, by: audit.Actor, now: datetime, **data: Any) -> None:
    audit.record(by=by, now=now, action=action, data={kind_of(person): str(person.uid), **data})
