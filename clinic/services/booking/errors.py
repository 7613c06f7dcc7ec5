"""How a booking can be refused: always with what the person needs next."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from clinic.planning import InvalidRequest

if TYPE_CHECKING:
    from clinic.models import Proposal

__all__ = [
    "Busy",
    "InvalidRequest",
    "NotPossible",
    "NothingToBook",
    "ProposalOutdated",
    "SessionDoesNotFit",
    "StaleVersion",
    "TooLateToUndo",
]


class ProposalOutdated(Exception):
    """The times were lost or not held any longer; `fresh` is what is offered instead, `reasons` is why (as data)."""

    def __init__(self, fresh: "Proposal", reasons: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(_("The proposal is outdated."))
        self.fresh, self.reasons = fresh, list(reasons)


class NothingToBook(Exception):
    """The proposal has no plan of this kind, or the plan has no sessions."""


class Busy(Exception):
    """Too many people changed the diary at the same moment; trying again will work."""


class SessionDoesNotFit(Exception):
    """A session cannot stand there; `reasons` says why (as data), `alternatives` are openings near by."""

    def __init__(self, reasons: Sequence[dict[str, Any]], alternatives: Sequence[Any] = ()) -> None:
        super().__init__(_("The session does not fit there."))
        self.reasons, self.alternatives = list(reasons), list(alternatives)


class StaleVersion(Exception):
    """Somebody else changed the row since it was read."""


class NotPossible(Exception):
    """What is asked for cannot be done any more; the text is a sentence for the screen."""


class TooLateToUndo(NotPossible):
    """The time for undoing has passed, or the course has gone on."""
