"""Pack one day: the cheapest choice of a place for each session, with a proven bound, as a mixed-integer program.

Time is cut into cells, and each option takes spans of cells. The linear relaxation of such a program is nearly
integral. It has tens of thousands of options, but is solved over the few that could be of use: those that the value of
the cells does not make too dear.
"""

from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from .problem import Costs

FIRST = 12  # options of each session that are looked at before the cells have a value
MORE = 12  # useful options of each session that are added at once
MOST_NODES = 2000
NEAR = 20  # dearer options are not tried at first
NEARER = 6  # nor are these, where every combination is tried
SURE = (0.95, 0.6)  # shares from which a session is settled at once
EXACT, ROUGH, FAR = 1e-6, 1e-4, 1e9
OPTIONS = {"output_flag": False, "threads": 1, "parallel": "off", "mip_rel_gap": 0.0, "mip_abs_gap": 0.99}

Prices = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packing:
    """Hold the options of some sessions, in order of session; each session takes exactly one of its options."""

    session: Costs  # [option]
    cost: Costs  # [option]
    spans: Costs  # [option, n, 2]: the rows that an option takes, half-open; an empty span takes none
    room: Costs  # [row]: how many options may take it
    known: Costs  # [session]: a choice that fits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Packed:
    """Hold the option chosen for each session, what they cost together, and a cost that no other choice can beat."""

    options: Costs
    cost: int
    bound: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxed:
    """Hold the solved relaxation: its value, the least cost of a packing, and the options that it looked at."""

    value: float
    bound: int
    columns: Costs
    reduced: Prices  # [option]: at least so much dearer than the relaxation is a packing with this option


def relax(packing: Packing) -> Relaxed:
    """Solve the linear relaxation, over more and more options until no other one could make it cheaper."""
    columns = np.union1d(_first_of_each(packing.session, packing.cost, FIRST), packing.known)
    solver = _solver(packing)
    _add(solver, packing, columns)
    while True:
        solver.run()
        value = float(solver.getInfo().objective_function_value)
        duals = np.array(solver.getSolution().row_dual)
        reduced = packing.cost - duals[packing.session] - _taken(packing, duals[len(packing.known) :])
        fresh = np.setdiff1d(np.flatnonzero(reduced < -EXACT), columns)
        if not len(fresh):
            bound = int(np.ceil(value - EXACT * max(1, abs(value))))
            return Relaxed(value=value, bound=bound, columns=np.sort(columns), reduced=reduced)
        fresh = fresh[_first_of_each(packing.session[fresh], reduced[fresh], MORE)]
        _add(solver, packing, fresh)
        columns = np.concatenate([columns, fresh])


def pack(packing: Packing, relaxed: Relaxed) -> Packed:
    """Return a good packing soon: the better one of two that were settled session by session."""
    columns = np.union1d(np.flatnonzero(relaxed.reduced <= NEAR), packing.known)
    options = min(
        (_dive(packing, columns, sure) for sure in SURE), key=lambda options: int(packing.cost[options].sum())
    )
    cost = int(packing.cost[options].sum())
    return Packed(options=options, cost=cost, bound=min(relaxed.bound, cost))


def improve(packing: Packing, relaxed: Relaxed, best: Packed, seconds: float) -> Packed:
    """Return a better packing of the options that the relaxation found most useful, or the same one."""
    if best.cost == best.bound:
        return best
    columns = np.union1d(np.flatnonzero(relaxed.reduced <= NEARER), packing.known)
    found = _choose(packing, columns, seconds, best)
    return replace(found, bound=min(relaxed.bound, found.cost))


def prove(packing: Packing, relaxed: Relaxed, best: Packed, seconds: float) -> Packed:
    """Return a better packing, or the same one, with what is proven about it.

    A better one can only be made of options that are no dearer than the gap.
    """
    if best.cost == best.bound:
        return best
    useful = np.flatnonzero(relaxed.reduced <= best.cost - 1 - relaxed.value + EXACT)
    found = _choose(packing, useful, seconds, best)
    return replace(found, bound=min(found.cost, max(relaxed.bound, found.bound)))


