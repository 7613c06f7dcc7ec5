"""Who stands where while many running courses are repaired together, and what that costs."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from .batch_floor import Floor, Kept

Value = tuple[int, int]  # courses without a place, and what the others cost


class Standing:
    """Hold the repair of each course that has one. The others of the clinic stand as they are booked."""

    def __init__(self, floor: Floor, domino: int | None) -> None:
        self.floor, self._domino = floor, domino
        self.kept: dict[str, Kept] = {}
        self.old = {name: floor.judge(name, floor.old(name)) for name in floor.courses}
        self.dates = self._affected_dates()
        broken = {name for name, kept in self.old.items() if kept is None}
        self.affected = sorted(broken.union(*self.dates.values()))

    @property
    def cost(self) -> int:
        """Return what the courses with a place cost together."""
        return sum(kept.cost for kept in self.kept.values())

    @property
    def value(self) -> Value:
        """Return what is made as small as possible."""
        return len(self.floor.courses) - len(self.kept), self.cost

    @property
    def missing(self) -> list[str]:
        """Return the courses without a place."""
        return [name for name in self.floor.courses if name not in self.kept]

    def movable(self) -> list[str]:
        """Return the courses that may be changed: all, or those that something happened to or that have moved."""
        return [
            name
            for name in self.floor.courses
            if self._domino is None or name in self.affected or self.kept.get(name) != self.old[name]
        ]

    def paying(self) -> list[str]:
        """Return the courses that may be changed and would like to: they cost something, or have no place."""
        return [name for name in self.movable() if name not in self.kept or self.kept[name].cost]

    def put(self, name: str, kept: Kept) -> None:
        """Let a course stand somewhere."""
        self.kept[name] = kept
        self.floor.stand(name, kept.sessions)

    def drop(self, name: str) -> None:
        """Take a course off the floor."""
        self.kept.pop(name, None)
        self.floor.withdraw(name)

    def clear(self) -> None:
        """Take all courses off the floor."""
        for name in self.floor.courses:
            self.drop(name)

    def restore(self, kept: Mapping[str, Kept], names: Iterable[str] | None = None) -> None:
        """Let courses stand as they did; all of them, or some."""
        chosen = [name for name in self.floor.courses if self.kept.get(name) != kept.get(name)]
        chosen = chosen if names is None else list(names)
        for name in chosen:
            self.drop(name)
        for name in chosen:
            if name in kept:
                self.put(name, kept[name])

    def attempt(self, change: Callable[[], None]) -> bool:
        """Change something, and take it back if the value is worse; return whether it is better."""
        before, value = dict(self.kept), self.value
        change()
        if self.value > value:
            self.restore(before)
        return self.value < value

    def again(self, group: Sequence[str]) -> bool:
        """Repair some courses in this order, and keep that unless it is worse; return whether it is better."""
        return self.attempt(lambda: self.repair(group))

    def repair(self, group: Sequence[str]) -> None:
        """Repair some courses in this order, each among all that stand then."""
        for name in group:
            self.drop(name)
        for name in group:
            if (kept := self.floor.best(name)) is not None:
                self.put(name, kept)

    def _affected_dates(self) -> dict[str, set[str]]:
        """Return for each date the courses whose old session cannot stand, by itself or beside all the others."""
        floor, found = self.floor, dict[str, set[str]]()
        for name in floor.courses:
            floor.stand(name, floor.old(name))
        for name in floor.courses:
            for session in floor.old(name):
                if not floor.fits(name, session):
                    found.setdefault(session["date"], set()).add(name)
        for name in floor.courses:
            floor.withdraw(name)
        return found
