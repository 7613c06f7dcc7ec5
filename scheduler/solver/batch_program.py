"""The programs of a packing: its relaxation, over the options and inequalities that matter, and the whole one."""

from math import ceil

import highspy
import numpy as np

from .batch_cuts import EXACT, Cut, broken
from .batch_packing import Packing, Prices, first_of_each
from .problem import Costs, Mask

FIRST = 12  # options of each session that are looked at before the cells have a value
MORE = 12  # useful options of each session that are added at once
LITTLE = 0.5  # a round of inequalities that raises the bound by less is the last
OPTIONS = {"output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0}
NOWHERE = np.zeros(0, dtype=np.int32)


class Relaxation:
    """Hold the relaxation of a packing, which has tens of thousands of options but needs few of them."""

    def __init__(self, packing: Packing) -> None:
        self.packing, self.cost = packing, packing.cost.copy()
        self.options = np.zeros(0, dtype=np.int64)
        self.cuts: list[Cut] = []
        self._counted: list[Mask] = []  # [cut]: the options that it counts
        self.value = 0.0
        self.shares: Prices = np.zeros(0)
        self._duals: Prices = np.zeros(0)
        self._solver = _solver(packing, self.cuts)
        leaves = np.unique(packing.session, return_index=True)[1]
        self.add(np.union1d(first_of_each(packing.session, packing.cost, FIRST), leaves))

    @property
    def bound(self) -> int:
        """Return the least cost that a packing can have."""
        return ceil(self.value - EXACT * max(1, abs(self.value)))

    @property
    def is_impossible(self) -> bool:
        """Tell whether the options that are looked at were found to have no room beside each other."""
        return bool(self._solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible)

    def solve(self, fresh: bool = True) -> bool:
        """Solve the relaxation, with any fresh options that make it cheaper; return False if nothing fits."""
        while True:
            self._solver.run()
            if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return False
            self.value = float(self._solver.getInfo().objective_function_value)
            solution = self._solver.getSolution()
            self.shares, self._duals = np.array(solution.col_value), np.array(solution.row_dual)
            reduced = self.reduced() if fresh else np.zeros(0)
            useful = np.setdiff1d(np.flatnonzero(reduced < -EXACT), self.options)
            if not len(useful):
                return True
            self.add(useful[first_of_each(self.packing.session[useful], reduced[useful], MORE)])

    def tighten(self) -> bool:
        """Add the inequalities that the solution breaks; return False when there are none."""
        found = broken(self.packing, self.options, self.shares)
        for cut in found:
            self._counted.append(cut.counts(self.packing.session, self.packing.spans))
            here = np.flatnonzero(self._counted[-1][self.options])
            index, ones = here.astype(np.int32), np.ones(len(here))
            self._solver.addRow(-highspy.kHighsInf, float(cut.room), len(here), index, ones)
        self.cuts += found
        return bool(found)

    def prove(self) -> None:
        """Solve the relaxation, and tighten it as long as that raises its value."""
        before = -np.inf
        while self.solve() and self.value > before + LITTLE and self.tighten():
            before = self.value

    def reduced(self) -> Prices:
        """Return for each option how much dearer than the relaxation a packing with it is at least."""
        packing, duals, first = self.packing, self._duals, self.packing.sessions
        reduced = self.cost - duals[packing.session] - packing.summed(duals[first : first + len(packing.room)])
        for counted, price in zip(self._counted, duals[first + len(packing.room) :], strict=False):
            if abs(price) > EXACT:
                reduced[counted] -= price
        return np.asarray(reduced)

    def reprice(self, option: int, cost: int) -> None:
        """Let an option cost something else from now on."""
        self.cost[option] = cost
        for column in np.flatnonzero(self.options == option).tolist():
            self._solver.changeColCost(column, float(cost))

    def add(self, options: Costs) -> None:
        """Look at more options."""
        options = np.setdiff1d(options, self.options)
        _add(self._solver, self.packing, options, self.cost[options], self.cuts)
        self.options = np.concatenate([self.options, options])

    def decide(self, option: int, taken: bool | None) -> None:
        """Let an option that is looked at be taken, or not; None leaves it open again."""
        low, high = (0.0, 1.0) if taken is None else (float(taken), float(taken))
        for column in np.flatnonzero(self.options == option).tolist():
            self._solver.changeColBounds(column, low, high)

    def settle(self, column: int) -> None:
        """Let the option of a column be taken."""
        self._solver.changeColBounds(column, 1.0, 1.0)

    def release(self, columns: list[int]) -> None:
        """Leave open again whether the options of some columns are taken."""
        for column in columns:
            self._solver.changeColBounds(column, 0.0, 1.0)


def whole(packing: Packing, cuts: list[Cut], settings: dict[str, float]) -> tuple[Costs, float]:
    """Return the options of the cheapest packing, if one was found in time, and a cost that no packing is below."""
    solver, numbers = _solver(packing, cuts), np.arange(len(packing.cost))
    for name, value in settings.items():
        solver.setOptionValue(name, value)
    _add(solver, packing, numbers, packing.cost, cuts)
    integer = np.full(len(numbers), highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(len(numbers), numbers.astype(np.int32), integer)
    solver.run()
    options = np.flatnonzero(np.array(solver.getSolution().col_value) > 1 / 2)
    found = options if len(options) == packing.sessions else NOWHERE
    return found, float(solver.getInfo().mip_dual_bound)


def _solver(packing: Packing, cuts: list[Cut]) -> highspy.Highs:
    """Build a program without any options: a row for each session, for each row of the packing and each inequality."""
    model, each, rows = highspy.HighsLp(), packing.sessions, len(packing.room) + len(cuts)
    model.num_col_, model.num_row_ = 0, each + rows
    model.row_lower_ = np.concatenate([np.ones(each), np.full(rows, -highspy.kHighsInf)])
    model.row_upper_ = np.concatenate([np.ones(each), packing.room.astype(float), [float(cut.room) for cut in cuts]])
    solver = highspy.Highs()
    for name, choice in OPTIONS.items():
        solver.setOptionValue(name, choice)
    solver.passModel(model)
    return solver


def _add(solver: highspy.Highs, packing: Packing, options: Costs, cost: Costs, cuts: list[Cut]) -> None:
    """Add options as columns between 0 and 1."""
    if not len(options):
        return
    numbers, session, first = np.arange(len(options)), packing.session[options], packing.sessions
    spans = packing.spans[options]
    lengths = spans[..., 1] - spans[..., 0]
    each = lengths.ravel()
    offsets = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    rows = [session, first + np.repeat(spans[..., 0].ravel(), each) + offsets]
    columns = [numbers, np.repeat(numbers, lengths.sum(axis=1))]
    for number, cut in enumerate(cuts, first + len(packing.room)):
        columns.append(np.flatnonzero(cut.counts(session, spans)))
        rows.append(np.full(len(columns[-1]), number))
    row, column = np.concatenate(rows), np.concatenate(columns)
    order = np.argsort(column, kind="stable")
    starts = np.searchsorted(column[order], numbers).astype(np.int32)
    ones, index = np.ones(len(options)), row[order].astype(np.int32)
    solver.addCols(len(options), cost.astype(float), 0 * ones, ones, len(index), starts, index, np.ones(len(index)))
