"""Many running courses are repaired together: validly, soon, provably well, and without disturbing who need not be."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.instances import answer
from scheduler.solver.batch import Batch
from scheduler.solver.instance import Instance

from . import invented_disruptions, judge, oracle


def steps(batch, count):
    """Yield after each of the first steps, however good the answer is by then."""
    for number, _ in enumerate(batch.steps(), 1):
        yield
        if number == count:
            return


def answered(batch):
    """Return the sessions of every course."""
    return {name: batch.sessions(name) for name in batch.floor.courses}


@pytest.fixture(scope="module")
def down():
    """Return a clinic of three chairs, one of which is down for two days."""
    return invented_disruptions.chair_down(3, chairs=2, courses=20, weeks=6, days=2)


def test_a_chair_that_is_down_costs_no_course_a_session(down):
    found = answer(down, steps=20)

    errors, costs = judge.check(down, found["courses"])
    assert (errors, sum(costs.values())) == ([], found["cost"])
    assert 0 < found["bound"] <= found["cost"]
    assert found["gap"] == round((found["cost"] - found["bound"]) / found["cost"], 4)


def test_the_day_as_a_whole_is_much_better_than_one_course_after_another(down):
    first, last = (answer(down, steps=count) for count in (1, 20))

    assert len([sessions for sessions in last["courses"].values() if sessions]) == len(down["courses"])
    assert last["cost"] <= 1.1 * last["bound"]
    assert first["cost"] is None or first["cost"] > 1.2 * last["cost"]


def test_the_same_file_and_seed_have_the_same_answer(down):
    assert answer(down, steps=25, seed=7) == answer(down, steps=25, seed=7)


def test_no_step_makes_the_answer_worse(down):
    batch = Batch(Instance(down))

    values = [batch.value for _ in steps(batch, 30)]

    assert values == sorted(values, reverse=True)


def test_without_domino_nobody_is_moved_to_whom_nothing_happened(down):
    batch = Batch(Instance(down), domino=0)
    for _ in steps(batch, 25):
        pass

    unaffected = set(batch.floor.courses) - set(batch.affected)
    assert unaffected
    assert all(list(batch.floor.old(name)) == batch.sessions(name) for name in unaffected)
    assert judge.check(down, answered(batch))[0] == [] or batch.missing


def test_moving_a_few_others_as_well_costs_less(down):
    costs = []
    for domino in (0, 3, None):
        batch = Batch(Instance(down), domino=domino)
        for _ in steps(batch, 15):
            pass
        costs.append(batch.value)

    assert costs[0] > costs[1] >= costs[2]


def test_no_course_pays_less_for_the_dates_it_leaves_than_was_expected(down):
    batch = Batch(Instance(down))
    for _ in steps(batch, 25):
        pass

    floor, dates, left = batch.floor, {date for date, _ in batch.hit}, 0
    for name in floor.courses:
        mine, sessions = {date for date in dates if floor.only(name, date)}, batch.sessions(name)
        gone = mine - {session["date"] for session in sessions}
        here = [floor.place(name, session) for session in sessions if session["date"] in mine - gone]
        paid = floor.judge(name, sessions).cost - sum(int(floor.empty[name].keep.price[place]) for place in here)
        assert paid >= floor.lost(name, gone, mine - gone)
        left += len(gone)
    assert left


def test_everybody_has_a_place_first_even_if_the_time_is_up(down):
    found = answer(down, left=lambda: 0.0)

    assert judge.check(down, found["courses"])[0] == []
    assert (found["status"], found["bound"]) == ("feasible", 0)


def test_a_clinic_in_which_nothing_happened_stays_as_it_is():
    case = invented_disruptions.full_clinic(1, chairs=2, courses=10, weeks=4)

    found = answer(case)

    assert (found["status"], found["cost"], found["bound"], found["gap"]) == ("optimal", 0, 0, 0)
    for course in case["courses"]:
        assert found["courses"][course["id"]] == course["repair"]["old"]


def test_a_course_that_can_stand_nowhere_is_named():
    case = invented_disruptions.full_clinic(1, chairs=2, courses=5, weeks=4)
    course = case["courses"][0]
    course["unavailable_dates"] = [session["date"] for session in course["repair"]["old"]]
    course["latest_date"] = course["repair"]["old_last"]

    found = answer(case)

    assert (found["status"], found["cost"], found["bound"]) == ("infeasible", None, None)
    assert found["reasons"] == [{"code": "no-place", "course": course["id"]}]
    assert found["courses"][course["id"]] is None


def test_an_answer_is_at_hand_when_the_time_is_up_at_once(down):
    found = answer(down, left=lambda: 0.0)

    assert all(found["courses"][course["id"]] for course in down["courses"]) or found["status"] == "unsolved"
    assert found["bound"] is not None


@pytest.mark.parametrize("seed", range(6))
def test_an_independent_solver_never_finds_less_than_the_bound_nor_more_than_the_cost(seed):
    case = invented_disruptions.small(seed)

    found = answer(case, steps=60)

    best = oracle.optimum_together(case)
    assert judge.check(case, found["courses"])[0] == [] or found["cost"] is None
    assert (found["bound"] or 0) <= (math.inf if best is None else best) <= (found["cost"] or math.inf)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), domino=st.sampled_from([0, 2, None]))
def test_the_bound_is_never_above_the_cost_and_every_answer_is_valid(seed, domino):
    case = invented_disruptions.small(seed)
    batch = Batch(Instance(case), domino=domino, seed=seed)

    for _ in steps(batch, 12):
        if not batch.missing:
            errors, costs = judge.check(case, answered(batch))
            assert (errors, sum(costs.values())) == ([], batch.cost)
            assert batch.bound <= batch.cost
