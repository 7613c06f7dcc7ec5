"""The clinic's protocols: the catalogue is copied into rows, which the clinic may then revise."""

from collections.abc import Iterable

from django.db import transaction

from clinic.models import Protocol as ProtocolRow
from clinic.planning import protocol_definition
from scheduler import Protocol, catalog


def install_catalogue(protocols: Iterable[Protocol] = catalog.ALL) -> tuple[ProtocolRow, ...]:
    """Add the protocols, of the catalogue unless others are given, that the clinic lacks; return the rows added.

    A protocol that the clinic has is left alone, because it may have been revised here, unless the catalogue's
    version is a newer one. Courses keep the version under which they were booked.
    """
    with transaction.atomic():
        newest = dict(ProtocolRow.objects.order_by("version").values_list("slug", "version"))
        return tuple(
            _added(protocol, position)
            for position, protocol in enumerate(protocols, start=1)
            if protocol.version > newest.get(protocol.slug, 0)
        )


def _added(protocol: Protocol, position: int) -> ProtocolRow:
    ProtocolRow.objects.filter(slug=protocol.slug, is_current=True).update(is_current=False)
    return ProtocolRow.objects.create(
        slug=protocol.slug,
        version=protocol.version,
        name=protocol.name,
        summary=protocol.summary,
        source=protocol.source,
        definition=protocol_definition(protocol),
        sessions=protocol.sessions(),
        position=position,
    )
