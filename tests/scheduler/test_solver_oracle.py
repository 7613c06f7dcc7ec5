"""The search, CP-SAT and the judge agree on small invented courses of every sort."""

import pytest

from scheduler.instances import answer

from . import invented, judge, oracle

SEEDS = 160


@pytest.mark.parametrize("begin", range(0, SEEDS, 20))
def test_the_search_finds_what_an_independent_solver_finds(begin):
    for seed in range(begin, begin + 20):
        case = invented.invent(seed)

        found = answer(case)

        assert found.get("cost") == oracle.optimum(case), seed
        if found["courses"]["P1"]:
            errors, costs = judge.check(case, found["courses"])
            assert (errors, costs["P1"]) == ([], found["cost"]), seed
            assert found["status"] == "optimal"
        else:
            assert found["status"] == "infeasible"
            assert found["reasons"][0]["code"] == "no-place"


def test_the_invented_courses_are_of_every_sort():
    sorts = set()
    for seed in range(SEEDS):
        course = invented.invent(seed)["courses"][0]
        status = answer(invented.invent(seed))["status"]
        sorts.add((bool(course.get("repair")), course.get("per_day", 1) > 1, status))

    assert len(sorts) == 8
