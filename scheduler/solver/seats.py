"""Who can keep every time when chairs are exchanged: the fewest people have to be called."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import ceil

import highspy
import numpy as np

from scheduler.constraints import PLACE, Booked
from scheduler.plan import Diary, Session
from scheduler.resources import Clinic

from .crowds import crowded

MOST_NODES = 200
FAR, EXACT = 1e9, 1e-6

Fits = Callable[[int, str], bool]  # whether a chair has what a session, by its place in the list, needs
Row = tuple[float, float, list[int]]  # how many of some columns are taken at least and at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """Hold how few people and sessions have to come at another time at least, and a way in which so few people do.

    `chairs` has the chair of each session that keeps its time, by its place in the list; it is empty when no such way
    was found.
    """

    people: int = 0
    sessions: int = 0
    chairs: dict[int, str] = field(default_factory=dict)


def seats(
    clinic: Clinic,
    sessions: Sequence[Session],
    diary: Diary,
    *,
    affected: Collection[str] = frozenset(),
    fits: Fits = lambda place, chair: True,
    seconds: float = FAR,
) -> Seats:
    """Seat as many people as possible at all their times, those first to whom nothing happened.

    A session that keeps its time needs one chair that is open, free and fit throughout, and at no moment more can be
    held than there are technicians.
    """
    booked = Booked(clinic, (), diary)
    moments = list(crowded(sessions, booked))
    least, _ = _solved([1] * len(sessions), [_at_least(over, held) for over, held in moments], seconds)
    who = [number for number, session in enumerate(sessions) if session.chair]
    options = [(number, chair) for number in who for chair in _chairs(sessions[number], booked) if fits(number, chair)]
    names = sorted({sessions[number].patient for number in who})
    first, each = {name: n for n, name in enumerate(names)}, 1 + len(names) + len(who)
    costs = [each + (name not in affected) for name in names]
    costs += [int(chair != sessions[number].chair) for number, chair in options]
    taken = {number: [first[sessions[number].patient]] for number in who}
    for column, (number, _) in enumerate(options, len(names)):
        taken[number].append(column)
    rows: list[Row] = [(1.0, 1.0, columns) for columns in taken.values()]
    rows += [(0.0, 1.0, columns) for columns in _side_by_side(sessions, options, len(names))]
    for over, held in moments:
        rows.append(_at_least(over, sorted({first[sessions[number].patient] for number in held if number in taken})))
    bound, chosen = _solved(costs, rows, seconds)
    return Seats(
        people=int(bound + EXACT) // each,  # all that is less than a person does not add up to one
        sessions=ceil(least - EXACT),
        chairs=dict(options[column - len(names)] for column in chosen if column >= len(names)),
    )


def _at_least(over: int, columns: list[int]) -> Row:
    return float(min(over, len(columns))), highspy.kHighsInf, columns


def _chairs(session: Session, booked: Booked) -> list[str]:
    """Return the chairs that a session could keep its time on, as far as nothing but the other courses is there."""
    alone = replace(session, technician=None, prescriber=None, prescriber_when=None, patient="")
    here = [chair.id for chair in booked.clinic.chairs if chair.site == session.site]
    return [chair for chair in here if all(rule(replace(alone, chair=chair), booked) is None for rule in PLACE)]


def _side_by_side(sessions: Sequence[Session], options: Sequence[tuple[int, str]], first: int) -> list[list[int]]:
    """Return the columns of which only one can be taken: those that hold a chair at the moment at which one begins."""
    spans = [(s.when.start, s.when.end + timedelta(minutes=s.turnaround_minutes)) for s in sessions]
    by_chair: dict[str, list[tuple[int, int]]] = {}
    for column, (number, chair) in enumerate(options, first):
        by_chair.setdefault(chair, []).append((column, number))
    found = []
    for columns in by_chair.values():
        for start in sorted({spans[number][0] for _, number in columns}):
            found.append([column for column, number in columns if spans[number][0] <= start < spans[number][1]])
    return found


def _solved(costs: list[int], rows: list[Row], seconds: float) -> tuple[float, list[int]]:
    """Return a cost that nothing is below, and the columns that the best solution takes."""
    if not costs:
        return 0.0, []
    solver, count = highspy.Highs(), len(costs)
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("mip_max_nodes", MOST_NODES)):
        solver.setOptionValue(option, value)
    solver.setOptionValue("time_limit", min(max(seconds, 0.0), FAR))
    for cost in costs:
        solver.addCol(float(cost), 0.0, 1.0, 0, np.zeros(0, dtype=np.int32), np.zeros(0))
    for lower, upper, columns in rows:
        solver.addRow(lower, upper, len(columns), np.array(columns, dtype=np.int32), np.ones(len(columns)))
    numbers = np.arange(count, dtype=np.int32)
    solver.changeColsIntegrality(count, numbers, np.full(count, highspy.HighsVarType.kInteger))
    solver.run()
    is_found = solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(solver.getSolution().col_value)
    bound = min(max(solver.getInfo().mip_dual_bound, 0.0), FAR)
    return bound, np.flatnonzero(values > 1 / 2).tolist() if is_found else []
