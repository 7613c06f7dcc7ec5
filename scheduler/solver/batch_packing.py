"""One day of many running courses as a packing: every session takes one of its options, and all of them find room."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .problem import Costs

Prices = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packing:
    """Hold the options of some sessions, in order of session; each session takes exactly one of its options.

    The first option of a session is the one that hardly takes any room.

    Time is cut into cells; there is a row for each cell of each chair and pool, and an option takes spans of rows.
    """

    session: Costs  # [option]
    cost: Costs  # [option]
    spans: Costs  # [option, n, 2]: the rows that an option takes, half-open; an empty span takes none
    room: Costs  # [row]: how many options may take it
    blocks: Costs  # [n, 2]: the rows of each chair and pool, half-open
    sessions: int

    def load(self, options: Sequence[int] | Costs) -> Costs:
        """Return how many of some options take each row."""
        change = np.zeros(len(self.room) + 1, dtype=np.int64)
        spans = self.spans[options].reshape(-1, 2)
        np.add.at(change, spans[:, 0], 1)
        np.add.at(change, spans[:, 1], -1)
        return np.cumsum(change)[:-1]

    def fits(self, options: Sequence[int] | Costs) -> bool:
        """Tell whether some options find room beside each other."""
        return bool((self.load(options) <= self.room).all())

    def summed(self, rows: Prices | Costs) -> Prices | Costs:
        """Return for each option the sum of the values of the rows that it takes."""
        total = np.concatenate([np.zeros(1, dtype=rows.dtype), np.cumsum(rows)])
        return np.asarray((total[self.spans[..., 1]] - total[self.spans[..., 0]]).sum(axis=1))

    def among(self, options: Costs, room: Costs) -> "Packing":
        """Return the packing of some options in other room; the sessions that have any are counted anew."""
        own, session = np.unique(self.session[options], return_inverse=True)
        return Packing(
            session=session,
            cost=self.cost[options],
            spans=self.spans[options],
            room=room,
            blocks=self.blocks,
            sessions=len(own),
        )


def first_of_each(session: Costs, cost: Costs | Prices, count: int) -> Costs:
    """Return the indices of the cheapest options of each session."""
    order = np.lexsort((cost, session))
    starts = np.searchsorted(session[order], session[order])
    return np.sort(order[np.arange(len(order)) - starts < count])
