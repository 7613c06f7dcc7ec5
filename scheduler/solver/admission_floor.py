"""People who wait for a course, on one floor: what each of them could take, and what is left of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .best import solve
from .course import run
from .days import Days, visits_of
from .problem import Costs, Keep, Mask, Prices, Problem, erode
from .staff import Staff
from .trace import Place, Solution, trace
from .weeks import Weeks

FREE = Prices(wait=0, end=0, dev=0, chair=0, short=0)
Places = tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Use:
    """Hold what one visit takes of a row of the floor: `count` units of some cells after its start."""

    rows: Costs  # [chair]
    length: int
    offset: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """Hold a course that stands on the floor: its places, and who attends them where people have names."""

    places: Places
    people: tuple[Staff, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """Hold one course that could be admitted: its problem while nobody else is, and what each role of it takes."""

    name: str
    priority: int
    problem: Problem
    uses: tuple[tuple[Use, ...], ...]  # [role]
    step: int  # cells of the floor from one start to the next
    first: int = 0  # the cell of the floor at which the first start lies
    shift: int = 0  # the day of the floor on which the problem begins


class Floor:
    """Hold what is left [row, day, cell] of chairs and people while courses stand on the floor."""

    def __init__(self, candidates: Sequence[Candidate], capacity: Costs) -> None:
        self.candidates, self.capacity = tuple(candidates), np.ascontiguousarray(capacity)
        self.left = np.array(capacity, dtype=np.int16, order="C")
        self.standing: dict[int, Stood] = {}
        self._cells: dict[int, Costs] = {}

    def stand(self, number: int, places: Places, people: tuple[Staff, ...] = ()) -> None:
        """Let a course take its places, with the people who attended them before if it comes back."""
        self.standing[number], self._cells[number] = Stood(places=places, people=people), self.cells(number, places)
        np.subtract.at(self.left.reshape(-1), self._cells[number], 1)

    def withdraw(self, number: int) -> None:
        """Take a course off the floor, if it stands there."""
        if self.standing.pop(number, None) is not None:
            np.add.at(self.left.reshape(-1), self._cells.pop(number), 1)

    def cells(self, number: int, places: Places) -> Costs:
        """Return the cells that some places take, counted through all rows; twice where two units are taken."""
        candidate, (_, days, cells) = self.candidates[number], self.left.shape
        found = []
        for role, uses in enumerate(candidate.uses):
            mine = [(place.chair, place.day, place.start) for place in places if place.role == role]
            if mine:
                chair, day, start = np.array(mine).T
                for use in uses:
                    first = (use.rows[chair] * days + day + candidate.shift) * cells
                    first = first + candidate.first + start * candidate.step + use.offset
                    found += [(first[:, None] + np.arange(use.length)).ravel()] * use.count
        return np.concatenate(found)

    def rooms(self, number: int) -> list[Mask]:
        """Return the starts [role][day, chair, start] that there are among all that stand now."""
        candidate = self.candidates[number]
        found = []
        for role, uses in zip(candidate.problem.roles, candidate.uses, strict=True):
            room = role.room
            for use in uses:
                enough = self.left[use.rows, candidate.shift : candidate.shift + len(room)] >= use.count
                room = room & erode(enough, use.length, candidate.step).transpose(1, 0, 2)
            found.append(room)
        return found

    def blockers(self, number: int, places: Places) -> Counter[int]:
        """Return the courses that stand where there is no room for these places, and how often."""
        cells, counts = np.unique(self.cells(number, places), return_counts=True)
        return self.standing_on(cells[self.left.reshape(-1)[cells] < counts])

    def standing_on(self, cells: Costs) -> Counter[int]:
        """Return the courses that stand on any of some cells, and how often."""
        if not len(cells):
            return Counter()
        marked = np.zeros(self.left.size, dtype=bool)
        marked[cells] = True
        taken = {other: int(marked[mine].sum()) for other, mine in self._cells.items()}
        return Counter({other: count for other, count in taken.items() if count})

    def problem(self, number: int) -> Problem:
        """Return the problem of a course among all that stand now."""
        problem = self.candidates[number].problem
        roles = zip(problem.roles, self.rooms(number), strict=True)
        return replace(problem, roles=tuple(replace(role, room=room) for role, room in roles))

    def best(self, number: int) -> Solution | None:
        """Return the cheapest plan of a course among all that stand now."""
        return solve(self.problem(number))

    def alone(self, number: int) -> int | None:
        """Return what a course would cost if nobody else came, or None where it has no plan even then."""
        solution = solve(self.candidates[number].problem)
        return None if solution is None else solution.cost

    def judge(self, number: int, places: Places) -> int:
        """Return what a course costs at given places."""
        return settled(self.candidates[number].problem, places).cost

    def window(self, number: int, role: int, running: Costs) -> Costs:
        """Return what each place [day, chair, start] takes, from the `running` sums of the prices of the cells."""
        candidate = self.candidates[number]
        total: Costs = np.zeros(candidate.problem.roles[role].room.shape, dtype=np.int32)
        for use in candidate.uses[role]:
            here: Costs = running[use.rows, candidate.shift : candidate.shift + len(total)].transpose(1, 0, 2)
            first = candidate.first + use.offset
            until: Costs = here[:, :, first + use.length :: candidate.step][:, :, : total.shape[2]]
            # A start so late that the visit would run on beyond the last cell is none, so that its price is no matter.
            several: Costs = until - here[:, :, first :: candidate.step][:, :, : until.shape[2]]
            total[:, :, : until.shape[2]] += several if use.count == 1 else several * use.count
        return total


def running_sums(prices: Costs) -> Costs:
    """Return [row, day, cell + 1] the sums of the prices of all cells before."""
    answer = np.zeros((*prices.shape[:2], prices.shape[2] + 1), dtype=np.int32)
    np.cumsum(prices, axis=2, out=answer[..., 1:])
    return answer


def cheapest(problem: Problem, prices: Sequence[Costs]) -> Solution | None:
    """Return the plan whose places are cheapest by the prices [role][day, chair, start], whatever else it costs."""
    if problem.first > problem.last or (problem.units is not None and problem.sessions > problem.units):
        return None
    roles = [replace(role, price=price) for role, price in zip(problem.roles, prices, strict=True)]
    keep = Keep(price=np.zeros((1, 1, 1), dtype=np.int64), constant=0, old_last=problem.earliest)
    keep = replace(keep, price=np.broadcast_to(keep.price, problem.roles[0].room.shape))
    priced = replace(problem, roles=tuple(roles), prices=FREE, usual=None, keep=keep, scale=1)
    days = Days(priced)
    fits = np.stack([days.fits(visits_of(priced, stretch)) for stretch in priced.stretches])
    weeks = Weeks.of(priced, fits, priced.last)
    if weeks.need[0] > 0 or not weeks.positions:
        return None
    residues = (None,) if priced.due_role is None else range(priced.due_every)
    found = min((run(days, [0], weeks, residue) for residue in residues), key=lambda run: int(run.best[0]))
    return None if found.best[0] >= days.infinity else trace(days, found)


def settled(problem: Problem, places: Places) -> Solution:
    """Return the plan with exactly these places, with the usual start and the home chair that make it cheapest."""
    only = np.zeros_like(problem.roles[0].room)
    only[tuple(np.array([(place.day, place.chair, place.start) for place in places]).T)] = True
    roles = tuple(replace(role, room=role.room & only) for role in problem.roles)
    solution = solve(replace(problem, roles=roles))
    assert solution is not None
    return solution
