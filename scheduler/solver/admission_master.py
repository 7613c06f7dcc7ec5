"""The value of scarce cells: the linear relaxation over the plans found so far, and the bound that its prices prove."""

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from .admission_floor import Floor, Places

SCALE = 1000  # prices are whole thousandths of one unit of priority
EXACT = 1e-6
OPTIONS = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0}

Values = NDArray[np.float64]
Cells = NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxed:
    """Hold what the relaxation says: its value, what each cell is worth, and how much of each plan it takes."""

    value: float
    prices: Values  # [cell], counted through all rows of the floor
    shares: Values  # [plan]


class Master:
    """Choose among known plans, each at most once and in parts, so that no cell is taken more often than it can be.

    Rows of the program stand for cells; only those that a solution would take too often are ever written down.
    """

    def __init__(self, floor: Floor) -> None:
        self.floor, self.plans = floor, list[tuple[int, Places]]()
        self._room = floor.capacity.reshape(-1)
        self._row = np.full(self._room.size, -1, dtype=np.int64)
        self._rows = np.zeros(0, dtype=np.int64)  # the cells of the rows, in order
        self._cells: list[Cells] = []
        self._known: set[tuple[int, Places]] = set()
        self._solver = highspy.Highs()
        for name, choice in OPTIONS.items():
            self._solver.setOptionValue(name, choice)
        self._solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        for _ in floor.referrals:
            self._solver.addRow(-highspy.kHighsInf, 1.0, 0, np.zeros(0, dtype=np.int32), np.zeros(0))

    def add(self, number: int, places: Places) -> bool:
        """Add a plan; return False when it is known already."""
        if (number, places) in self._known:
            return False
        self._known.add((number, places))
        self.plans.append((number, places))
        cells = self.floor.cells(number, places)
        self._cells.append(cells)
        taken, counts = np.unique(cells[self._row[cells] >= 0], return_counts=True)
        index = np.concatenate([[number], len(self.floor.referrals) + self._row[taken]]).astype(np.int32)
        values = np.concatenate([[1.0], counts])
        worth = float(self.floor.referrals[number].priority)
        self._solver.addCol(worth, 0.0, highspy.kHighsInf, len(index), index, values)
        return True

    def solve(self) -> Relaxed:
        """Solve the relaxation, with a row for every cell that matters."""
        people = len(self.floor.referrals)
        while True:
            self._solver.run()
            solution = self._solver.getSolution()
            shares = np.array(solution.col_value)
            if not self._tighten(shares):
                break
        prices = np.zeros(self._room.size)
        prices[self._rows] = np.maximum(np.array(solution.row_dual)[people:], 0)
        value = float(self._solver.getInfo().objective_function_value)
        return Relaxed(value=value, prices=prices, shares=shares)

    def _tighten(self, shares: Values) -> bool:
        """Add rows for the cells that are taken too often; return False when there are none."""
        used = [number for number in range(len(shares)) if shares[number] > EXACT]
        if not used:
            return False
        load = np.zeros(self._room.size)
        for number in used:
            np.add.at(load, self._cells[number], shares[number])
        over = np.flatnonzero((load > self._room + EXACT) & (self._row < 0))
        if not len(over):
            return False
        self._row[over] = len(self._rows) + np.arange(len(over))
        self._rows = np.concatenate([self._rows, over])
        columns = np.concatenate([np.full(len(cells), n, dtype=np.int64) for n, cells in enumerate(self._cells)])
        rows = self._row[np.concatenate(self._cells)] - (len(self._rows) - len(over))
        mine = rows >= 0
        key, counts = np.unique(rows[mine] * len(self._cells) + columns[mine], return_counts=True)
        row, column = np.divmod(key, len(self._cells))
        starts = np.searchsorted(row, np.arange(len(over))).astype(np.int32)
        lower, upper = np.full(len(over), -highspy.kHighsInf), self._room[over].astype(float)
        index, values = column.astype(np.int32), counts.astype(float)
        self._solver.addRows(len(over), lower, upper, len(key), starts, index, values)
        return True
