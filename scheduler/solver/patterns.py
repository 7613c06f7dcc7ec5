"""The ways to treat in one week: which days, grouped by how many, the first and the last."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from .problem import WEEK, Costs, Stretch


@dataclass(frozen=True, slots=True)
class Group:
    """Hold the patterns of `count` days that begin on position `first`; one row for each slot in which they may end.

    A slot is the position of the last day. Where a block of days may run on into the next week, further slots hold how
    long it is by then, and `block` says how long the one is that runs in from the week before (0 is none).
    """

    count: int
    first: int
    slot: int  # of the first row; the others follow
    rows: slice
    block: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """Hold the patterns of a week with `size` positions, ordered so that each group's masks lie together."""

    masks: Costs  # in order; 0 stands for "no such pattern"
    bounds: Costs  # where each row begins in `masks`
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
    table: dict[tuple[int, int, int], dict[int, list[int]]] = {}
    for mask in range(1, 1 << size):
        chosen = [p for p in range(size) if mask >> p & 1]
        days = [weekdays[p] for p in chosen]
        if len(chosen) <= most and _keeps(days, rule):
            for block, length in _blocks(days, rule, open_blocks(weekdays, rule)):
                slot = chosen[-1] if length == 0 else size + length - 1
                table.setdefault((len(chosen), chosen[0], block), {}).setdefault(slot, []).append(mask)
    masks: list[int] = []
    bounds: list[int] = []
    groups: list[Group] = []
    for (count, first, block), slots in sorted(table.items()):
        begin = len(bounds)
        for slot in range(min(slots), max(slots) + 1):
            bounds.append(len(masks))
            masks.extend(slots.get(slot, [0]))
        groups.append(Group(count, first, min(slots), slice(begin, len(bounds)), block))
    return Patterns(np.array(masks, dtype=np.intp), np.array(bounds, dtype=np.intp), tuple(groups))


def open_blocks(weekdays: tuple[int, ...], rule: Stretch) -> int:
    """Return the longest block that may run on from one week into the next, or 0 when none can."""
    crosses = rule.blocks is not None and bool(weekdays) and (weekdays[0], weekdays[-1]) == (0, WEEK - 1)
    return rule.blocks[1] - 1 if rule.blocks and crosses and rule.min_gap <= 1 else 0


def _keeps(days: list[int], rule: Stretch) -> bool:
    """Tell whether the days of one week keep the gaps and weekdays of a rule, and the breaks between its blocks."""
    if not all(rule.weekdays >> day & 1 for day in days):
        return False
    longest = min(rule.max_gap, rule.blocks[2] + 1) if rule.blocks else rule.max_gap
    # Two days of one block follow each other, so that the longest break has to do with the others only.
    return all(rule.min_gap <= gap and (gap == 1 or gap <= longest) for gap in _gaps(days))


def _blocks(days: list[int], rule: Stretch, crossing: int) -> Iterator[tuple[int, int]]:
    """Yield (block that runs in from the week before, block that runs on into the next), as lengths, 0 for none."""
    if rule.blocks is None:
        yield 0, 0
        return
    least, most, _ = rule.blocks
    for before in range(crossing + 1 if days[0] == 0 else 1):
        runs = [before + 1]
        for gap in _gaps(days):
            runs = [*runs[:-1], runs[-1] + 1] if gap == 1 else [*runs, 1]
        if all(least <= run <= most for run in runs):
            yield before, 0
        if days[-1] == WEEK - 1 and runs[-1] <= crossing and all(least <= run <= most for run in runs[:-1]):
            yield before, runs[-1]


def _gaps(days: list[int]) -> list[int]:
    return [later - day for day, later in pairwise(days)]
