"""How a change of the set-up can be refused: always with what the person needs next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Session


class InvalidSetup(ValueError):
    """What was typed cannot be right; `errors` holds one sentence a field, "" for the whole."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = {name: str(sentence) for name, sentence in errors.items()}
        super().__init__(" ".join(self.errors.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded:
    """Hold a session that could not take place any more, and why."""

    session: Session
    sentence: str


class SessionsInTheWay(Exception):
    """The change would leave booked sessions where they cannot take place, so nothing was changed."""

    def __init__(self, stranded: Sequence[Stranded]) -> None:
        super().__init__(_("%(count)s sessions stand in the way.") % {"count": len(stranded)})
        self.stranded = list(stranded)


def counted(sessions: int) -> str:
    """Say how many sessions name something."""
    return ngettext("%(count)s session", "%(count)s sessions", sessions) % {"count": sessions}
