"""A proven bound on the priority that can be admitted, from prices of scarce cells.

Whatever the prices are: no admission is worth more than all cells and what each course gains beyond its cells. The
first prices are in proportion to the quarrels about each cell; from there they are learnt from what too many want, on
the average of the last rounds (the volume algorithm of Barahona and Anbil).
"""

from collections.abc import Callable, Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from .admission_floor import Floor

SCALE = 1_000_000  # prices are counted in parts of the highest priority
SMALLEST = 64  # the first prices are a part of what would make all cells worth as much as everybody
FRESH = 0.2  # of the newest round in the average
BELOW = 0.03  # the part of the sum by which each round hopes to lower it
PATIENCE = 10  # rounds without a lower sum, after which the steps become shorter
SHORTER, LONGER, LONGEST, SHORTEST = 0.66, 1.1, 2.0, 0.001
RENEWAL = 60  # rounds, after which the quarrels are asked again

Values = NDArray[np.float64]
Proof = Generator[None, None, tuple[float, Values]]


class Worth:
    """Hold the most priority that anybody could admit."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self._people = [number for number, candidate in enumerate(floor.candidates) if candidate.priority > 0]
        self.bound = sum(candidate.priority for candidate in floor.candidates)
        self._top = max((candidate.priority for candidate in floor.candidates), default=0) or 1
        self._capacity = floor.capacity.reshape(-1).astype(np.int64)

    def forget(self, number: int) -> None:
        """Expect nothing of a course that has no plan."""
        self.bound -= self.floor.candidates[number].priority
        self._people.remove(number)

    def learn(self, quarrels: Callable[[], Values]) -> Iterator[None]:
        """Lower the bound, one person a step, until that hardly goes on; `quarrels` are those about each cell."""
        lowest, best = np.inf, np.zeros(self._capacity.size)
        pace = 1.0
        while pace > SHORTEST:
            total, found = yield from self._in_proportion(quarrels())
            if total < lowest:
                lowest, best, pace = total, found, 1.0
            lowest, best, pace = yield from self._descend(lowest, best, pace)

    def _in_proportion(self, quarrels: Values) -> Proof:
        """Return the lowest sum that any prices in proportion to the quarrels prove, and these prices."""
        everybody = sum(self.floor.candidates[number].priority for number in self._people) / self._top
        scale = everybody / SMALLEST / max(float(quarrels @ self._capacity), 1.0)
        lowest, best = np.inf, quarrels
        while True:
            values = scale * quarrels
            total, _ = yield from self.price(values)
            if total >= lowest:
                return lowest, best
            lowest, best, scale = total, values, 2 * scale

    def _descend(self, lowest: float, best: Values, pace: float) -> Generator[None, None, tuple[float, Values, float]]:
        """Return the lowest sum, its prices and the length of the steps after some rounds."""
        _, average = yield from self.price(best)
        tired = 0
        for _ in range(RENEWAL):
            direction = self._capacity - average
            # A cell that costs nothing cannot become cheaper.
            free = np.where((best <= 0) & (direction > 0), 0, direction)
            step = pace * BELOW * lowest / self._top / max(float(free @ free), 1.0)
            values = np.maximum(best - step * free, 0)
            total, load = yield from self.price(values)
            tired += 1
            if total < lowest:
                onward = float((self._capacity - load) @ direction) > 0
                lowest, best, tired = total, values, 0
                pace = min(pace * LONGER, LONGEST) if onward else pace
            elif tired == PATIENCE:
                pace, tired = pace * SHORTER, 0
            average = FRESH * load + (1 - FRESH) * average
        return lowest, best, pace

    def price(self, values: Values) -> Proof:
        """Return what the prices of the cells prove, and how often each cell is wanted at them."""
        prices = np.rint(values * SCALE).astype(np.int64)
        running = running_sums(prices.reshape(self.floor.capacity.shape))
        total, load = self._top * int(prices @ self._capacity), np.zeros(len(values))
        for number in self._people:
            solution = self.floor.search(number).cheapest(self.floor.prices(number, running))
            gain = 0
            if solution is not None:
                gain = SCALE * self.floor.candidates[number].priority - self._top * solution.cost
            if solution is not None and gain > 0:
                total += gain
                np.add.at(load, self.floor.cells(number, solution.places), 1)
            yield
        self.bound = min(self.bound, total // SCALE)
        return total / SCALE, load


def running_sums(prices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sums of the prices of all cells before each one of its line, and at its end, in one row."""
    answer = np.zeros((*prices.shape[:2], prices.shape[2] + 1), dtype=np.int64)
    np.cumsum(prices, axis=2, out=answer[..., 1:])
    return answer.reshape(-1)
