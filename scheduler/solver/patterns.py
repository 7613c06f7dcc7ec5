"""The ways to treat in one week: which days, grouped by how many, the first and the last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from .problem import Costs, Stretch


@dataclass(frozen=True, slots=True)
class Group:
    """Hold the patterns of `count` days that begin on position `first`; one row for each possible last position."""

    count: int
    first: int
    last: int  # the last position of the first row; rows go on to the end of the week
    rows: slice


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Hold the patterns of a week with `size` positions, ordered so that each group's masks lie together."""

    masks: Costs  # in order; 0 stands for "no such pattern"
    bounds: Costs  # where each (count, first, last) begins in `masks`
    groups: tuple[Group, ...]

    def totals(self, first: Costs, after: Callable[[int, int], Costs], must: Sequence[int], infinity: int) -> Costs:
        """Return the least cost [week, row, column] of each group row.

        `first` [week, position, column] is the cost of a position as the first of the week, and `after(h, p)` [week,
        column] that of position p when h is the last before it; `must` [week] has a bit for each position that cannot
        be left out.
        """
        weeks, size, columns = first.shape
        sums = np.empty((weeks, 1 << size, columns), dtype=first.dtype)
        sums[:, 0] = infinity
        for position in range(size):
            top = 1 << position
            sums[:, top] = first[:, position]
            for before in range(position):
                part = slice(1 << before, 2 << before)
                np.add(sums[:, part], after(before, position)[:, None], out=sums[:, top + part.start : top + part.stop])
        for week in range(weeks):
            if must[week]:
                sums[week, np.arange(1 << size) & must[week] != must[week]] = infinity
        return np.minimum.reduceat(sums[:, self.masks], self.bounds, axis=1)


@lru_cache(maxsize=256)
def patterns_of(weekdays: tuple[int, ...], most: int, rule: Stretch) -> Patterns:
    """Return the patterns of at most `most` days over some days of the week that keep the rule."""
    size = len(weekdays)
    table: dict[tuple[int, int, int], list[int]] = {}
    for mask in range(1, 1 << size):
        chosen = [p for p in range(size) if mask >> p & 1]
        if len(chosen) <= most and _keeps([weekdays[p] for p in chosen], rule):
            table.setdefault((len(chosen), chosen[0], chosen[-1]), []).append(mask)
    masks: list[int] = []
    bounds: list[int] = []
    groups: list[Group] = []
    for count, first in sorted({key[:2] for key in table}):
        lasts = [last for last in range(size) if (count, first, last) in table]
        begin = len(bounds)
        for last in range(lasts[0], lasts[-1] + 1):
            bounds.append(len(masks))
            masks.extend(table.get((count, first, last), [0]))
        groups.append(Group(count, first, lasts[0], slice(begin, len(bounds))))
    return Patterns(np.array(masks, dtype=np.intp), np.array(bounds, dtype=np.intp), tuple(groups))


def _keeps(days: list[int], rule: Stretch) -> bool:
    """Tell whether the days of one week keep the gaps, weekdays and blocks of a rule."""
    if not all(rule.weekdays >> day & 1 for day in days):
        return False
    if not all(rule.min_gap <= later - day <= rule.max_gap for day, later in pairwise(days)):
        return False
    if rule.blocks is None:
        return True
    least, most, most_off = rule.blocks
    runs = [1]
    for day, later in pairwise(days):
        if later - day > most_off + 1:
            return False
        runs = [*runs[:-1], runs[-1] + 1] if later - day == 1 else [*runs, 1]
    return all(least <= run <= most for run in runs)
