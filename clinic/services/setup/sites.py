"""Clinics: opened, changed, closed for good."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Session, Site, User
from clinic.models.fields import validate_timezone
from clinic.models.resources import Clock, DateOrder
from clinic.notifications.gsm import strange
from clinic.selectors.setup.marks import site_mark
from clinic.selectors.setup.places import countries, region_names, regions
from clinic.services import audit
from clinic.services.booking import NotPossible
from clinic.services.patients import PHONE

from .errors import InvalidSetup
from .guard import keeping_sessions, sessions_to_come
from .reading import Reader, insist_on

# Whoever reads a message over a patient's shoulder must not learn what the visit is for.
TREATMENT = re.compile(r"\br?tms\b|magnet|stimulat|brain|depress|\bpain\b|neuro|psych|therap|mental", re.IGNORECASE)


def read_site(data: Mapping[str, Any], *, site: Site | None = None) -> dict[str, Any]:
    """Read what was typed about a clinic.

    Raises InvalidSetup with a sentence for every field that is wrong.
    """
    read = Reader(
        {**data, "clock": data.get("clock") or Clock.DAY, "date_order": data.get("date_order") or DateOrder.DAY_FIRST}
    )
    found: dict[str, Any] = {
        "name": read.text("name", _("name of the clinic"), 120, required=True),
        "public_name": read.text("public_name", _("name in messages"), 60, required=True),
        "address": read.text("address", _("address"), 240),
        "phone": read.text("phone", _("phone number"), 40),
        "timezone": str(data.get("timezone") or "").strip(),
        "hours": read.week(required=True),
        "week_starts_on": _weekday(read),
        "clock": read.choice("clock", Clock.values, _("Choose how times of the day are written.")),
        "date_order": read.choice("date_order", DateOrder.values, _("Choose how dates are written.")),
    }
    if TREATMENT.search(found["public_name"]):
        read.fault("public_name", _("This name would tell what the visits are for. Messages need one that does not."))
    if signs := strange(found["public_name"]):
        told = _("A text message cannot show %(signs)s. Write this name with other letters, as the patients know it.")
        read.fault("public_name", told % {"signs": signs[:20]})
    if found["phone"] and not PHONE.fullmatch(found["phone"]):
        read.fault("phone", _("A phone number has digits, spaces and a leading +. Please check it, or leave it empty."))
    try:
        validate_timezone(found["timezone"])
    except ValidationError:
        read.fault(
            "timezone",
            _("There is no time zone %(found)s. Use a name such as Europe/London.")
            % {"found": repr(found["timezone"][:40])},
        )
    found |= _holidays(read)
    if any(other != site for other in Site.objects.filter(name__iexact=found["name"])):
        read.fault("name", _("Another clinic has this name. Give this one a name of its own."))
    read.done()
    return found


def open_site(*, data: Mapping[str, Any], by: audit.Actor, now: datetime) -> Site:
    """Open a clinic; whoever opens it belongs to it.

    Raises InvalidSetup.
    """
    found = read_site(data)
    try:
        with transaction.atomic():
            site = Site.objects.create(**found)
            if isinstance(by.user, User):
                by.user.sites.add(site)
            audit.record(by=by, now=now, action="clinic opened", data={"site": str(site.uid)})
    except IntegrityError:
        raise InvalidSetup({"name": _("Another clinic has this name. Give this one a name of its own.")}) from None
    return site


def change_site(*, site: Site, data: Mapping[str, Any], by: audit.Actor, now: datetime, seen: str | None) -> list[str]:
    """Change a clinic; return the names of the fields that changed.

    Raises InvalidSetup, SessionsInTheWay for hours or holidays on which sessions are booked, StaleVersion and Busy.
    """
    found = read_site(data, site=site)

    def change() -> list[str]:
        current = Site.objects.get(pk=site.pk)
        changed = [name for name, value in found.items() if getattr(current, name) != value]
        if not changed:
            return []
        insist_on(seen, site_mark(current))
        _keep_the_clock(current, found["timezone"], now)
        Site.objects.filter(pk=site.pk).update(**{name: found[name] for name in changed})
        audit.record(by=by, now=now, action="clinic changed", data={"site": str(site.uid), "fields": changed})
        return changed

    return keeping_sessions([site], change, now=now)


def close_site(*, site: Site, by: audit.Actor, now: datetime) -> None:
    """Close a clinic for good; its past stays.

    Raises NotPossible while sessions are booked there, and Busy.
    """

    def close() -> None:
        if coming := sessions_to_come(site, now).count():
            sentence = ngettext(
                "%(count)s session to come is booked at %(name)s. "
                "Move or cancel them first; then the clinic can be closed.",
                "%(count)s sessions to come are booked at %(name)s. "
                "Move or cancel them first; then the clinic can be closed.",
                coming,
            )
            raise NotPossible(sentence % {"count": coming, "name": site.name})
        _set_active(site, False, by, now)

    keeping_sessions([site], close, now=now)


def reopen_site(*, site: Site, by: audit.Actor, now: datetime) -> None:
    """Open a clinic again that was closed."""
    keeping_sessions([site], lambda: _set_active(site, True, by, now), now=now)


def _set_active(site: Site, is_active: bool, by: audit.Actor, now: datetime) -> None:
    if Site.objects.filter(pk=site.pk, is_active=not is_active).update(is_active=is_active):
        action = "clinic opened again" if is_active else "clinic closed"
        audit.record(by=by, now=now, action=action, data={"site": str(site.uid)})


def _weekday(read: Reader) -> int:
    chosen = read.choice("week_starts_on", tuple("0123456"), _("Choose the day with which a week begins."))
    return int(chosen) if "week_starts_on" not in read.errors else 0


def _holidays(read: Reader) -> dict[str, str]:
    """Read a country, and a region of it by code or name; an empty country has no public holidays."""
    codes = {code for code, _other in countries()}
    country = read.choice("holiday_country", codes | {""}, _("Choose a country of the list, or none."))
    typed = read.text("holiday_region", _("region"), 60)
    region = typed.upper() if typed.upper() in regions(country) else region_names(country).get(typed.casefold(), "")
    if typed and not region and "holiday_country" not in read.errors:
        known = ", ".join(regions(country)[:20])
        advice = (
            (_("Its regions are %(known)s.") % {"known": known})
            if known
            else _("It has none with holidays of their own; leave this empty.")
        )
        read.fault(
            "holiday_region",
            _("%(typed)s is no region of this country. %(advice)s") % {"typed": repr(typed[:30]), "advice": advice},
        )
    return {"holiday_country": country, "holiday_region": region}


def _keep_the_clock(site: Site, timezone: str, now: datetime) -> None:
    if timezone == site.timezone:
        return
    coming = Session.objects.filter(site=site, ends_at__gt=now, status__in=("proposed", "booked")).count()
    if coming:
        sentence = _(
            "%(coming)s sessions to come were promised by the clock of %(timezone)s. "
            "Another zone would move all of them, so it cannot be changed while they are booked."
        )
        raise InvalidSetup({"timezone": sentence % {"coming": coming, "timezone": site.timezone}})
