"""What scarce cells are worth, learnt by generating plans; and the bound that these prices prove."""

from collections.abc import Generator, Iterator, Mapping

import numpy as np

from .admission_floor import Floor, Places, cheapest, running_sums
from .admission_master import Master, Values
from .problem import Costs

SCALE = 10_000  # prices are counted in parts of the highest priority
NOISE = 4
SMOOTH = 0.5  # prices of one relaxation jump; those of successive ones are mixed


class Worth:
    """Hold the prices of the cells of a floor, and the most priority that anybody could admit."""

    def __init__(self, floor: Floor, seed: int = 0) -> None:
        self.floor, self._rng = floor, np.random.default_rng(seed)
        self._people = [number for number, candidate in enumerate(floor.candidates) if candidate.priority > 0]
        self.bound = sum(candidate.priority for candidate in floor.candidates)
        self._top = max((candidate.priority for candidate in floor.candidates), default=0) or 1
        self._running = running_sums(np.zeros_like(floor.left))

    def has_plan(self, number: int) -> bool:
        """Tell whether a course has any plan where nobody else comes."""
        return cheapest(self.floor.candidates[number].problem, self.of_places(number)) is not None

    def forget(self, number: int) -> None:
        """Expect nothing of a course that has no plan."""
        self.bound -= self.floor.candidates[number].priority
        self._people.remove(number)

    def learn(self, known: Mapping[int, Places]) -> Iterator[None]:
        """Find plans that are worth their cells until there are none, one person a step; prices and bound improve."""
        master = Master(self.floor, self._top)
        for number, places in known.items():
            master.add(number, places)
        smooth: Values | None = None
        while True:
            prices = master.solve()
            smooth = prices if smooth is None else SMOOTH * smooth + (1 - SMOOTH) * prices
            for values in (smooth, prices):  # where nothing is new at the smooth prices, the pure ones decide
                if (yield from self._price(master, values)):
                    break
            else:
                return

    def _price(self, master: Master, values: Values) -> Generator[None, None, bool]:
        """Give each course its cheapest plan at these prices; tell whether any of them is new.

        Whatever the prices are: no admission is worth more than all cells and what each course gains beyond its cells.
        """
        prices = np.rint(values * SCALE).astype(np.int64).reshape(self.floor.left.shape)
        self._running = running_sums(prices)
        total, fresh = self._top * int((prices * self.floor.capacity).sum()), False
        for number in self._people:
            candidate = self.floor.candidates[number]
            solution = cheapest(candidate.problem, self.of_places(number))
            gain = 0 if solution is None else SCALE * candidate.priority - self._top * solution.cost
            if solution is not None and gain > 0:
                total += gain
                fresh |= master.add(number, solution.places)
            yield
        self.bound = min(self.bound, total // SCALE)
        return fresh

    def of_places(self, number: int) -> list[Costs]:
        """Return [role][day, chair, start] what the cells that a visit takes are worth."""
        roles = range(len(self.floor.candidates[number].uses))
        return [self.floor.window(number, role, self._running) for role in roles]

    def noisy(self, number: int) -> list[Costs]:
        """Return what places are worth, with a little added, so that no two tries are the same."""
        worth = self.of_places(number)
        noise = self._rng.integers(0, NOISE, (len(worth[0]), 1, worth[0].shape[2]), dtype=np.int32)
        return [prices + noise for prices in worth]
