"""When something happens to a chair, a person or the clinic: the truth first, then a plan that sets courses right."""

from .applying import Applied, apply_courses, note_call, undo
from .happenings import Happening, InvalidDisruption, read_happening
from .replanning import preview, propose_replan, renew
from .reporting import report, withdraw
from .searching import improve_due, stop_search
from .solving import Answer, Move, Unplaced

__all__ = [
    "Answer",
    "Applied",
    "Happening",
    "InvalidDisruption",
    "Move",
    "Unplaced",
    "apply_courses",
    "improve_due",
    "note_call",
    "preview",
    "propose_replan",
    "read_happening",
    "renew",
    "report",
    "stop_search",
    "undo",
    "withdraw",
]
