"""Plan a course: the best plan that there is, others of another kind, or why there is none."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np

from .course import CourseRequest
from .followups import place_follow_ups
from .hours import minute_of
from .plan import Diary, Plan, Session, Unplaced
from .resources import Clinic
from .solver.best import solve
from .solver.days import Known
from .solver.ground import Ground, quickest_weeks, slowest_weeks
from .solver.impossible import easy
from .solver.points import points_of
from .solver.problem import Costs, Prices, Problem
from .solver.refusal import reasons_why_not
from .solver.sessions import sessions_of
from .solver.trace import Solution
from .solver.why import Why

HURRY = 20  # how much more a day counts in the soonest plan
QUIET = 3  # points for each per cent of crowdedness of the usual hour, in the quiet plan
APART = 60  # minutes by which the quiet plan's usual time differs at least; less would be the same plan to a patient
FORBIDDEN = 100_000  # points that no plan is worth

Booked = Diary | Iterable[Session]


def plan_course(
    request: CourseRequest, clinic: Clinic, booked: Booked = (), *, alternatives: bool = True
) -> tuple[Plan, ...]:
    """Return up to three plans, best first: the steadiest, and if they differ the soonest and one at a quiet hour.

    The first has the fewest points that any plan can have; without `alternatives` it is the only one. When there is no
    plan at all, the answer is one plan without sessions that says why, and which smallest changes would help.
    """
    diary = booked if isinstance(booked, Diary) else Diary.of(booked)
    known: Known = {}
    ground, problem, solution = _steadiest(request, clinic, diary, known)
    if solution is None:
        reasons = reasons_why_not(ground, problem, diary)
        unplaced = Unplaced(first_number=1, count=request.sessions, reasons=reasons)
        return (Plan(unplaced=(unplaced,), timezone=ground.timezone),)
    found = [("steadiest", problem, solution)]
    for kind, other, below in _other_kinds(ground, problem, solution) if alternatives else ():
        answer = solve(other, known=known, below=below)
        if answer is not None and all(_differ(answer, known) for _, _, known in found):
            found.append((kind, other, answer))
    return tuple(_plan(kind, ground, other, answer, diary) for kind, other, answer in found)


def earliest_start(request: CourseRequest, clinic: Clinic, booked: Booked = ()) -> date | None:
    """Return the earliest date on which the whole course could begin, or None when it cannot be placed at all."""
    diary = booked if isinstance(booked, Diary) else Diary.of(booked)
    ground = Ground(request, clinic, diary, slowest_weeks(request))
    only_wait = Prices(wait=1, end=0, dev=0, chair=0, short=0)
    solution = solve(easy(ground.problem(only_wait), only_wait))
    return None if solution is None else ground.frame.date(solution.places[0].day)


def _steadiest(
    request: CourseRequest, clinic: Clinic, diary: Diary, known: Known
) -> tuple[Ground, Problem, Solution | None]:
    """Search the weeks that a quick course needs; the others only when a plan that ends there could be better."""
    weights = request.preference.weights
    for weeks in sorted({min(quickest_weeks(request), slowest_weeks(request)), slowest_weeks(request)}):
        ground = Ground(request, clinic, diary, weeks)
        problem = steadiest_problem(ground)
        known.clear()
        solution = solve(problem, known=known)
        beyond = weights.end * (ground.frame.day(ground.last) + 1 - problem.earliest)
        if solution is not None and solution.cost <= beyond:
            break
    return ground, problem, solution


def steadiest_problem(ground: Ground) -> Problem:
    """Return the problem of a request under its own weights."""
    weights = ground.request.preference.weights
    prices = Prices(wait=weights.wait, end=weights.end, dev=weights.time, chair=weights.chair, short=weights.short)
    return ground.problem(prices, _usual(ground, weights.crowd))


def _other_kinds(ground: Ground, problem: Problem, steadiest: Solution) -> Iterator[tuple[str, Problem, int]]:
    """Yield (kind, problem, points that a plan of this kind has to stay below)."""
    prices = problem.prices
    hurried = replace(problem, prices=replace(prices, wait=prices.wait * HURRY, end=prices.end * HURRY))
    yield "soonest", hurried, _cost(steadiest, problem, hurried)
    yield "quiet hour", replace(problem, usual=_quieter(ground, steadiest.anchor)), FORBIDDEN


def _quieter(ground: Ground, anchor: int) -> Costs:
    """Return what each usual start costs in a plan that is quieter than, and well apart from, another usual start."""
    crowded, apart = ground.crowdedness(), APART // ground.frame.grid
    quieter = (crowded < crowded[anchor]) & (np.abs(np.arange(len(crowded)) - anchor) >= apart)
    costs = _usual(ground, ground.request.preference.weights.crowd + QUIET)
    return np.where(quieter, costs, FORBIDDEN)


def _usual(ground: Ground, crowd: int) -> Costs:
    """Return what each usual start costs: its distance from the wish, and how crowded it is."""
    frame, wished = ground.frame, ground.request.preference.time
    starts = frame.opens + frame.grid * np.arange(-(-frame.cells // frame.step))
    costs = np.zeros(len(starts), dtype=np.int64)
    if wished is not None:
        costs += ground.request.preference.weights.wish * np.abs(starts - minute_of(wished)) // frame.grid
    if crowd:
        costs += crowd * ground.crowdedness()
    return costs


def _cost(solution: Solution, problem: Problem, other: Problem) -> int:
    """Return what a solution of one problem costs by the prices of another that differs in time and usual start."""
    first, last = (solution.places[index].day - problem.earliest for index in (0, -1))
    wait, end = other.prices.wait - problem.prices.wait, other.prices.end - problem.prices.end
    usual = [0 if p.usual is None else int(p.usual[solution.anchor]) for p in (problem, other)]
    return solution.cost + wait * first + end * last + usual[1] - usual[0]


def _differ(one: Solution, other: Solution) -> bool:
    """Tell whether two solutions differ in what a person would notice: when the sessions are."""
    return {(p.day, p.start) for p in one.places} != {(p.day, p.start) for p in other.places}


def _plan(kind: str, ground: Ground, problem: Problem, solution: Solution, diary: Diary) -> Plan:
    why = Why(ground, problem, solution)
    sessions = sessions_of(ground, solution, why)
    follow_ups, unplaced = place_follow_ups(ground.request, ground.clinic, diary, sessions)
    return Plan(
        kind=kind,
        sessions=(*sessions, *follow_ups),
        unplaced=unplaced,
        notes=tuple(why.notes()),
        score=points_of(ground, problem, solution),
        timezone=ground.timezone,
    )
