"""Protocols on offer: chosen from the catalogue, taken off the list, put back."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from clinic.models import Protocol
from clinic.services import audit
from clinic.services.protocols import install_catalogue
from scheduler import catalog

from .errors import InvalidSetup


def choose(*, slugs: Collection[str], by: audit.Actor, now: datetime) -> tuple[Protocol, ...]:
    """Add protocols of the catalogue that the clinic does not have yet; return those that were added.

    Raises InvalidSetup for a protocol that the catalogue does not have.
    """
    if set(slugs) - {recipe.slug for recipe in catalog.ALL}:
        raise InvalidSetup({"": "One of these protocols is not in the catalogue any more. Reload the page."})
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
