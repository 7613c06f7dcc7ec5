"""People who wait for a course, on one floor: what each of them could take, and what is left of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .admission_search import Search
from .best import solve
from .problem import Costs, Mask, Problem, erode
from .staff import Staff
from .trace import Places, Solution

Ends = tuple[Costs, Costs, int]


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
        self._searches: dict[int, Search] = {}
        self._ends: dict[int, list[list[Ends]]] = {}

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

    def fits(self, number: int, places: Places) -> bool:
        """Tell whether there is room for places among all that stand now."""
        rooms = self.rooms(number)
        return all(rooms[place.role][place.day, place.chair, place.start] for place in places)

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

    def search(self, number: int) -> Search:
        """Return the search for plans of a course by prices."""
        if number not in self._searches:
            self._searches[number] = Search(self.candidates[number].problem)
        return self._searches[number]

    def prices(self, number: int, running: Costs) -> list[Costs]:
        """Return what each place [role][place] of the search takes, from the `running` sums of the prices of cells."""
        if number not in self._ends:
            self._ends[number] = list(self._find_ends(number))
        answer = []
        for ends in self._ends[number]:
            parts = [(running[until] - running[begin]) * count for begin, until, count in ends]
            answer.append(np.sum(parts, axis=0))
        return answer

    def _find_ends(self, number: int) -> Iterator[list[Ends]]:
        """Yield for each role where in running sums the cells of each place begin and end, and how often they count."""
        candidate, (_, days, cells) = self.candidates[number], self.left.shape
        for starts, uses in zip(self.search(number).starts, candidate.uses, strict=True):
            found = []
            for use in uses:
                line = use.rows[starts.chair] * days + starts.day + candidate.shift
                first = candidate.first + starts.start * candidate.step + use.offset
                until = np.minimum(first + use.length, cells)
                found.append((line * (cells + 1) + first, line * (cells + 1) + until, use.count))
            yield found


def settled(problem: Problem, places: Places) -> Solution:
    """Return the plan with exactly these places, with the usual start and the home chair that make it cheapest."""
    only = np.zeros_like(problem.roles[0].room)
    only[tuple(np.array([(place.day, place.chair, place.start) for place in places]).T)] = True
    roles = tuple(replace(role, room=role.room & only) for role in problem.roles)
    solution = solve(replace(problem, roles=roles))
    assert solution is not None
    return solution
