"""What the record says about a patient, in words: who did what and when, and what exactly was changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.models import AuditEntry, Site

from .deed_words import done
from .written import moment as spoken

FIELDS = {
    "number": gettext_lazy("number"),
    "family_name": gettext_lazy("family name"),
    "given_name": gettext_lazy("given name"),
    "date_of_birth": gettext_lazy("date of birth"),
    "phone": gettext_lazy("phone"),
    "email": gettext_lazy("e-mail"),
    "channel": gettext_lazy("way of sending messages"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Hold one line of the record as the desk reads it; `what` is empty where the action says all."""

    at: datetime
    actor: str
    action: str
    what: str
    why: str


def deeds(entries: Iterable[AuditEntry], site: Site) -> tuple[Deed, ...]:
    """Put lines of the record into words."""
    return tuple(
        Deed(
            at=entry.at,
            actor=entry.actor,
            action=capfirst(done(entry.action)),
            what="; ".join(_details(entry, site)),
            why=entry.why,
        )
        for entry in entries
    )


def _details(entry: AuditEntry, site: Site) -> Iterator[str]:
    """Say what was changed, as far as the line tells."""
    data = entry.data
    if entry.session:
        yield _("session %(number)s") % {"number": entry.session.number}
    if fields := [FIELDS[name] for name in data.get("fields", ()) if name in FIELDS]:
        yield _("changed: %(list)s") % {"list": ", ".join(map(str, fields))}
    was, now = (_moment(data.get(side), site) for side in ("from", "to"))
    if was and now:
        yield f"{was} → {now}"
    if isinstance(count := data.get("sessions"), int):
        yield ngettext("%(count)s session", "%(count)s sessions", count) % {"count": count}
    if merged := data.get("merged"):
        yield _("record %(merged)s") % {"merged": merged}


def _moment(place: Any, site: Site) -> str:
    """Write the start of a place of the diary, on the clock of the site."""
    start = place.get("start") if isinstance(place, dict) else None
    moment = parse_datetime(start) if isinstance(start, str) else None
    if moment is None:
        return ""
    return spoken(moment.astimezone(site.zone))
