"""People who are all seated at once and stand in each other's way, until nobody does any more.

Whoever is in somebody's way is planned again where that matters least. A cell that was wanted by too many becomes
dearer each time, also while it is free, so that those who can do without it leave it to others. When that has not
helped for long, some people leave, those who were in the way most, and others try.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from .admission_floor import Floor
from .problem import Costs
from .trace import Places

BASE = 100  # what it costs to take a cell that another course has, before anybody quarrelled about it
FREE = 4  # a free cell costs so much less of what quarrels have made it dearer
NOISE = 3  # of equally cheap places now one and now another is taken
PATIENCE = 100  # steps without progress, after which somebody leaves
OTHERS = 0.5  # of the steps plan somebody again who is in nobody's way, but near


class Crowd:
    """Hold plans that may overlap, and what each cell costs by how often it was wanted by too many."""

    def __init__(self, floor: Floor, seed: int) -> None:
        self.floor = floor
        self._rng, self._noise = random.Random(seed), np.random.default_rng(seed)
        self._left = floor.capacity.reshape(-1).astype(np.int64)
        self._dear = np.full(self._left.size, BASE, dtype=np.int64)
        self._width = floor.capacity.shape[2]
        self._running = np.zeros((self._left.size // self._width, self._width + 1), dtype=np.int64)
        self.plans: dict[int, Places] = {}
        self._cells: dict[int, Costs] = {}
        self.over: set[int] = set()  # the cells that too many have
        self._grudges: Counter[int] = Counter()
        self._fewest, self._since = self._left.size, 0
        self.has_given_up = False  # at least once
        self._row = self._left.size // len(floor.capacity)
        self._rows = [
            {int(row) for uses in candidate.uses for use in uses for row in use.rows} for candidate in floor.candidates
        ]
        self._look_at(np.arange(self._left.size))

    def seat(self, number: int, places: Places) -> None:
        """Let a course take places, even where others are."""
        self.plans[number], self._cells[number] = places, self.floor.cells(number, places)
        np.subtract.at(self._left, self._cells[number], 1)
        self._look_at(self._cells[number])

    def leave(self, number: int, dearer: Sequence[int] = ()) -> None:
        """Let a course go, and look also at cells that have become dearer."""
        del self.plans[number]
        cells = self._cells.pop(number)
        np.add.at(self._left, cells, 1)
        self._look_at(np.concatenate([cells, np.array(dearer, dtype=cells.dtype)]))

    @property
    def quarrels(self) -> NDArray[np.float64]:
        """Return how much dearer quarrels have made each cell."""
        return (self._dear - BASE).astype(np.float64)

    def welcome(self, people: Iterable[int]) -> None:
        """Seat one more of some people, most likely an important one, or one who seldom had to leave."""
        out = [number for number in people if number not in self.plans]
        self._plan(min(out, key=lambda number: (self._grudges[number] + 2 * self._rng.random()) / self._rank(number)))
        self._fewest, self._since = len(self.over), 0

    def ease(self) -> None:
        """Plan somebody again who is in the way or near; let some leave when that has not helped for long."""
        self._since = 0 if len(self.over) < self._fewest else self._since + 1
        self._fewest = min(self._fewest, len(self.over))
        if self._since > PATIENCE:
            self.has_given_up = True
            while self.over:
                self.send_away(self._most_in_the_way())
            return
        over = sorted(self.over)
        self._dear[over] += BASE
        cell = self._rng.choice(over)
        near = [number for number in self.plans if cell // self._row in self._rows[number]]
        guilty = [number for number in near if cell in self._cells[number]]
        number = self._rng.choice(near if self._rng.random() < OTHERS else guilty)
        self.leave(number, over)
        self._plan(number)

    def send_away(self, number: int) -> None:
        """Let a course go that has to come back less soon than others."""
        self.leave(number)
        self._grudges[number] += 1

    def _most_in_the_way(self) -> int:
        over = np.array(sorted(self.over))

        def blame(number: int) -> float:
            share = np.isin(self._cells[number], over).sum() / self._rank(number)
            return float(share / (1 + self._grudges[number]) + self._rng.random() if share else 0)

        return max(self.plans, key=blame)

    def _plan(self, number: int) -> None:
        """Seat a course where it is in the way least."""
        prices = self.floor.prices(number, self._running.reshape(-1))
        noisy = [price + self._noise.integers(0, NOISE, len(price)) for price in prices]
        solution = self.floor.search(number).cheapest(noisy)
        assert solution is not None
        self.seat(number, solution.places)

    def _look_at(self, cells: Costs) -> None:
        """Bring up to date what is known of some cells, and of the lines that they lie in."""
        crowded = self._left[cells] < 0
        self.over.update(cells[crowded].tolist())
        self.over.difference_update(cells[~crowded].tolist())
        lines = np.unique(cells // self._width)
        dear = self._dear.reshape(-1, self._width)[lines]
        taken = self._left.reshape(-1, self._width)[lines] <= 0
        self._running[lines, 1:] = np.cumsum(np.where(taken, dear, (dear - BASE) // FREE), axis=1)

    def _rank(self, number: int) -> int:
        return self.floor.candidates[number].priority
