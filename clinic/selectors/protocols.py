"""The protocols that the desk may choose from."""

from dataclasses import dataclass
from uuid import UUID

from clinic.models import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Hold a protocol as a line of a list; `phases` are those that are planned only when they are asked for."""

    row: Protocol
    phases: tuple[tuple[str, str], ...] = ()

    @property
    def uid(self) -> UUID:
        """Return the public id."""
        return self.row.uid


def protocols_on_offer() -> tuple[Offer, ...]:
    """Return the current version of every protocol, in one query."""
    return tuple(Offer(row=row, phases=_conditional(row)) for row in Protocol.objects.filter(is_current=True))


def _conditional(row: Protocol) -> tuple[tuple[str, str], ...]:
    phases = row.definition.get("phases", ())
    return tuple((phase["name"], phase["condition"]) for phase in phases if phase.get("condition"))
