"""The affected days as a whole: what each costs at least, a good packing of it, and better ones piece by piece."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from .batch_day import Day, Place, day_of
from .batch_dive import dive, mend
from .batch_floor import NEVER, Kept, Sessions
from .batch_packing import Packing, Prices
from .batch_program import Relaxation, whole
from .batch_standing import Standing

FAR = 1e9
ROUGH = 1e-4
ROOT = {"mip_max_nodes": 1, "mip_heuristic_effort": 0.0, "mip_rel_gap": 0.0, "mip_abs_gap": 0.99}
WHOLE = {**ROOT, "mip_max_nodes": 2000}

Patience = Callable[[], float]  # the seconds that are left


@dataclass(slots=True, eq=False)
class _Affected:
    """Hold an affected day with what is known about it."""

    day: Day
    relaxation: Relaxation
    value: float  # of the relaxation
    reduced: Prices
    bound: int


class Days:
    """Hold the affected days of courses on a floor. Leaving a day has a price, which is learnt from what it cost."""

    def __init__(self, standing: Standing, domino: int | None, left: Patience) -> None:
        self.standing, self.floor, self._domino, self._left = standing, standing.floor, domino, left
        self._days: list[_Affected] = []
        self._leaving: dict[str, int] = {}
        self._rest: dict[str, int] = {}
        self._learnt: dict[tuple[str, frozenset[str]], int] = {}
        self._hopeless: set[tuple[object, ...]] = set()

    def __len__(self) -> int:
        return len(self._days)

    @property
    def bound(self) -> int:
        """Return what all courses cost at least together, as far as it is known."""
        return sum(known.bound for known in self._days) + sum(self._rest.values())

    def relax(self) -> Iterator[None]:
        """Find out what each affected day costs at least, and each course beside, one day after another."""
        for name in self.floor.courses:
            dates = self._dates(name)
            if dates or name in self.standing.affected:
                self._leaving[name], self._rest[name] = self.floor.leaving(name, dates)
        for day in self._packings():
            relaxation = Relaxation(day.packing)
            relaxation.prove()
            self._days.append(_Affected(day, relaxation, relaxation.value, relaxation.reduced(), relaxation.bound))
            yield

    def dive(self) -> None:
        """Pack each day soon and well, and take the outcome if it is better."""
        chosen: dict[str, dict[str, Place | None]] = {}
        for known in self._days:
            for name in known.day.names:
                gone = frozenset(date for date, places in chosen.items() if name in places and places[name] is None)
                if gone:
                    known.relaxation.reprice(known.day.leave(name), self._price(name, known.day.date, gone))
            options = dive(known.relaxation)
            now = known.day.standing(self.floor, self._sessions()) if options is None else options
            chosen[known.day.date] = known.day.chosen(now)
        self.standing.attempt(lambda: self._stand(chosen))

    def mend(self, number: int, begin: int, end: int, near: float) -> bool:
        """Rearrange what stands between two cells of a day, as well as can be; return whether that is better."""
        known = self._days[number]
        day, packing = known.day, self._priced(known.day)
        chosen = day.standing(self.floor, self._sessions())
        spans, cells = packing.spans[chosen, 0], self.floor.instance.cells
        here, length = spans[:, 0] % cells, spans[:, 1] - spans[:, 0]
        free = (length == 0) | ((here < end) & (here + length > begin))
        room = np.append(self.floor.room(day.date), packing.room[-1]) + packing.load(chosen[free])
        room[-1] = packing.room[-1] - packing.load(chosen[~free])[-1]
        key = (number, begin, end, near, room.tobytes(), chosen[free].tobytes(), packing.cost[chosen[free]].tobytes())
        if key in self._hopeless or not free.any():
            return False
        self._hopeless.add(key)
        reduced = known.reduced + (packing.cost - day.packing.cost)
        found = mend(packing, known.relaxation.cuts, reduced <= near, chosen, free, room, self._left())
        if found is None:
            return False
        places = zip(packing.session[found].tolist(), found.tolist(), strict=True)
        moves = {day.names[session]: option for session, option in places if option != chosen[session]}
        return self.standing.attempt(lambda: self._move(day, moves))

    def prove(self, number: int, settings: Mapping[str, float]) -> None:
        """Raise the bound of a day by a search among all options that a better packing could have."""
        known = self._days[number]
        packing = known.day.packing
        best = int(packing.cost[known.day.standing(self.floor, self._sessions())].sum())
        useful = np.flatnonzero(known.reduced <= best - 1 - known.value + ROUGH)
        limits = {"objective_bound": best - 1 / 2, "time_limit": min(max(self._left(), 0.0), FAR)}
        if best > known.bound and len(np.unique(packing.session[useful])) == packing.sessions:
            _, proven = whole(packing.among(useful, packing.room), [], {**limits, **settings})
            known.bound = max(known.bound, min(best, ceil(min(max(proven, 0.0), FAR) - ROUGH)))
        elif best > known.bound:
            known.bound = best

    # -- what leaving costs

    def _dates(self, name: str) -> list[str]:
        return [date for date in self.standing.dates if self.floor.only(name, date)]

    def _gone(self, name: str) -> frozenset[str]:
        """Return the affected dates that a course has left."""
        kept = self.standing.kept.get(name)
        return frozenset(self._dates(name)) - {session["date"] for session in (kept.sessions if kept else ())}

    def _price(self, name: str, date: str, gone: frozenset[str]) -> int:
        """Return what a course pays for leaving a date, when it has left others."""
        lost = self.floor.instance.weights["moved_day"]
        if not gone:
            return self._learnt.get((name, frozenset({date})), lost + self._leaving.get(name, 0))
        return max(self._lost(name, gone | {date}) - self._lost(name, gone), 0)

    def _lost(self, name: str, gone: frozenset[str]) -> int:
        if (name, gone) not in self._learnt:
            self._learnt[name, gone] = self.floor.lost(name, gone, frozenset(self._dates(name)) - gone)
        return self._learnt[name, gone]

    def _learn(self, name: str) -> None:
        """Note what leaving cost a course: all that it pays but for its places on the other affected dates."""
        gone, kept, keep = self._gone(name), self.standing.kept.get(name), self.floor.empty[name].keep
        if gone and kept is None:
            self._learnt[name, gone] = NEVER
        elif gone and kept is not None and keep is not None:
            stay = set(self._dates(name)) - gone
            here = [self.floor.place(name, session) for session in kept.sessions if session["date"] in stay]
            self._learnt[name, gone] = kept.cost - sum(int(keep.price[place]) for place in here)

    def _priced(self, day: Day) -> Packing:
        """Return the packing of a day with what leaving it costs now."""
        cost = day.packing.cost.copy()
        for number, name in enumerate(day.names):
            cost[day.begins[number]] = self._price(name, day.date, self._gone(name) - {day.date})
        return replace(day.packing, cost=cost)

    # -- from packings to courses

    def _packings(self) -> Iterator[Day]:
        """Yield the affected days, with the room that there is while no course stands that could move."""
        floor, before = self.floor, dict(self.standing.kept)
        self.standing.clear()
        for name in floor.courses if self._domino is not None else ():
            if name not in self.standing.affected and not floor.is_simple(name):
                floor.stand(name, floor.old(name))
        dates = sorted(self.standing.dates.items())
        days = [day_of(floor, date, names, self._domino, self._leaving) for date, names in dates]
        self.standing.clear()
        self.standing.restore(before)
        yield from days

    def _sessions(self) -> dict[str, Sessions]:
        kept = self.standing.kept
        return {name: kept[name].sessions if name in kept else () for name in self.floor.courses}

    def _move(self, day: Day, moves: Mapping[str, int]) -> None:
        """Let courses take other options of a day; who leaves it, or comes back, is repaired among all others."""
        before, again = {name: self.standing.kept.get(name) for name in moves}, list[str]()
        for name in moves:
            self.standing.drop(name)
        for name, option in moves.items():
            kept, place = before[name], day.places[option].tolist()
            here = [s for s in kept.sessions if s["date"] == day.date] if kept else []
            if kept is None or not here or place[0] < 0:
                again.append(name)
            else:
                self.standing.put(name, self._moved(name, kept, here[0], (place[0], place[1])))
        self.standing.repair(again)
        for name in again:
            self._learn(name)

    def _moved(self, name: str, kept: Kept, session: Mapping[str, str], place: Place) -> Kept:
        keep = self.floor.empty[name].keep
        assert keep is not None
        after = self.floor.moved(session, *place)
        sessions = tuple(after if other is session else other for other in kept.sessions)
        prices = (int(keep.price[self.floor.place(name, which)]) for which in (after, session))
        return Kept(sessions=sessions, cost=kept.cost + next(prices) - next(prices))

    def _stand(self, chosen: Mapping[str, Mapping[str, Place | None]]) -> None:
        """Let all courses stand where the packings have them; repair those that lose a day around them."""
        standing, floor, left = self.standing, self.floor, dict[str, Sessions]()
        standing.clear()
        for name, old in standing.old.items():
            sessions = self._packed(name, chosen)
            kept = old if sessions == floor.old(name) else floor.judge(name, sessions)
            if kept is not None:
                standing.put(name, kept)
            else:
                floor.stand(name, sessions)
                left[name] = sessions
        for name in sorted(left, key=lambda name: (len(left[name]), name)):
            standing.repair([name])
            self._learn(name)

    def _packed(self, name: str, chosen: Mapping[str, Mapping[str, Place | None]]) -> Sessions:
        """Return the old sessions of a course as the packings have them, without those that leave their day."""
        floor, found = self.floor, list[Mapping[str, str]]()
        if not floor.is_simple(name) and (self._domino is None or name in self.standing.affected):
            return ()
        for session in floor.old(name):
            place = chosen.get(session["date"], {}).get(name, floor.place(name, session)[1:])
            if place is not None:
                found.append(floor.moved(session, *place))
        return tuple(found)
