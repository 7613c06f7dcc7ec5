"""Why a course has no plan: how far it comes, and the smallest changes that would help."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from .best import solve
from .problem import WEEK, Keep, Mask, Prices, Problem
from .trace import Solution

MOST_HOURS = 4  # offers to widen the patient's hours; more would only be read past
END_ONLY = Prices(wait=0, end=1, dev=0, chair=0, short=0)


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one change that would make a plan possible; days, stretches and cells are those of the problem."""

    what: str
    data: dict[str, int]


def easy(problem: Problem, prices: Prices = END_ONLY) -> Problem:
    """Return the problem with every place at the same price, so that only the last day (or the first) counts."""
    shape = (problem.days, len(problem.chairs), problem.starts)
    price = np.zeros(shape, dtype=np.int32)
    return replace(problem, prices=prices, usual=None, keep=Keep(price=price, constant=0, old_last=problem.earliest))


def furthest(problem: Problem) -> Solution | None:
    """Return the longest beginning of the course that fits, or None when not even one day does."""
    best, low, high = None, 1, problem.treatment_days
    while low <= high:
        middle = (low + high) // 2
        found = solve(easy(_begun(problem, middle)))
        if found is None:
            high = middle - 1
        else:
            best, low = found, middle + 1
    return best


def changes(problem: Problem) -> Iterator[Change]:
    """Yield the changes that help, each alone, those that ask least of anybody first."""
    if problem.units is not None and problem.sessions > problem.units:
        yield Change("units", {"units": problem.units, "sessions": problem.sessions})
        problem = replace(problem, units=None)
        if solve(easy(problem)) is not None:
            return
    yield from _later(problem)
    yield from _unskipped(problem)
    yield from _unfixed(problem)
    yield from islice(_wider(problem), MOST_HOURS)
    yield from _fewer(problem)
    yield from _longer_gap(problem)


def fits(problem: Problem) -> bool:
    """Tell whether the course has any plan."""
    return solve(easy(problem)) is not None


def _begun(problem: Problem, days: int) -> Problem:
    """Return the problem of the first treatment days only."""
    stretches, left = [], days
    for stretch in problem.stretches:
        if left > 0:
            stretches.append(replace(stretch, days=min(stretch.days, left)))
        left -= stretch.days
    return replace(problem, stretches=tuple(stretches), units=None, fixed={})


def _later(problem: Problem) -> Iterator[Change]:
    """Try a later last day, up to the end of the horizon."""
    found = solve(easy(replace(problem, last=problem.days - 1)))
    if found is not None:
        yield Change("last", {"last": problem.last, "needed": found.places[-1].day})


def _unskipped(problem: Problem) -> Iterator[Change]:
    for day in np.flatnonzero(problem.away & problem.staffed.any(axis=1)).tolist():
        away = problem.away.copy()
        away[day] = False
        if fits(replace(problem, away=away)):
            yield Change("away", {"day": day})


def _unfixed(problem: Problem) -> Iterator[Change]:
    for day, places in problem.fixed.items():
        if fits(replace(problem, fixed={other: held for other, held in problem.fixed.items() if other != day})):
            yield Change("fixed", {"day": day, "start": places[0][0]})


def _wider(problem: Problem) -> Iterator[Change]:
    """Try an hour more on each side of the patient's hours, then one whole weekday more."""
    weekdays: list[Mask] = [np.any(problem.patient[position::WEEK], axis=0) for position in range(WEEK)]
    usual: Mask = np.any(weekdays, axis=0)
    hour = problem.hour
    for position, cells in enumerate(weekdays):
        if not cells.any() or not problem.staffed[position::WEEK].any():
            continue
        first, last = int(np.flatnonzero(cells)[0]), int(np.flatnonzero(cells)[-1]) + 1
        for begin, end in ((max(first - hour, 0), first), (last, min(last + hour, len(cells)))):
            if begin < end and fits(_with_patient(problem, position, begin, end)):
                yield Change("hours", {"weekday": position, "begin": begin, "end": end})
    for position, cells in enumerate(weekdays):
        if not cells.any() and problem.staffed[position::WEEK].any():
            begin, end = int(np.flatnonzero(usual)[0]) if usual.any() else 0, len(usual)
            if fits(_with_patient(problem, position, begin, end)):
                yield Change("weekday", {"weekday": position, "begin": begin, "end": end})


def _with_patient(problem: Problem, position: int, begin: int, end: int) -> Problem:
    patient: Mask = problem.patient.copy()
    patient[position::WEEK, begin:end] = True
    comes = problem.comes.copy()
    comes[position::WEEK] = True
    return replace(problem, patient=patient, comes=comes)


def _fewer(problem: Problem) -> Iterator[Change]:
    """Try a lower floor of one stretch, as high as it can be."""
    for number, stretch in enumerate(problem.stretches):
        for floor in range(stretch.per_week_floor - 1, -1, -1):
            if fits(_with_stretch(problem, number, per_week_floor=floor)):
                yield Change("floor", {"stretch": number, "floor": floor})
                break


def _longer_gap(problem: Problem) -> Iterator[Change]:
    """Try a longer gap in one stretch, up to twice as long, as short as it can be."""
    for number, stretch in enumerate(problem.stretches):
        for gap in (stretch.max_gap + 1, stretch.max_gap + 3, stretch.max_gap + 7, 2 * stretch.max_gap + 7):
            if fits(_with_stretch(problem, number, max_gap=gap)):
                yield Change("gap", {"stretch": number, "gap": gap})
                break


def _with_stretch(problem: Problem, number: int, **values: int) -> Problem:
    stretches = list(problem.stretches)
    stretches[number] = replace(stretches[number], **values)  # type: ignore[arg-type]
    return replace(problem, stretches=tuple(stretches))