def _dive(packing: Packing, columns: Costs, sure: float) -> Costs:
    """Settle the session that the relaxation is surest of, and relax again, until all are settled."""
    solver = _solver(packing)
    _add(solver, packing, columns)
    settled = np.zeros(len(columns), dtype=bool)
    while True:
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return packing.known  # what was settled together does not fit
        share = np.array(solver.getSolution().col_value)
        if (np.minimum(share, 1 - share) < ROUGH).all():
            return np.asarray(columns[share > 0.5])
        unsure = np.where(settled | (share > 1 - ROUGH), 0, share)
        fixed = np.union1d(np.flatnonzero(unsure > sure), [unsure.argmax()]).astype(np.int32)
        settled[fixed] = True
        solver.changeColsBounds(len(fixed), fixed, np.ones(len(fixed)), np.ones(len(fixed)))


def _taken(packing: Packing, duals: Prices) -> Prices:
    """Return for each option the sum of the prices of the rows that it takes."""
    total = np.concatenate([[0.0], np.cumsum(duals)])
    return np.asarray((total[packing.spans[..., 1]] - total[packing.spans[..., 0]]).sum(axis=1))


def _first_of_each(session: Costs, cost: Costs | Prices, count: int) -> Costs:
    """Return the indices of the cheapest options of each session."""
    order = np.lexsort((cost, session))
    starts = np.searchsorted(session[order], session[order])
    return np.sort(order[np.arange(len(order)) - starts < count])


def _choose(packing: Packing, columns: Costs, seconds: float, best: Packed) -> Packed:
    """Solve the integer program over some options; the answer is the best known one if no better one is found."""
    solver = _solver(packing)
    _add(solver, packing, columns)
    solver.setOptionValue("mip_max_nodes", MOST_NODES)
    solver.setOptionValue("time_limit", min(max(seconds, 0.0), FAR))
    solver.setOptionValue("objective_bound", best.cost - 0.5)
    numbers = np.arange(len(columns), dtype=np.int32)
    solver.changeColsIntegrality(len(columns), numbers, np.full(len(columns), highspy.HighsVarType.kInteger))
    solver.run()
    options = columns[np.array(solver.getSolution().col_value) > 0.5]
    cost = int(packing.cost[options].sum())
    if len(options) != len(packing.known) or cost >= best.cost:
        options, cost = best.options, best.cost
    dual = min(max(solver.getInfo().mip_dual_bound, 0.0), FAR)
    return Packed(options=options, cost=cost, bound=min(cost, int(np.ceil(dual - ROUGH))))


def _solver(packing: Packing) -> highspy.Highs:
    """Build a program without any options: a row for each session, then one for each cell."""
    model = highspy.HighsLp()
    sessions, cells = len(packing.known), len(packing.room)
    model.num_col_, model.num_row_ = 0, sessions + cells
    model.row_lower_ = np.concatenate([np.ones(sessions), np.full(cells, -highspy.kHighsInf)])
    model.row_upper_ = np.concatenate([np.ones(sessions), packing.room.astype(float)])
    solver = highspy.Highs()
    for name, choice in OPTIONS.items():
        solver.setOptionValue(name, choice)
    solver.passModel(model)
    return solver


def _add(solver: highspy.Highs, packing: Packing, columns: Costs) -> None:
    """Add options as columns between 0 and 1."""
    spans = packing.spans[columns]
    lengths = (spans[..., 1] - spans[..., 0]).ravel()
    each = lengths.reshape(len(columns), -1).sum(axis=1) + 1
    ends = np.cumsum(each)
    index = np.empty(ends[-1], dtype=np.int32)
    is_cell = np.ones(len(index), dtype=bool)
    is_cell[ends - each] = False
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    index[~is_cell] = packing.session[columns]
    index[is_cell] = len(packing.known) + np.repeat(spans[..., 0].ravel(), lengths) + offsets
    count, ones = len(columns), np.ones(len(columns))
    starts = (ends - each).astype(np.int32)
    cost = packing.cost[columns].astype(float)
    solver.addCols(count, cost, 0 * ones, ones, len(index), starts, index, np.ones(len(index)))
