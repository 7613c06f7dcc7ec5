"""The waiting list: who is on it, and holding for each person the times that they are given."""

from .listing import authorise, change, refer, withdraw
from .offers import accept, admit, decline, held_until, offer, offer_as_shown, offer_at

__all__ = [
    "accept",
    "admit",
    "authorise",
    "change",
    "decline",
    "held_until",
    "offer",
    "offer_as_shown",
    "offer_at",
    "refer",
    "withdraw",
]
