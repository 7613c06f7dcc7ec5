"""The linear relaxation over the plans found so far, whose dual values are the prices of scarce cells."""

import highspy
import numpy as np
from numpy.typing import NDArray

from .admission_floor import Floor, Places

EXACT = 1e-6
OPTIONS = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0}

Values = NDArray[np.float64]
Cells = NDArray[np.signedinteger]


class Master:
    """Choose among known plans, each at most once and in parts, so that no cell is taken more often than it can be.

    Rows of the program stand for cells; only those that a solution would take too often are ever written down.
    """

    def __init__(self, floor: Floor, top: int) -> None:
        self.floor, self._top = floor, top
        self._room = floor.capacity.reshape(-1)
        self._row = np.full(self._room.size, -1, dtype=np.int64)
        self._rows = np.zeros(0, dtype=np.int64)  # the cells of the rows, in order
        self._cells: list[Cells] = []
        self._known: set[tuple[int, Places]] = set()
        self._solver = highspy.Highs()
        for name, choice in OPTIONS.items():
            self._solver.setOptionValue(name, choice)
        self._solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        for _ in floor.candidates:
            self._solver.addRow(-highspy.kHighsInf, 1.0, 0, np.zeros(0, dtype=np.int32), np.zeros(0))

    def add(self, number: int, places: Places) -> bool:
        """Add a plan; return False when it is known already."""
        if (number, places) in self._known:
            return False
        self._known.add((number, places))
        cells = self.floor.cells(number, places)
        self._cells.append(cells)
        taken, counts = np.unique(cells[self._row[cells] >= 0], return_counts=True)
        index = np.concatenate([[number], len(self.floor.candidates) + self._row[taken]]).astype(np.int32)
        values = np.concatenate([[1.0], counts])
        worth = self.floor.candidates[number].priority / self._top
        self._solver.addCol(worth, 0.0, highspy.kHighsInf, len(index), index, values)
        return True

    def solve(self) -> Values:
        """Return the price of each cell, in parts of the highest priority."""
        while True:
            self._solver.run()
            solution = self._solver.getSolution()
            if not self._tighten(np.array(solution.col_value)):
                break
        prices = np.zeros(self._room.size)
        prices[self._rows] = np.maximum(np.array(solution.row_dual)[len(self.floor.candidates) :], 0)
        return prices

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
