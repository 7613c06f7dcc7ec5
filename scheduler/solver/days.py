"""What each day costs, for every usual start and home chair at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .problem import WEEK, Costs, Mask, Problem, Stretch

FAR = 1 << 20


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

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.infinity, self.dtype = (1 << 27, np.int32) if _worst_case(problem) < 1 << 26 else (1 << 56, np.int64)
        self._feasible: dict[int, Mask] = {}
        self._bound: dict[Visits, Costs] = {}
        self.homes = np.flatnonzero(problem.chairs)
        self.anchors = np.arange(1) if problem.keep else self._anchor_range()

    def feasible(self, role: int) -> Mask:
        """Return the feasible starts [day, allowed chair, start] of a role, computed once."""
        if role not in self._feasible:
            self._feasible[role] = np.ascontiguousarray(self.problem.feasible(role)[:, self.homes])
        return self._feasible[role]

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

    def costs(self, visits: Visits, columns: Sequence[int] | None = None) -> Costs:
        """Return the exact least cost of each day for the given columns (None is all)."""
        if self.problem.keep or visits.free or len(visits.roles) == 1:
            whole = self.bound(visits)
            return whole if columns is None else whole[:, columns]
        wanted = np.arange(self.columns()) if columns is None else np.asarray(columns)
        homes, which = np.divmod(wanted, len(self.anchors))
        anchors, place = np.unique(which, return_inverse=True)
        return self._home_or_away(self._several(visits, self.anchors[anchors]), len(visits.roles))[:, homes, place]

    def bound(self, visits: Visits) -> Costs:
        """Return costs of all columns that are never too high: sessions of one day may overlap."""
        if visits not in self._bound:
            self._bound[visits] = self._compute_bound(visits)
        return self._bound[visits]

    def _compute_bound(self, visits: Visits) -> Costs:
        if self.problem.keep:
            return self._kept(visits)
        if visits.free:
            fits = self.feasible(visits.roles[0]).any(axis=(1, 2))
            return np.repeat(np.where(fits, 0, self.infinity).astype(self.dtype)[:, None], self.columns(), axis=1)
        own: Costs | int = 0
        for number, role in enumerate(visits.roles):
            own = own + self._distance(self.feasible(role), self.anchors + number * visits.nominal)
        return self._home_or_away(np.minimum(own, self.infinity), len(visits.roles)).reshape(self.problem.days, -1)

    def _anchor_range(self) -> Costs:
        problem = self.problem
        seen: list[int] = []
        for stretch in problem.stretches:
            for number in range(stretch.per_day):
                starts = np.flatnonzero(self.feasible(stretch.role).any(axis=(0, 1))) - number * stretch.nominal
                seen.extend(int(start) for start in (*starts[:1], *starts[-1:]))
        if problem.usual is not None:
            return np.flatnonzero(problem.usual < self.infinity)
        return np.arange(min(seen), max(seen) + 1) if seen else np.arange(1)

    def _distance(self, feasible: Mask, anchors: Costs) -> Costs:
        """Return the price of the distance from each anchor to the nearest feasible start, by two running extremes."""
        index = np.arange(feasible.shape[2], dtype=np.int32)
        before = np.maximum.accumulate(np.where(feasible, index, -FAR), axis=2)
        after = np.minimum.accumulate(np.where(feasible, index, FAR)[:, :, ::-1], axis=2)[:, :, ::-1]
        inside = np.clip(anchors, 0, len(index) - 1)
        near = np.minimum(anchors - before[:, :, inside], after[:, :, inside] - anchors)
        # An anchor off the grid's edge is nearest to the first or last start, on the one side that there is.
        near = np.where(anchors < 0, after[:, :, :1] - anchors, near)
        near = np.where(anchors >= len(index), anchors - before[:, :, -1:], near)
        priced = near.astype(self.dtype) * self.problem.prices.dev
        return np.where(near >= FAR // 2, self.infinity, priced).astype(self.dtype)

    def _several(self, visits: Visits, anchors: Costs) -> Costs:
        """Return [day, chair, anchor]: the least cost of a day's sessions, each one gap after the one before."""
        steps = np.arange(self.problem.starts)[:, None]
        best: Costs | None = None
        for number, role in enumerate(visits.roles):
            here = np.abs(steps - number * visits.nominal - anchors[None, :]) * self.problem.prices.dev
            total = np.where(self.feasible(role)[..., None], here.astype(self.dtype), self.infinity)
            if best is not None:
                gap = min(visits.gaps[number - 1], self.problem.starts)
                total[:, :, :gap] = self.infinity
                total[:, :, gap:] += np.minimum.accumulate(best, axis=2)[:, :, : self.problem.starts - gap]
            best = np.minimum(total, self.infinity)
        assert best is not None
        return best.min(axis=2)

    def _kept(self, visits: Visits) -> Costs:
        """Return the single column of a repair: only the first session of a day has a price."""
        keep = self.problem.keep
        assert keep is not None
        best = np.where(self.feasible(visits.roles[0]), keep.price[:, self.homes], self.infinity)
        for number, role in enumerate(visits.roles[1:]):
            gap = min(visits.gaps[number], self.problem.starts)
            later = np.full_like(best, self.infinity)
            later[:, :, gap:] = np.minimum.accumulate(best, axis=2)[:, :, : self.problem.starts - gap]
            best = np.where(self.feasible(role), later, self.infinity)
        return np.minimum(best.min(axis=(1, 2)), self.infinity).astype(self.dtype)[:, None]

    def _home_or_away(self, own: Costs, sessions: int) -> Costs:
        """Return the cost with each chair as home: there, or anywhere for the price of leaving it."""
        anywhere = own.min(axis=1, keepdims=True) + self.problem.prices.chair * sessions
        return np.minimum(np.minimum(own, anywhere), self.infinity).astype(self.dtype)


def _worst_case(problem: Problem) -> int:
    """Return a number above the cost of any plan."""
    prices, days, keep = problem.prices, problem.days + WEEK, problem.keep
    spread = problem.starts + max(stretch.nominal * stretch.per_day for stretch in problem.stretches)
    place = prices.dev * spread + prices.chair + (int(keep.price.max()) if keep else 0)
    usual = 0 if problem.usual is None else int(problem.usual.max())
    return (prices.wait + prices.end + prices.short) * days + place * problem.sessions + usual
