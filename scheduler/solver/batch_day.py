"""One day of many running courses as a packing: every session of that day may stay, move, or leave the day."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from .batch_floor import Floor
from .batch_packing import Packed, Packing
from .problem import Costs

Place = tuple[int, int]  # chair and start


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Day:
    """Hold the packing of one date, and what its options mean: a chair and a start, or (-1, -1) to leave the day."""

    date: str
    names: tuple[str, ...]
    packing: Packing
    places: Costs  # [option, 2]

    def chosen(self, packed: Packed) -> dict[str, Place | None]:
        """Return where each course stands after a choice, or None where it leaves."""
        places = [(int(chair), int(start)) for chair, start in self.places[packed.options]]
        return {name: None if place[0] < 0 else place for name, place in zip(self.names, places, strict=True)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Options:
    """Hold what one session could do; the first option is to leave the day."""

    cost: Costs  # [option]
    spans: Costs  # [option, n, 2]
    places: Costs  # [option, 2]
    stay: int  # the option that changes nothing, or the first one where that is impossible


def day_of(floor: Floor, date: str, affected: Collection[str], domino: int | None, leaving: Mapping[str, int]) -> Day:
    """Build the packing of a date from the old sessions that are the only ones of their course that day.

    At most `domino` sessions that are not affected may move (None is any number). `leaving` says what it costs to leave
    the day, beyond the price of a lost date.
    """
    old = {name: session for name in floor.courses if (session := floor.only(name, date))}
    parts = [_options(floor, name, session, name in affected, leaving.get(name, 0)) for name, session in old.items()]
    begins = np.cumsum([0, *(len(part.cost) for part in parts)])
    stays = [0 if name in affected else part.stay for name, part in zip(old, parts, strict=True)]
    moves = np.array([len(old) if domino is None else domino], dtype=np.int64)
    packing = Packing(
        session=np.repeat(np.arange(len(parts)), np.diff(begins)),
        cost=_joined([part.cost for part in parts], (0,)),
        spans=_joined([part.spans for part in parts], (0, 1, 2)),
        room=np.concatenate([floor.room(date), moves]),
        known=begins[:-1] + np.array(stays, dtype=np.int64),
    )
    return Day(date=date, names=tuple(old), packing=packing, places=_joined([part.places for part in parts], (0, 2)))


def _options(floor: Floor, name: str, session: Mapping[str, str], is_affected: bool, leaving: int) -> Options:
    problem, cells, lost = floor.empty[name], floor.instance.cells, floor.instance.weights["moved_day"] + leaving
    assert problem.keep is not None
    day, chair, start = floor.place(name, session)
    index, starts = np.nonzero(problem.feasible(0)[day])
    chairs = np.flatnonzero(problem.chairs)[index]
    cost = problem.keep.price[day, chairs, starts]
    stays = (chairs == chair) & (starts == start)
    useful = (cost <= lost) | stays
    chairs, starts, cost, stays = chairs[useful], starts[useful], cost[useful], stays[useful]
    rows = np.concatenate([[[0] * floor.rows(name).shape[1]], floor.rows(name)[chairs]])
    first = np.concatenate([[0], starts * problem.step])
    last = np.concatenate([[0], starts * problem.step + problem.roles[0].length])
    spans = rows[:, :, None] * cells + np.stack([first, last], axis=1)[:, None, :]
    # Whoever is not affected and does anything but stay takes from the last row, which has room for a few.
    moves = np.concatenate([[True], ~stays]) & (not is_affected)
    counted = floor.last_row + np.stack([np.zeros(len(moves)), moves], axis=1)[:, None, :]
    return Options(
        cost=np.concatenate([[lost], cost]),
        spans=np.concatenate([spans, counted.astype(np.int64)], axis=1),
        places=np.concatenate([[[-1, -1]], np.stack([chairs, starts], axis=1)]),
        stay=1 + int(np.argmax(stays)) if stays.any() else 0,
    )


def _joined(parts: list[Costs], empty: tuple[int, ...]) -> Costs:
    return np.concatenate(parts) if parts else np.zeros(empty, dtype=np.int64)
