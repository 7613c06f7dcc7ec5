"""Inequalities that every packing keeps, and that its relaxation breaks.

A session that touches a span of time anywhere takes one of the places beside those that cover the whole span. In parts
a session could touch it several times, each time beside the same others: the relaxation has to be told that it cannot.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .batch_packing import Packing, Prices
from .problem import Costs, Mask

WIDEST = 12  # cells of a span
BROKEN = 0.02
EXACT = 1e-6


@dataclass(frozen=True, slots=True)
class Cut:
    """Hold a span of cells in one block, and the session that is counted where it only touches it."""

    first: int
    last: int
    session: int
    room: int

    def counts(self, session: Costs, spans: Costs) -> Mask:
        """Tell which options are counted, given their sessions and spans."""
        begin, end = spans[..., 0], spans[..., 1]
        covers = (begin <= self.first) & (end > self.last)
        touches = (begin <= self.last) & (end > self.first) & (session == self.session)[:, None]
        return np.asarray((covers | touches).any(axis=1))


def broken(packing: Packing, options: Costs, shares: Prices) -> list[Cut]:
    """Return for each session and block the inequality that is broken most, if any is."""
    used = np.flatnonzero(shares > EXACT)
    options, shares = options[used], shares[used]
    if (shares > 1 - EXACT).all():
        return []
    return [cut for block in packing.blocks for cut in _of_block(packing, block, options, shares)]


def _of_block(packing: Packing, block: Costs, options: Costs, shares: Prices) -> Iterator[Cut]:
    spans = packing.spans[options]
    inside = (spans[..., 0] >= block[0]) & (spans[..., 0] < block[1]) & (spans[..., 1] > spans[..., 0])
    which, column = np.nonzero(inside)
    begin, end = (spans[which, column] - block[0]).T
    share = shares[which]
    sessions, row = np.unique(packing.session[options[which]], return_inverse=True)
    if len(sessions) < 2 or (share > 1 - EXACT).all():
        return
    size = int(block[1] - block[0])
    room = packing.room[block[0] : block[1]]
    best, place = np.full(len(sessions), BROKEN), np.zeros((len(sessions), 2), dtype=np.int64)
    for width in range(2, min(WIDEST, int((end - begin).max()) + 1) + 1):
        long = end - begin >= width
        covered = _sums(row[long], begin[long], end[long] - width + 1, share[long], len(sessions), size)
        touched = _sums(row, np.maximum(begin - width + 1, 0), end, share, len(sessions), size)
        steady = np.lib.stride_tricks.sliding_window_view(room, width)
        over = (covered.sum(axis=0) + touched - covered)[:, : size - width + 1] - steady[:, 0]
        over[:, steady.min(axis=1) < steady.max(axis=1)] = 0
        here = over.argmax(axis=1)
        most = over[np.arange(len(sessions)), here]
        better = most > best + EXACT
        best[better] = most[better]
        place[better] = np.stack([here, here + width - 1], axis=1)[better]
    for number in np.flatnonzero(best > BROKEN):
        first, last = (int(cell) for cell in place[number] + block[0])
        yield Cut(first, last, int(sessions[number]), int(packing.room[first]))


def _sums(row: Costs, begin: Costs, end: Costs, share: Prices, rows: int, size: int) -> Prices:
    """Return [row, cell] the sum of the shares whose half-open spans of cells contain it."""
    change = np.zeros((rows, size + 1))
    np.add.at(change, (row, begin), share)
    np.add.at(change, (row, np.minimum(end, size)), -share)
    return np.cumsum(change, axis=1)[:, :-1]
