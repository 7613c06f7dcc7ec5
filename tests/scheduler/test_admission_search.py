"""The search for plans at given prices: as cheap as the search that knows every rule, whatever the course."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.solver.admission_instance import InstanceFloor
from scheduler.solver.admission_search import NEVER, Search
from scheduler.solver.instance import Instance
from scheduler.solver.trace import Solution

from .invented_referrals import referrals


def search_of(seed: int, **changes: object) -> Search:
    """Return the search of somebody who waits for a course in a small clinic."""
    case = referrals(seed, waiting=1, active=90, weeks=10)
    for phase in case["courses"][0]["phases"]:
        phase |= changes
    return Search(InstanceFloor(Instance(case)).candidates[0].problem)


def price_of(search: Search, prices: list[np.ndarray], solution: Solution) -> int:
    """Return the sum of the prices of all places of a plan."""
    total = 0
    for place in solution.places:
        starts = search.starts[place.role]
        where = (starts.day == place.day) & (starts.chair == place.chair) & (starts.start == place.start)
        total += int(prices[place.role][where][0])
    return total


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 50, 1000]), st.sampled_from([0.0, 0.3, 0.7]), st.integers(0, 4))
def test_no_other_plan_is_cheaper_at_any_prices(seed, most, closed, floor):
    search, rng = search_of(seed, per_week_floor=floor), np.random.default_rng(seed)
    prices = [rng.integers(0, most, len(starts.day)) for starts in search.starts]
    prices = [np.where(rng.random(len(price)) < closed, NEVER, price) for price in prices]

    found, general = search.cheapest(prices), search._in_general(prices)

    assert (found is None) == (general is None)
    if found is not None:
        assert found.cost == general.cost == price_of(search, prices, found)


@pytest.mark.parametrize("changes", [{"max_gap_days": 30, "per_week_floor": 0}, {"per_week_max": 4, "per_week_min": 4}])
@pytest.mark.parametrize("seed", [1, 2])
def test_gaps_and_weekly_rules_are_kept(seed, changes):
    search, rng = search_of(seed, **changes), np.random.default_rng(seed)
    prices = [rng.integers(0, 100, len(starts.day)) for starts in search.starts]

    found, general = search.cheapest(prices), search._in_general(prices)

    assert found.cost == general.cost == price_of(search, prices, found)


def test_a_course_for_which_there_are_too_few_days_has_no_plan():
    search = search_of(1, sessions=60)

    assert not search.has_plan
