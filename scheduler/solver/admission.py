"""Admit many new courses at once: as much priority as possible, then the least cost, with a proven bound.

First every course is planned by itself, one after another, so that there is an answer soon. Then people without a place
are seated where others are, and all who are in each other's way are planned again until nobody is. At last everybody is
planned for the least cost, among all the others.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import count, islice
from math import ceil, inf

from .admission_crowd import Crowd
from .admission_floor import Floor, Stood
from .admission_worth import Worth
from .trace import Places, Solution

SQUEEZING = 0.8  # the share of the time for admitting more; the rest is for making it cheaper
LEARNING = 2  # steps of squeezing for each one that proves more about what is possible, once that is hard

Patience = Callable[[], float]  # the seconds that are left


class Intake:
    """Hold the best admission so far; `run` makes it better, and proves more about it."""

    def __init__(self, floor: Floor, seed: int = 0) -> None:
        self.floor, self._seed, self._rng = floor, seed, random.Random(seed)
        self._people = [number for number, candidate in enumerate(floor.candidates) if candidate.priority > 0]
        self.best: dict[int, Stood] = {}
        self.at_first = 0  # the priority that planning one by one admits
        self._known: dict[tuple[int, Places], int] = {}  # what places cost
        self.worth = Worth(floor)
        self._alone: dict[int, int | None] = {}  # what a course costs where nobody else comes; None has no plan

    @property
    def priority(self) -> int:
        """Return the priority of all that are admitted."""
        return self._worth(self.best)

    @property
    def cost(self) -> int:
        """Return what all that are admitted cost."""
        return self._sum(self.best, self.best)

    @property
    def cost_bound(self) -> int:
        """Return a cost below which so much priority cannot be admitted: that of the cheapest, if each were alone."""
        needed, total = self.priority, Fraction(0)
        possible = [number for number in self._people if self._alone.get(number, 0) is not None]
        costs = [(self._alone.get(number) or 0, self.floor.candidates[number].priority) for number in possible]
        for cost, worth in sorted(costs, key=lambda pair: Fraction(*pair)):
            part = min(worth, needed)
            total += Fraction(cost * part, worth)
            needed -= part
        return ceil(total)

    @property
    def bound(self) -> int:
        """Return a priority that no admission can exceed."""
        return self.worth.bound

    @property
    def is_full(self) -> bool:
        """Tell whether it is proven that no more priority can be admitted."""
        return self.priority == self.bound

    def run(self, steps: int, left: Patience) -> None:
        """Plan everybody once, and then improve that for so many steps, or as long as any seconds are left."""
        whole = left()
        for _ in self.one_by_one():
            if left() <= 0:
                return
        for stage, share in ((self.squeeze_in(), SQUEEZING), (self.refine(), 1.0)):
            until, most = (0 if whole == inf else (1 - share) * whole), int(steps * share)
            for _ in islice(stage, most):
                steps -= 1
                if left() <= until:
                    break

    def one_by_one(self) -> Iterator[None]:
        """Plan every course by itself, those of high priority first."""
        for number in sorted(self._people, key=lambda number: -self.floor.candidates[number].priority):
            solution = self.floor.best(number)
            if solution is not None:
                self._stand(number, solution)
                self.best[number] = self.floor.standing[number]
                self.at_first = self.priority
            elif not self.floor.search(number).has_plan:
                self.worth.forget(number)
                self._people.remove(number)
            yield

    def squeeze_in(self) -> Iterator[None]:
        """Admit more and more, until it is proven that nobody else can be, step by step."""
        crowd = Crowd(self.floor, self._seed)
        for number, stood in self.best.items():
            crowd.seat(number, stood.places)
        learning = self.worth.learn(lambda: crowd.quarrels)
        for step in count():
            if self.is_full:
                return
            if crowd.has_given_up and step % LEARNING == 0:
                next(learning, None)
            if crowd.over:
                crowd.ease()
            elif self._worth(crowd.plans) > self.priority:
                self._adopt(crowd)
            else:
                crowd.welcome(self._people)
            yield

    def _adopt(self, crowd: Crowd) -> None:
        """Let those of a crowd stand who are in nobody's way; keep that if it admits more."""
        for number, stood in list(self.floor.standing.items()):
            if crowd.plans.get(number) != stood.places:
                self.floor.withdraw(number)
        for number, places in list(crowd.plans.items()):
            if number in self.floor.standing:
                continue
            if self.floor.fits(number, places):
                self.floor.stand(number, places)
            else:  # of those who could attend, nobody is free for the whole session
                crowd.send_away(number)
        if self._worth(self.floor.standing) > self.priority:
            self.best = dict(self.floor.standing)

    def refine(self) -> Iterator[None]:
        """Make those who are admitted cheaper, each among all the others, and then a few of them together."""
        self.settle()
        better = True
        while better:
            better = False
            for number in self._people:
                better |= self._again([number])
                if number not in self._alone:
                    self._alone[number] = self.floor.alone(number)
                yield
        while self.cost > self.cost_bound:
            self._again(self._rng.sample(self._people, min(len(self._people), self._rng.choice((2, 2, 3)))))
            yield

    def _again(self, group: Sequence[int]) -> bool:
        """Plan some people again, in this order; keep that and return True if it is better."""
        before = self.floor.standing.copy()
        was = self._sum(before, group)
        for number in group:
            self.floor.withdraw(number)
        for number in group:
            if (solution := self.floor.best(number)) is not None:
                self._stand(number, solution)
        now = self._sum(self.floor.standing, group)
        if (-self._worth(self.floor.standing), now) < (-self._worth(before), was):
            self.best = dict(self.floor.standing)
            return True
        self._restore(before)
        return False

    def settle(self) -> None:
        """Let exactly those stand who are admitted."""
        self._restore(self.best)

    def _restore(self, before: dict[int, Stood]) -> None:
        for number in self._people:
            if self.floor.standing.get(number) != before.get(number):
                self.floor.withdraw(number)
        for number, stood in before.items():
            if number not in self.floor.standing:
                self.floor.stand(number, stood.places, stood.people)

    # -- bookkeeping

    def _worth(self, standing: Iterable[int]) -> int:
        return sum(self.floor.candidates[number].priority for number in standing)

    def _stand(self, number: int, solution: Solution) -> None:
        self.floor.stand(number, solution.places)
        self._known[number, solution.places] = solution.cost

    def _sum(self, standing: Mapping[int, Stood], group: Iterable[int]) -> int:
        """Return what those of a group who stand cost together."""
        total = 0
        for number in group:
            if number in standing:
                places = standing[number].places
                if (number, places) not in self._known:
                    self._known[number, places] = self.floor.judge(number, places)
                total += self._known[number, places]
        return total
