"""The only way into the diary: proposals, whole courses, and single sessions that move."""

from .courses import book, cancel_course, undo
from .errors import (
    Busy,
    InvalidRequest,
    NothingToBook,
    NotPossible,
    ProposalOutdated,
    SessionDoesNotFit,
    StaleVersion,
    TooLateToUndo,
)
from .moving import Opening, move_session, opening_at, openings, read_opening
from .proposals import keep, propose, quote, release

__all__ = [
    "Busy",
    "InvalidRequest",
    "NotPossible",
    "NothingToBook",
    "Opening",
    "ProposalOutdated",
    "SessionDoesNotFit",
    "StaleVersion",
    "TooLateToUndo",
    "book",
    "cancel_course",
    "keep",
    "move_session",
    "opening_at",
    "openings",
    "propose",
    "quote",
    "read_opening",
    "release",
    "undo",
]
