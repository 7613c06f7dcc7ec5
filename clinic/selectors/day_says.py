"""What the desk can say about a session next, and with which letter."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from .day_states import CONFIRMED, LATE, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Hold something that can be said about a session: what is sent, the words on the button, and its key.

    In a list of many sessions only what `is_usual` has a button.
    """

    status: str
    word: Any
    key: str = ""
    is_usual: bool = True


ARRIVED, SEATED, DONE = (
    Say(status="arrived", word=_("Arrived"), key="a"),
    Say(status="checked-in", word=_("In chair"), key="i"),
    Say(status="fulfilled", word=_("Done"), key="d"),
)
RUNS_LATE = Say(status="late", word=_("Runs late"), key="l", is_usual=False)
NOT_LATE = Say(status="not-late", word=_("Not late"), key="l", is_usual=False)
MISSED = Say(status="noshow", word=_("No-show"), key="n")
CANCEL = Say(status="cancelled", word=_("Cancel"), key="x", is_usual=False)
CALLED = Say(status="called", word=_("Called"), is_usual=False)
SAYS = {
    "booked": (ARRIVED, SEATED, RUNS_LATE, MISSED, CANCEL, CALLED),
    "arrived": (SEATED, MISSED, CANCEL),
    "checked-in": (DONE, CANCEL),
    "noshow": (CALLED,),
    "cancelled": (CALLED,),
}
# The letters of what can be said in a state, as the script reads them from the page: a=arrived d=fulfilled.
KEYS = {status: " ".join(f"{say.key}={say.status}" for say in says if say.key) for status, says in SAYS.items()}
KEYS |= dict.fromkeys((LATE, CONFIRMED), KEYS["booked"])
# What a step is called that is taken back.
BACK = {
    "arrived": _("Not arrived"),
    "checked-in": _("Not in chair"),
    "fulfilled": _("Not done"),
    "noshow": _("Came after all"),
    "cancelled": _("Not cancelled"),
}


def says_of(standing: Standing) -> tuple[Say, ...]:
    """Return what can be said about a session next."""
    session = standing.session
    says = [NOT_LATE if say is RUNS_LATE and session.runs_late else say for say in SAYS.get(session.status, ())]
    if standing.back:
        says.append(Say(status=standing.back, word=BACK.get(session.status, _("Take it back"))))
    return tuple(says)
