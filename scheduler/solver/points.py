"""Count the points of a solution by name, as the rule book does."""

from collections import Counter

import numpy as np

from scheduler.hours import minute_of
from scheduler.plan import Score

from .ground import Ground
from .problem import Problem
from .trace import Solution


def points_of(ground: Ground, problem: Problem, solution: Solution) -> Score:
    """Return the points of a solution under the request's own weights."""
    weights, places, frame = ground.request.preference.weights, solution.places, ground.frame
    first, last = places[0].day - problem.earliest, places[-1].day - problem.earliest
    compared = list(range(0 if problem.opening_counts else 1, len(places)))
    starts = np.array([_day_start(problem, solution, number) for number in compared], dtype=np.int64)
    chairs = Counter(ground.spots[places[number].chair].chair for number in compared)
    time, wish, usual = _usual(ground, frame.opens + starts * frame.grid)
    points = {
        "wait": weights.wait * first,
        "end": weights.end * last,
        "time": time,
        "chair": weights.chair * (sum(chairs.values()) - max(chairs.values(), default=0)),
        "short": _short(problem, solution, starts, compared, first, last),
        "wish": wish,
    }
    if weights.crowd:
        points["crowd"] = weights.crowd * int(ground.crowdedness()[(usual - frame.opens) // frame.grid])
    return Score(points=tuple(points.items()))


def _day_start(problem: Problem, solution: Solution, number: int) -> int:
    """Return where the day of a session would begin, had its sessions their usual distance."""
    place = solution.places[number]
    before = sum(other.day == place.day for other in solution.places[:number])
    return place.start - before * problem.stretches[place.stretch].nominal


def _usual(ground: Ground, starts: np.ndarray) -> tuple[int, int, int]:
    """Return the points for time and wish, and the usual minute that makes them fewest; of equals, the earliest."""
    weights, wished = ground.request.preference.weights, ground.request.preference.time
    wish = None if wished is None else minute_of(wished)
    best = None
    for usual in sorted({*starts.tolist(), *([wish] if wish is not None else [])}):
        time = weights.time * int(np.abs(starts - usual).sum()) // ground.frame.grid
        off = 0 if wish is None else weights.wish * abs(usual - wish) // ground.frame.grid
        if best is None or time + off < best[0] + best[1]:
            best = (time, off, usual)
    return best or (0, 0, ground.frame.opens)


def _short(problem: Problem, solution: Solution, starts: np.ndarray, compared: list[int], first: int, last: int) -> int:
    """Return what the search paid for weeks below their target: what no other price accounts for."""
    prices = problem.prices
    off = sum(solution.places[number].chair != solution.home for number in compared)
    usual = 0 if problem.usual is None else int(problem.usual[solution.anchor])
    dev = prices.dev * int(np.abs(starts - solution.anchor).sum())
    return solution.cost - (prices.wait * first + prices.end * last + dev + prices.chair * off + usual)
