"""Admitting many new courses of an instance file: always valid, better than one by one, bounded, the same each time."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.instances import answer
from scheduler.solver.admission import Intake
from scheduler.solver.admission_floor import Floor
from scheduler.solver.admission_instance import InstanceFloor
from scheduler.solver.admission_worth import Worth
from scheduler.solver.best import solve
from scheduler.solver.instance import Instance

from .invented_referrals import referrals
from .judge import check

Json = dict[str, Any]
STEPS = 100


def few(seed: int) -> Json:
    """Return a small clinic with more people than it can take soon."""
    return referrals(seed, waiting=8, active=100, weeks=11)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_whoever_is_admitted_fits_beside_all_others_and_costs_what_the_judge_counts(seed):
    case = few(seed)

    found = answer(case, steps=STEPS, seed=seed)

    errors, costs = check(case, found["courses"])
    assert errors == []
    assert found["cost"] == sum(cost for cost in costs.values() if cost is not None)
    assert found["admitted"] == found["priority"] == sum(cost is not None for cost in costs.values())


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_no_bound_is_beaten_by_any_answer(seed):
    case = few(seed)

    answers = [answer(case, steps=steps, seed=seed) for steps in (0, STEPS)]

    for found in answers:
        assert found["bound"] >= max(other["priority"] for other in answers)
        assert found["cost_bound"] <= found["cost"]
        assert found["gap"] == found["bound"] - found["priority"]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.001, 0.01, 0.2]))
def test_whatever_the_cells_are_said_to_be_worth_the_bound_holds(seed, most):
    floor = InstanceFloor(Instance(few(seed)))
    intake, worth = Intake(floor, seed), Worth(floor)
    intake.run(STEPS, left=lambda: 1.0)
    values = np.random.default_rng(seed).random(floor.left.size) * most

    for _ in worth.price(values):
        pass

    assert worth.bound >= intake.priority


def test_more_are_admitted_together_than_one_by_one():
    case = referrals(2, waiting=30)

    alone, together = answer(case, steps=0), answer(case, steps=1500)

    assert together["admitted"] >= alone["admitted"] + 4


def test_the_same_file_and_seed_have_the_same_answer():
    assert answer(few(3), steps=STEPS, seed=5) == answer(few(3), steps=STEPS, seed=5)


def test_when_time_is_up_at_once_the_answer_is_still_valid():
    case = few(4)

    found = answer(case, left=lambda: 0.0)

    assert check(case, found["courses"])[0] == []


def test_an_important_person_goes_before_several_others():
    case = few(5)
    alone = next(
        course["id"] for course in case["courses"] if answer(case | {"courses": [course]})["courses"][course["id"]]
    )
    for course in case["courses"]:
        course["priority"] = 20.5 if course["id"] == alone else 1

    found = answer(case, steps=STEPS)

    assert found["courses"][alone]
    assert found["priority"] == found["admitted"] + 19.5


def test_a_course_that_fits_nowhere_counts_in_no_bound():
    case = few(6)
    case["courses"][0]["authorisation"] = {"from": "2026-03-02", "to": "2026-12-31", "units": 3}

    found = answer(case, steps=10)

    assert found["courses"]["P001"] is None
    assert found["bound"] <= 7


def test_nobody_waits():
    found = answer(referrals(1, waiting=0))

    assert (found["status"], found["admitted"], found["gap"]) == ("optimal", 0, 0)


def test_two_sessions_a_day_and_a_pool_taken_twice_are_counted_rightly():
    case = referrals(7, waiting=6, active=20, weeks=9)
    for course in case["courses"][:3]:
        course |= {"per_day": 2, "min_start_gap": 120, "nominal_gap": 120, "phases": case["courses"][0]["phases"][:1]}
        course["phases"][0]["sessions"] = 20
    for course in case["courses"][3:]:
        course["pools"] = ["tech", "tech"]

    found = answer(case, steps=STEPS)

    assert check(case, found["courses"])[0] == []
    assert found["admitted"] >= 4


@pytest.mark.parametrize("seed", [11, 12])
def test_what_stands_and_is_withdrawn_leaves_the_floor_as_it_was(seed):
    floor = InstanceFloor(Instance(few(seed)))
    before, rooms = floor.left.copy(), floor.rooms(0)
    intake = Intake(floor, seed)

    intake.run(STEPS, left=lambda: 1.0)
    for number in list(floor.standing):
        floor.withdraw(number)

    assert (floor.left == before).all()
    assert all((one == other).all() for one, other in zip(floor.rooms(0), rooms, strict=True))


def test_the_floor_sees_what_the_file_would_see_with_the_same_bookings():
    case = few(8)
    instance = Instance(case)
    floor = InstanceFloor(instance)
    number = next(n for n in range(8) if floor.best(n))
    solution = floor.best(number)

    floor.stand(number, solution.places)
    instance.book(instance.bookings_of(case["courses"][number], floor.sessions(number, solution.places)))

    others = [n for n in range(8) if n != number]
    assert [_cost(floor, n) for n in others] == [_cost_in_file(instance, n) for n in others]


def _cost(floor: Floor, number: int) -> int | None:
    solution = floor.best(number)
    return solution and solution.cost


def _cost_in_file(instance: Instance, number: int) -> int | None:
    solution = solve(instance.problem(instance.courses[number]))
    return solution and solution.cost
