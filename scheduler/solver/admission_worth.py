"""A proven bound on the priority that can be admitted, from prices of scarce cells.

Whatever the prices are: no admission is worth more than all cells and what each course gains beyond its cells. The
prices are learnt from what too many want (the subgradient method with Polyak's steps).
"""

from collections.abc import Callable, Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from .admission_floor import Floor

SCALE = 1_000_000  # prices are counted in parts of the highest priority
INERTIA = 0.7  # of a direction in the next one
SLOWER, SLOWEST = 0.7, 0.01
PATIENCE = 10  # rounds without a lower bound, after which the steps become shorter

Values = NDArray[np.float64]


class Worth:
    """Hold the most priority that anybody could admit."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self._people = [number for number, candidate in enumerate(floor.candidates) if candidate.priority > 0]
        self.bound = sum(candidate.priority for candidate in floor.candidates)
        self._top = max((candidate.priority for candidate in floor.candidates), default=0) or 1
        self._capacity = floor.capacity.reshape(-1)

    def forget(self, number: int) -> None:
        """Expect nothing of a course that has no plan."""
        self.bound -= self.floor.candidates[number].priority
        self._people.remove(number)

    def learn(self, reached: Callable[[], int]) -> Iterator[None]:
        """Lower the bound towards what is `reached`, one person a step, until that hardly goes on."""
        values, direction = np.zeros(self._capacity.size), np.zeros(self._capacity.size)
        best, lowest, pace, tired = values, np.inf, 1.0, 0
        while pace > SLOWEST:
            total, load = yield from self.price(values)
            if total < lowest:
                best, lowest, tired = values, total, 0
            else:
                tired += 1
            direction = INERTIA * direction + (1 - INERTIA) * (self._capacity - load)
            if tired == PATIENCE:
                values, direction, pace, tired = best, np.zeros_like(direction), pace * SLOWER, 0
                continue
            # A cell that costs nothing cannot become cheaper.
            free = np.where((values <= 0) & (direction > 0), 0, direction)
            step = pace * max(total - reached() + 0.5, 0) / self._top / max(float(free @ free), 1.0)
            values = np.maximum(values - step * free, 0)

    def price(self, values: Values) -> Generator[None, None, tuple[float, Values]]:
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
