"""A search among the packings of a day, by who leaves, who stays and where: the most promising branch first."""

from heapq import heappop, heappush
from itertools import count
from math import ceil, inf

import numpy as np

from .batch_cuts import EXACT
from .batch_dive import dive
from .batch_floor import NEVER
from .batch_program import Relaxation
from .problem import Costs

WHOLE = 1e-4

Branch = tuple[tuple[int, bool], ...]  # options that are taken, or not


class Tree:
    """Hold the branches of a day that are still open; every packing is in one of them, and none is below its value."""

    def __init__(self, relaxation: Relaxation) -> None:
        self.relaxation, packing = relaxation, relaxation.packing
        self.cost = relaxation.cost.copy()
        self._leaves = np.unique(packing.session, return_index=True)[1]
        self._stays = np.flatnonzero(packing.cost == 0)
        relaxation.add(self._stays)
        self._order = count()
        self._open: list[tuple[float, int, Branch]] = [(relaxation.value, next(self._order), ())]
        self._applied: Branch = ()

    @property
    def bound(self) -> int:
        """Return the least cost that a packing can have."""
        value = self._open[0][0] if self._open else inf
        return ceil(min(value, NEVER * self.relaxation.packing.sessions) - EXACT * max(1, abs(self.relaxation.value)))

    def gap(self, options: Costs) -> int:
        """Return how much a packing costs beyond the bound."""
        return max(0, int(self.cost[options].sum()) - self.bound)

    def grow(self) -> bool:
        """Split the branch that could hold the cheapest packing in two; return False where it is a packing itself."""
        value, number, branch = heappop(self._open)
        options = self._unsure() if self._solve(branch, value) < inf else np.zeros(0, dtype=np.int64)
        for taken in (False, True) if len(options) else ():
            child = (*branch, (int(options[0]), taken))
            least = max(value, self._solve(child, value))
            if least < inf:
                heappush(self._open, (least, next(self._order), child))
        if not len(options):
            heappush(self._open, (value, number, branch))
        return bool(len(options))

    def dive(
        self, cost: Costs, cutoff: int, rng: "np.random.Generator | None" = None, deep: bool = False
    ) -> Costs | None:
        """Return a packing that is below the cutoff at a cost, if one is found soon; of the best branch if `deep`."""
        relaxation = self.relaxation
        self._apply(self._open[0][2] if deep else ())
        before = relaxation.cost.copy()
        dearer = np.flatnonzero(cost != self.cost).tolist()
        for option in dearer:
            relaxation.reprice(option, int(before[option] + cost[option] - self.cost[option]))
        found = dive(relaxation, cutoff, rng, {option for option, taken in self._applied if taken})
        for option in dearer:
            relaxation.reprice(option, int(before[option]))
        return found

    def _unsure(self) -> Costs:
        """Return the options of which only a part is taken: who leaves first, then who stays, most open ones first."""
        options, shares = self.relaxation.options, self.relaxation.shares
        parts = (shares > WHOLE) & (shares < 1 - WHOLE)
        options, shares = options[parts], shares[parts]
        rank = np.where(np.isin(options, self._leaves), 0, np.where(np.isin(options, self._stays), 1, 2))
        return np.asarray(options[np.lexsort((options, np.abs(shares - 1 / 2), rank))])

    def _solve(self, branch: Branch, value: float) -> float:
        """Return what a packing of a branch costs at least, given what one of the branch around it does."""
        self._apply(branch)
        if self.relaxation.solve():
            return self.relaxation.value
        return inf if self.relaxation.is_impossible else value

    def _apply(self, branch: Branch) -> None:
        """Let the relaxation be that of a branch. Nobody is kept from leaving, so that it never lacks options."""
        for option, taken in self._applied:
            self._decide(option, None, taken)
        for option, taken in branch:
            self._decide(option, taken, taken)
        self._applied = branch

    def _decide(self, option: int, taken: bool | None, was: bool) -> None:
        if not was and option in self._leaves:
            self.relaxation.reprice(option, int(self.cost[option]) + (0 if taken is None else NEVER))
        else:
            self.relaxation.decide(option, taken)
