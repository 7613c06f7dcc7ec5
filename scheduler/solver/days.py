"""What each day costs, for every usual start and home chair at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .problem import WEEK, Costs, Mask, Problem, Stretch

FAR = 1 << 13
Columns = Sequence[int] | NDArray[np.intp]
Known = dict[object, NDArray[Any]]  # what was computed for problems that differ in nothing that a single day costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Hold what is done on one kind of treatment day: the role of each session, and the steps between them."""

    roles: tuple[int, ...]
    gaps: tuple[int, ...]  # least steps from each start to the next
    nominal: int
    free: bool = False  # neither time nor chair counts (the mapping visit)


def visits_of(problem: Problem, stretch: Stretch, first_role: int | None = None, free: bool = False) -> Visits:
    """Return the visits of a day of a stretch, the first of them perhaps in another role."""
    roles = [stretch.role] * stretch.per_day
    if first_role is not None:
        roles[0] = first_role
    cells = [max(stretch.start_gap, problem.roles[role].hold) for role in roles[:-1]]
    gaps = tuple(-(-cell // problem.step) for cell in cells)
    return Visits(roles=tuple(roles), gaps=gaps, nominal=stretch.nominal, free=free)


class Days:
    """Compute day costs [day, column], a column being home chair x usual start; repairs have a single column."""

    def __init__(self, problem: Problem, known: Known | None = None) -> None:
        self.problem = problem
        is_small = _worst_case(problem) < 1 << 26
        self.infinity = 1 << 27 if is_small else 1 << 56
        self.dtype: type[np.int32 | np.int64] = np.int32 if is_small else np.int64
        self._known = {} if known is None else known
        self.homes = np.flatnonzero(problem.chairs)
        self.anchors = np.arange(1) if problem.keep else self._anchor_range()

    def feasible(self, role: int) -> Mask:
        """Return the feasible starts [day, allowed chair, start] of a role."""
        if role not in self._known:
            self._known[role] = self.problem.feasible(role)
        feasible: Mask = self._known[role]
        return feasible

    def columns(self) -> int:
        """Count the columns."""
        return 1 if self.problem.keep else len(self.homes) * len(self.anchors)

    def column(self, index: int) -> tuple[int, int]:
        """Return (index of the home among the allowed chairs, usual start) of a column."""
        home, anchor = divmod(index, len(self.anchors))
        return home, int(self.anchors[anchor])

    def usual(self) -> Costs:
        """Return what the usual start of each column costs, once for the course."""
        if self.problem.usual is None or self.problem.keep:
            return np.zeros(self.columns(), dtype=self.dtype)
        return np.tile(self.problem.usual[self.anchors], len(self.homes)).astype(self.dtype)

    def costs(self, visits: Visits, columns: Columns | slice = slice(None)) -> Costs:
        """Return the least cost of each day for the given columns; a day without price has one column for all."""
        key = visits, self.dtype, int(self.anchors[0]), len(self.anchors)
        if key not in self._known:
            self._known[key] = self._compute(visits)
        whole: Costs = self._known[key]
        return whole if whole.shape[1] == 1 else whole[:, columns]

    def fits(self, visits: Visits) -> Mask:
        """Tell the days on which the visits fit at all."""
        return np.asarray(self.costs(visits).min(axis=1) < self.infinity)

    def _anchor_range(self) -> Costs:
        """Return the usual starts to try: between the first and the last feasible one, or out to a wished one."""
        problem = self.problem
        seen: list[int] = []
        for stretch in problem.stretches:
            for number in range(stretch.per_day):
                starts = np.flatnonzero(self.feasible(stretch.role).any(axis=(0, 1))) - number * stretch.nominal
                seen.extend(int(start) for start in (*starts[:1], *starts[-1:]))
        if problem.usual is None:
            return np.arange(min(seen), max(seen) + 1) if seen else np.arange(1)
        if problem.usual.min() < problem.usual.max():
            seen.append(int(np.argmin(problem.usual)))
        anchors = np.arange(max(min(seen, default=0), 0), min(max(seen, default=0), problem.starts - 1) + 1)
        return anchors[problem.usual[anchors] < self.infinity]

    def _compute(self, visits: Visits) -> Costs:
        whole = [self.feasible(role) for role in visits.roles]
        own = self._own(visits, whole, slice(None))
        for day in self.problem.fixed:
            ways = [
                self._own(visits, [mask[None] for mask in way], slice(day, day + 1)) for way in self.ways(visits, day)
            ]
            own[day] = np.min([way[0] for way in ways], axis=0) if ways else self.infinity
        if visits.free or self.problem.keep:
            return np.asarray(own.min(axis=1))
        anywhere = own.min(axis=1, keepdims=True) + self.problem.prices.chair * len(visits.roles)
        return np.asarray(np.minimum(own, anywhere, out=own).reshape(self.problem.days, -1))

    def ways(self, visits: Visits, day: int) -> list[list[Mask]]:
        """Return the feasible starts [chair, start] of each session, once for each way to hold what is fixed."""
        held = self.problem.fixed.get(day, ())
        if not held:
            return [[self.feasible(role)[day] for role in visits.roles]]
        answer = []
        for numbers in combinations(range(len(visits.roles)), len(held)):
            way = [self.feasible(role)[day] for role in visits.roles]
            for number, (start, chair) in zip(numbers, held, strict=True):
                only = np.zeros_like(way[number])
                only[slice(None) if chair is None else self.homes == chair, start] = True
                way[number] = way[number] & only
            answer.append(way)
        return answer

    def _own(self, visits: Visits, feasible: list[Mask], days: slice) -> Costs:
        """Return the cost [day, chair, anchor] of some days with all sessions on that chair."""
        if self.problem.keep:
            prices = [self.problem.place_price(number, role, days) for number, role in enumerate(visits.roles)]
            return self._kept(visits, feasible, [price[:, self.homes] for price in prices])
        if visits.free:
            return np.where(feasible[0].any(axis=2, keepdims=True), 0, self.infinity).astype(self.dtype)
        chains = self._chains(visits, feasible)
        where = np.nonzero(chains[0].any(axis=2))
        places = [chain[where] for chain in chains]
        own = np.full((*chains[0].shape[:2], len(self.anchors)), self.infinity, dtype=self.dtype)
        steps = self._several(visits, places) if visits.gaps else self._nearest(places[0])
        own[where] = steps.astype(self.dtype) * self.problem.prices.dev
        return own

    def _chains(self, visits: Visits, feasible: list[Mask]) -> list[Mask]:
        """Return for each session of a day the starts [day, chair, start] from which all the others fit too."""
        chains = feasible[:1]
        for mask, gap in zip(feasible[1:], visits.gaps, strict=True):
            chains.append(later(np.logical_or.accumulate(chains[-1], axis=2), gap, False) & mask)
        for number in reversed(range(len(visits.gaps))):
            after = np.logical_or.accumulate(chains[number + 1][:, :, ::-1], axis=2)
            chains[number] = chains[number] & later(after, visits.gaps[number], False)[:, :, ::-1]
        return chains

    def _nearest(self, places: Mask) -> Costs:
        """Return the steps [place, anchor] from each anchor to the nearest feasible start, by two running extremes."""
        used = np.flatnonzero(places.any(axis=0))
        low = min(int(self.anchors[0]), int(used[0]) if len(used) else 0)
        high = max(int(self.anchors[-1]), int(used[-1]) if len(used) else 0) + 1
        feasible = np.zeros((len(places), high - low), dtype=bool)
        feasible[:, used - low] = places[:, used]
        index = np.arange(high - low, dtype=np.int16)
        before = np.maximum.accumulate(np.where(feasible, index, np.int16(-FAR)), axis=1)
        after = np.minimum.accumulate(np.where(feasible, index, np.int16(FAR))[:, ::-1], axis=1)[:, ::-1]
        return np.minimum(index - before, after - index)[:, self.anchors - low]

    def _several(self, visits: Visits, places: list[Mask]) -> Costs:
        """Return the steps [place, anchor] that the sessions of a day are off together.

        Only feasible starts are looked at; places with about as many of them are computed side by side.
        """
        most = np.max([place.sum(axis=1) for place in places], axis=0)
        steps = np.empty((len(most), len(self.anchors)), dtype=np.int32)
        for low, high in pairwise((0, 8, 16, 32, 64, self.problem.starts)):
            alike = np.flatnonzero((most > low) & (most <= high))
            if len(alike):
                steps[alike] = self._chained(visits, [place[alike] for place in places])
        return steps

    def _chained(self, visits: Visits, places: list[Mask]) -> Costs:
        """Take the sessions in order: the best for each start, after any start of the one before that leaves a gap."""
        worst = len(places) * (2 * self.problem.starts + len(places) * visits.nominal)
        kind = np.int16 if worst < 1 << 15 else np.int32
        best: Costs | None = None
        for number, place in enumerate(places):
            starts = _starts(place)
            usual = (self.anchors + number * visits.nominal).astype(kind)
            here: Costs = np.abs(np.subtract(starts.astype(kind)[:, :, None], usual))
            if best is not None:
                earlier = np.cumsum(places[number - 1], axis=1)
                free_by = np.maximum(starts - visits.gaps[number - 1], 0)
                latest = np.maximum(np.take_along_axis(earlier, free_by, axis=1) - 1, 0)
                running = np.minimum.accumulate(best, axis=1, out=best)
                here += running[np.arange(len(running))[:, None], latest]
            best = here
        assert best is not None
        return np.asarray(best.min(axis=1))

    def _kept(self, visits: Visits, feasible: list[Mask], prices: list[Costs]) -> Costs:
        """Return [day, chair, 1] where each place has its price: in a repair, or while many courses are admitted."""
        best = np.where(feasible[0], prices[0], self.infinity)
        for mask, price, gap in zip(feasible[1:], prices[1:], visits.gaps, strict=True):
            second = later(np.minimum.accumulate(best, axis=2), gap, self.infinity)
            best = np.where(mask, second + price, self.infinity)
        return np.asarray(np.minimum(best.min(axis=2, keepdims=True), self.infinity), dtype=self.dtype)


def later(values: NDArray[Any], gap: int, fill: int | bool) -> NDArray[Any]:
    """Shift values along the last axis, so that each place reads the one `gap` steps before it."""
    answer = np.full_like(values, fill)
    if gap < values.shape[-1]:
        answer[..., gap:] = values[..., : values.shape[-1] - gap]
    return answer


def _starts(places: Mask) -> Costs:
    """Return [place, n] the starts that are set, in order; a shorter row is filled up with its last one."""
    order = np.argsort(~places, axis=1, kind="stable")
    count = places.sum(axis=1)
    index = np.minimum(np.arange(count.max()), count[:, None] - 1)
    return np.take_along_axis(order, index, axis=1)


def _worst_case(problem: Problem) -> int:
    """Return a number above the cost of any plan."""
    prices, days, keep = problem.prices, problem.days + WEEK, problem.keep
    spread = problem.starts + max(stretch.nominal * stretch.per_day for stretch in problem.stretches)
    dearest = int(keep.price.max()) if keep else 0
    dearest += max((int(role.price.max()) for role in problem.roles if role.price is not None), default=0)
    place = prices.dev * spread + prices.chair + dearest
    usual = 0 if problem.usual is None else int(problem.usual.max())
    return (prices.wait + prices.end + prices.short) * days + place * problem.sessions + usual
