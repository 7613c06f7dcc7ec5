"""One affected day of many running courses as a packing: every session of it may stay, move, or leave the day."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .batch_floor import Floor, Sessions
from .batch_packing import Packing
from .problem import Costs

Place = tuple[int, int]  # chair and start


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Day:
    """Hold the packing of one date, and what its options mean: a chair and a start, or (-1, -1) to leave the day.

    The first option of each session is to leave.
    """

    date: str
    names: tuple[str, ...]
    packing: Packing
    places: Costs  # [option, 2]
    begins: Costs  # [session]: its first option

    def chosen(self, options: Costs) -> dict[str, Place | None]:
        """Return where each course stands after a choice, or None where it leaves."""
        places = [(int(chair), int(start)) for chair, start in self.places[options]]
        return {name: None if place[0] < 0 else place for name, place in zip(self.names, places, strict=True)}

    def standing(self, floor: Floor, kept: Mapping[str, Sessions]) -> Costs:
        """Return the options that courses have taken, where they stand now."""
        return np.array([self._option(floor, number, kept[name]) for number, name in enumerate(self.names)])

    def leave(self, name: str) -> int:
        """Return the option of a course to leave the day."""
        return int(self.begins[self.names.index(name)])

    def _option(self, floor: Floor, number: int, sessions: Sessions) -> int:
        first, name = int(self.begins[number]), self.names[number]
        here = next((session for session in sessions if session["date"] == self.date), None)
        last = int(self.begins[number + 1]) if number + 1 < len(self.begins) else len(self.places)
        place = floor.place(name, here)[1:] if here else (-1, -1)
        return first + int(np.argmax((self.places[first:last] == place).all(axis=1)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Options:
    """Hold what one session could do; the first option is to leave the day."""

    cost: Costs  # [option]
    spans: Costs  # [option, n, 2]
    places: Costs  # [option, 2]


def day_of(floor: Floor, date: str, affected: Collection[str], domino: int | None) -> Day:
    """Build the packing of a date from the old sessions that are the only ones of their course that day.

    At most `domino` sessions that are not affected may move (None is any number). To leave costs a lost date.
    """
    names = tuple(name for name in floor.courses if floor.only(name, date))
    parts = [_options(floor, name, date, name in affected) for name in names]
    begins = np.cumsum([0, *(len(part.cost) for part in parts)])
    moves = np.array([len(names) if domino is None else domino], dtype=np.int64)
    edges = np.arange(0, floor.last_row + 1, floor.instance.cells)
    packing = Packing(
        session=np.repeat(np.arange(len(parts)), np.diff(begins)),
        cost=_joined([part.cost for part in parts], (0,)),
        spans=_joined([part.spans for part in parts], (0, 1, 2)),
        room=np.concatenate([floor.room(date), moves]),
        blocks=np.stack([edges[:-1], edges[1:]], axis=1),
        sessions=len(names),
    )
    places = _joined([part.places for part in parts], (0, 2))
    return Day(date=date, names=names, packing=packing, places=places, begins=begins[:-1])


def _options(floor: Floor, name: str, date: str, is_affected: bool) -> Options:
    problem, cells, session = floor.empty[name], floor.instance.cells, floor.only(name, date)
    assert problem.keep is not None
    assert session is not None
    day, chair, start = floor.place(name, session)
    index, starts = np.nonzero(problem.feasible(0)[day])
    chairs = np.flatnonzero(problem.chairs)[index]
    stays = (chairs == chair) & (starts == start)
    rows = np.concatenate([[[0] * floor.rows(name).shape[1]], floor.rows(name)[chairs]])
    first = np.concatenate([[0], starts * problem.step])
    last = np.concatenate([[0], starts * problem.step + problem.roles[0].length])
    spans = rows[:, :, None] * cells + np.stack([first, last], axis=1)[:, None, :]
    # Whoever is not affected and does anything but stay takes from the last row, which has room for a few.
    moves = np.concatenate([[True], ~stays]) & (not is_affected)
    counted = floor.last_row + np.stack([np.zeros(len(moves)), moves], axis=1)[:, None, :]
    return Options(
        cost=np.concatenate([[floor.instance.weights["moved_day"]], problem.keep.price[day, chairs, starts]]),
        spans=np.concatenate([spans, counted.astype(np.int64)], axis=1),
        places=np.concatenate([[[-1, -1]], np.stack([chairs, starts], axis=1)]),
    )


def _joined(parts: Iterable[Costs], empty: tuple[int, ...]) -> Costs:
    """Return the parts one behind the other; those that take fewer spans get empty ones."""
    parts = list(parts)
    if not parts:
        return np.zeros(empty, dtype=np.int64)
    if parts[0].ndim < 3:
        return np.concatenate(parts)
    most = max(part.shape[1] for part in parts)
    return np.concatenate([np.pad(part, ((0, 0), (0, most - part.shape[1]), (0, 0))) for part in parts])
