"""Protocols on offer: chosen from the catalogue, made or changed by the clinic, taken off the list, put back."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain, count
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from clinic.models import Protocol
from clinic.planning import protocol_definition, protocol_value
from clinic.services import audit
from clinic.services.protocols import install_catalogue
from scheduler import catalog

from .errors import InvalidSetup
from .reading import insist_on
from .recipes import read_recipe


def choose(*, slugs: Collection[str], by: audit.Actor, now: datetime) -> tuple[Protocol, ...]:
    """Add protocols of the catalogue that the clinic does not have yet; return those that were added.

    Raises InvalidSetup for a protocol that the catalogue does not have.
    """
    if set(slugs) - {recipe.slug for recipe in catalog.ALL}:
        raise InvalidSetup({"": _("One of these protocols is not in the catalogue any more. Reload the page.")})
    with transaction.atomic():
        have = set(Protocol.objects.values_list("slug", flat=True))
        added = install_catalogue(recipe for recipe in catalog.ALL if recipe.slug in set(slugs) - have)
        for row in added:
            audit.record(by=by, now=now, action="protocol chosen", data={"protocol": row.slug, "version": row.version})
        return added


def set_offered(*, slug: str, is_offered: bool, by: audit.Actor, now: datetime) -> None:
    """Take a protocol off the list or put its latest version back; running courses keep theirs in any case."""
    with transaction.atomic():
        newest = Protocol.objects.select_for_update().filter(slug=slug).order_by("-version").first()
        if newest is None or newest.is_current == is_offered:
            return
        newest.is_current = is_offered
        newest.save(update_fields=["is_current"])
        action = "protocol offered again" if is_offered else "protocol taken off the list"
        audit.record(by=by, now=now, action=action, data={"protocol": slug})


def save_protocol(
    *, slug: str, data: Mapping[str, Any], by: audit.Actor, now: datetime, seen: str | None = None
) -> Protocol:
    """Save a new version of a protocol, or a new protocol without a slug; courses keep the version they have.

    What is so already makes no version. Raises InvalidSetup, and StaleVersion when a newer version came meanwhile.
    """
    with transaction.atomic():
        newest = Protocol.objects.select_for_update().filter(slug=slug).order_by("-version").first() if slug else None
        base = protocol_value(newest) if newest else None
        recipe = read_recipe(data, slug=newest.slug if newest else _free_slug(str(data.get("name", ""))), base=base)
        if newest is None and Protocol.objects.filter(is_current=True, name__iexact=recipe.name).exists():
            raise InvalidSetup({"name": _("Another protocol has this name. Give this one a name of its own.")})
        if newest and recipe == base:
            return newest
        if newest:
            insist_on(seen, str(newest.version))
            Protocol.objects.filter(slug=newest.slug).update(is_current=False)
            recipe = replace(recipe, version=newest.version + 1)
        row = Protocol.objects.create(
            slug=recipe.slug,
            version=recipe.version,
            name=recipe.name,
            summary=recipe.summary,
            source=recipe.source,
            definition=protocol_definition(recipe),
            sessions=recipe.sessions(),
            position=newest.position if newest else Protocol.objects.count() + 1,
        )
        told = {"protocol": row.slug, "version": row.version}
        audit.record(by=by, now=now, action="protocol changed" if newest else "protocol made", data=told)
    return row


def _free_slug(name: str) -> str:
    begin = slugify(name)[:50] or "protocol"
    taken = set(Protocol.objects.filter(slug__startswith=begin).values_list("slug", flat=True))
    return next(slug for slug in chain([begin], (f"{begin}-{number}" for number in count(2))) if slug not in taken)
