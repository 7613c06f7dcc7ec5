"""From a relaxation to a packing: settle what it is surest of, relax again, and so on; then mend it in pieces."""

import numpy as np

from .batch_cuts import Cut
from .batch_packing import Packing
from .batch_program import Relaxation, whole
from .problem import Costs, Mask

SURE = 0.95  # the share from which an option is settled without further ado
WHOLE = 1 - 1e-4
NEAR = 6  # options that are dearer than the relaxation by more are not looked at in a dive
MOST_NODES = 200  # of the search for one piece
FAR = 1e9


def dive(relaxation: Relaxation) -> Costs | None:
    """Return an option for each session, or None where what was settled leaves no room for the rest.

    Every round settles a session that was open, so that there are no more rounds than sessions.
    """
    packing, settled, found = relaxation.packing, list[int](), None
    relaxation.add(np.flatnonzero(relaxation.reduced() <= NEAR))
    is_open = np.ones(packing.sessions, dtype=bool)
    while relaxation.solve(fresh=False):
        shares, session = relaxation.shares, packing.session[relaxation.options]
        unsure = np.flatnonzero((shares > 1 - WHOLE) & (shares < WHOLE) & is_open[session])
        if not len(unsure):
            found = _taken(relaxation)
            break
        unsure = unsure[np.argsort(-shares[unsure], kind="stable")]
        surest = unsure[shares[unsure] > SURE].tolist() or unsure[:1].tolist()
        for column in surest:
            if packing.fits(relaxation.options[[*settled, column]]):
                relaxation.settle(column)
                settled.append(column)
                is_open[session[column]] = False
        relaxation.tighten()
    relaxation.release(settled)
    return found


def _taken(relaxation: Relaxation) -> Costs | None:
    """Return the option that each session takes as a whole, if all do."""
    used = relaxation.options[relaxation.shares > 1 / 2]
    options = used[np.argsort(relaxation.packing.session[used], kind="stable")]
    is_packing = len(options) == relaxation.packing.sessions and relaxation.packing.fits(options)
    return options if is_packing else None


def mend(
    packing: Packing, cuts: list[Cut], is_useful: Mask, chosen: Costs, free: Mask, room: Costs, seconds: float
) -> Costs | None:
    """Return better options for the sessions that are free, the others staying as they are; None if there are none.

    `room` is what all others leave; the inequalities hold for all sessions together.
    """
    before = int(packing.cost[chosen[free]].sum())
    useful = np.flatnonzero(free[packing.session] & is_useful)
    useful = np.union1d(useful[packing.summed((room <= 0).astype(np.int64))[useful] == 0], chosen[free])
    limits = {"objective_bound": before - 1 / 2, "time_limit": min(max(seconds, 0.0), FAR), "mip_abs_gap": 0.99}
    cuts = cuts if free.all() else []
    found, _ = whole(packing.among(useful, room), cuts, limits | {"mip_rel_gap": 0.0, "mip_max_nodes": MOST_NODES})
    if not len(found) or packing.cost[useful[found]].sum() >= before:
        return None
    return useful[found]
