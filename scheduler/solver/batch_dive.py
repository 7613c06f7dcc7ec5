"""From a relaxation to a packing: settle what it is surest of, relax again, and so on; then mend it in pieces."""

from collections.abc import Collection

import numpy as np

from .batch_cuts import Cut
from .batch_packing import Packing
from .batch_program import Relaxation, whole
from .problem import Costs, Mask

SURE = (0.65, 0.8, 0.95)  # the share from which an option is settled without further ado
BY_CHANCE = 0.4  # how much of a share chance may overlook
WHOLE = 1 - 1e-4
MOST_NODES = 200  # of the search for one piece
FAR = 1e9


def dive(
    relaxation: Relaxation, cutoff: float, rng: "np.random.Generator | None" = None, taken: Collection[int] = ()
) -> Costs | None:
    """Return an option for each session, or None where what was settled leaves no room for the rest below a cutoff.

    Every round settles a session that was open, so that there are no more rounds than sessions. What is `taken` is
    settled before. Where chance has a say, each dive ends elsewhere.
    """
    packing, settled, found = relaxation.packing, list[int](), None
    before = [column for column, option in enumerate(relaxation.options.tolist()) if option in taken]
    is_open = ~np.isin(np.arange(packing.sessions), packing.session[relaxation.options[before]])
    sure = rng.choice(SURE) if rng else SURE[-1]
    while relaxation.solve(fresh=False) and relaxation.bound < cutoff:
        shares, session = relaxation.shares, packing.session[relaxation.options]
        unsure = np.flatnonzero((shares > 1 - WHOLE) & (shares < WHOLE) & is_open[session])
        if not len(unsure):
            found = _taken(relaxation)
            break
        chance = rng.uniform(1 - BY_CHANCE, 1, len(unsure)) if rng else 1.0
        unsure = unsure[np.argsort(-shares[unsure] * chance, kind="stable")]
        surest = unsure[shares[unsure] > sure].tolist() or unsure[:1].tolist()
        for column in surest:
            if packing.fits(relaxation.options[[*before, *settled, column]]):
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
