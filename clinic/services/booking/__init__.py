"""The only way into the diary: proposals, whole courses, and single sessions that move."""

from .courses import book, cancel_course, undo
from .errors import (
    Busy,
    InvalidRequest,
    NothingToBook,
    ProposalOutdated,
    SessionDoesNotFit,
    StaleVersion,
    TooLateToUndo,
)
from .proposals import keep, propose, quote, release

__all__ = [
    "Busy",
    "InvalidRequest",
    "NothingToBook",
    "ProposalOutdated",
    "SessionDoesNotFit",
    "StaleVersion",
    "TooLateToUndo",
    "book",
    "cancel_course",
    "keep",
    "propose",
    "quote",
    "release",
    "undo",
]
