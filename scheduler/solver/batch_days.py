"""The affected days as a whole: what each costs at least, a good packing of it, and better ones piece by piece."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from .batch_day import Day, Place, day_of
from .batch_dive import mend
from .batch_floor import NEVER, Kept, Sessions
from .batch_packing import Packing, Prices
from .batch_program import Relaxation
from .batch_standing import Standing
from .batch_tree import Tree

NEAR = 6  # options that are dearer than the relaxation by more are not looked at in a dive
BRANCHES = 2  # that are opened in each search of a day
DIVES = 2
DEEP = 0.25  # how often a dive begins where the cheapest packing could be, instead of from above

Patience = Callable[[], float]  # the seconds that are left


@dataclass(slots=True, eq=False)
class _Affected:
    """Hold an affected day with what is known about it."""

    day: Day
    tree: Tree
    reduced: Prices  # how much dearer than the relaxation a packing with each option is at least


class Days:
    """Hold the affected days of courses on a floor. Leaving a day has a price, which is learnt from what it cost."""

    def __init__(self, standing: Standing, domino: int | None, seed: int, left: Patience) -> None:
        self.standing, self.floor, self._domino, self._left = standing, standing.floor, domino, left
        self._lost_date = self.floor.instance.weights["moved_day"]
        self._rng = np.random.default_rng(seed)
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
        return sum(known.tree.bound for known in self._days) + sum(self._rest.values())

    @property
    def gaps(self) -> list[int]:
        """Return for each day how much cheaper its packing could be, as far as it is known."""
        sessions = self._sessions()
        return [known.tree.gap(known.day.standing(self.floor, sessions)) for known in self._days]

    def relax(self) -> Iterator[None]:
        """Find out what each affected day costs at least, and each course beside, one day after another."""
        for name in self.standing.affected:
            self._leave(name)
        for day in self._packings():
            relaxation = Relaxation(day.packing)
            for name in day.names:
                relaxation.reprice(day.leave(name), self._lost_date + self._leaving.get(name, 0))
            relaxation.prove()
            if self._dearer(day, relaxation):
                relaxation.prove()
            reduced = relaxation.reduced()
            relaxation.add(np.flatnonzero(reduced <= NEAR))
            self._days.append(_Affected(day, Tree(relaxation), reduced))
            yield

    def _dearer(self, day: Day, relaxation: Relaxation) -> bool:
        """Find out what leaving costs those who could leave a day, which takes too long for all; tell whether any."""
        likely = relaxation.reduced()[day.begins] <= NEAR
        names = [name for name, may in zip(day.names, likely, strict=True) if may and name not in self._leaving]
        for name in names:
            self._leave(name)
            relaxation.reprice(day.leave(name), self._lost_date + self._leaving[name])
        return any(self._leaving[name] for name in names)

    def _leave(self, name: str) -> None:
        self._leaving[name], self._rest[name] = self.floor.leaving(name, self._dates(name))

    def dive(self) -> None:
        """Pack each day soon and well, and take the outcome if it is better."""
        chosen: dict[str, dict[str, Place | None]] = {}
        for known in self._days:
            gone = {
                name: frozenset(date for date, places in chosen.items() if name in places and places[name] is None)
                for name in known.day.names
            }
            options = known.tree.dive(self._priced(known.day, gone).cost, NEVER * known.day.packing.sessions)
            now = known.day.standing(self.floor, self._sessions()) if options is None else options
            chosen[known.day.date] = known.day.chosen(now)
        self.standing.attempt(lambda: self._stand(chosen))

    def search(self, number: int) -> bool:
        """Raise the bound of a day, and look for a better packing where it could be; return whether there is one."""
        known, sessions = self._days[number], self._sessions()
        priced, now = self._priced(known.day), known.day.standing(self.floor, sessions)
        for _ in range(BRANCHES):
            if not known.tree.gap(now) or not known.tree.grow():
                break
        options = None
        for _ in range(DIVES):
            cutoff = int(priced.cost[now if options is None else options].sum())
            found = known.tree.dive(priced.cost, cutoff, self._rng, deep=self._rng.random() < DEEP)
            options = options if found is None else found
        if options is None:
            return False
        chosen = {other.day.date: other.day.chosen(other.day.standing(self.floor, sessions)) for other in self._days}
        chosen[known.day.date] = known.day.chosen(options)
        return self.standing.attempt(lambda: self._stand(chosen))

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
        reduced = known.reduced + (packing.cost - known.tree.cost)
        found = mend(packing, known.tree.relaxation.cuts, reduced <= near, chosen, free, room, self._left())
        if found is None:
            return False
        places = zip(packing.session[found].tolist(), found.tolist(), strict=True)
        moves = {day.names[session]: option for session, option in places if option != chosen[session]}
        return self.standing.attempt(lambda: self._move(day, moves))

    # -- what leaving costs

    def _dates(self, name: str) -> list[str]:
        return [date for date in self.standing.dates if self.floor.only(name, date)]

    def _gone(self, name: str) -> frozenset[str]:
        """Return the affected dates that a course has left."""
        kept = self.standing.kept.get(name)
        return frozenset(self._dates(name)) - {session["date"] for session in (kept.sessions if kept else ())}

    def _price(self, name: str, date: str, gone: frozenset[str]) -> int:
        """Return what a course pays for leaving a date, when it has left others."""
        if not gone:
            return self._learnt.get((name, frozenset({date})), self._lost_date + self._leaving.get(name, 0))
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

    def _priced(self, day: Day, gone: Mapping[str, frozenset[str]] | None = None) -> Packing:
        """Return the packing of a day with what leaving it costs who has left others: as they stand, or as given."""
        cost = day.packing.cost.copy()
        for number, name in enumerate(day.names):
            others = self._gone(name) - {day.date} if gone is None else gone[name]
            cost[day.begins[number]] = self._price(name, day.date, others)
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
        days = [day_of(floor, date, names, self._domino) for date, names in dates]
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
