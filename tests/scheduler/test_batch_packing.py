"""A day is packed soon and well, and nothing is cheaper than what is proven about it."""

import math
import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from scheduler.solver.batch_dive import dive, mend
from scheduler.solver.batch_packing import Packing
from scheduler.solver.batch_program import Relaxation, whole
from scheduler.solver.batch_tree import Tree

CELLS, LEAVING = 9, 40


def packing(options, room, sessions):
    """Return the packing of options (session, cost, spans of rows) in one block."""
    return Packing(
        session=np.array([session for session, _, _ in options]),
        cost=np.array([cost for _, cost, _ in options]),
        spans=np.array([spans for _, _, spans in options]),
        room=np.array(room),
        blocks=np.array([[0, len(room)]]),
        sessions=sessions,
    )


def crowded(seed):
    """Return a packing of four sessions of different lengths that all want the middle of a short day."""
    rng = random.Random(seed)
    options = []
    for session in range(4):
        length, wish = rng.randint(2, 5), rng.randint(2, 5)
        options.append((session, LEAVING + rng.randint(0, 5), [(0, 0)]))
        options += [(session, 3 * abs(start - wish), [(start, start + length)]) for start in range(CELLS - length + 1)]
    return packing(options, [rng.choice([1, 1, 2])] * CELLS, 4)


def optimum(what):
    """Return the least cost, found by trying every choice."""
    choices = [np.flatnonzero(what.session == session) for session in range(what.sessions)]
    return min(int(what.cost[list(choice)].sum()) for choice in product(*choices) if what.fits(list(choice)))


def triangle():
    """Return three sessions each of which is in the way of both others; their relaxation gives each of them a half."""
    options = []
    for session in range(3):
        first, second = session, (session + 1) % 3
        options += [(session, 10, [(0, 0), (0, 0)]), (session, 1, [(first, first + 1), (second, second + 1)])]
    return packing(options, [1, 1, 1], 3)


def test_a_dive_ends_where_the_relaxation_never_settles_anything(monkeypatch):
    relaxation, rounds = Relaxation(triangle()), []
    relaxation.solve()
    assert relaxation.shares.max() == pytest.approx(1 / 2)
    solve = relaxation.solve
    monkeypatch.setattr(relaxation, "solve", lambda fresh=True: rounds.append(1) or solve(fresh))

    found = dive(relaxation, math.inf)

    assert relaxation.packing.cost[found].sum() == optimum(relaxation.packing) == 21
    assert len(rounds) <= relaxation.packing.sessions + 1


def test_a_dive_can_be_repeated_at_other_prices():
    relaxation = Relaxation(triangle())
    relaxation.solve()
    first = dive(relaxation, math.inf)
    stays = int(np.flatnonzero(relaxation.packing.cost[first] == 1)[0])

    relaxation.reprice(2 * stays, 0)

    again = dive(relaxation, math.inf)
    assert relaxation.packing.cost[first[stays]] == 1
    assert again[stays] == 2 * stays


@pytest.mark.parametrize("seed", range(30))
def test_no_packing_is_cheaper_than_the_relaxation_says_even_when_it_is_tightened(seed):
    relaxation = Relaxation(crowded(seed))
    relaxation.solve()
    loose, best = relaxation.bound, optimum(relaxation.packing)

    relaxation.prove()

    assert loose <= relaxation.bound <= best
    found = dive(relaxation, math.inf)
    assert relaxation.packing.fits(found)
    assert relaxation.packing.cost[found].sum() >= best


def test_the_inequalities_close_a_good_part_of_the_distance_that_the_relaxation_leaves():
    loose, tight, best = 0, 0, 0
    for seed in range(30):
        relaxation = Relaxation(crowded(seed))
        relaxation.solve()
        loose += relaxation.value
        relaxation.prove()
        tight, best = tight + relaxation.value, best + optimum(relaxation.packing)

    assert best - tight < 3 / 4 * (best - loose)


@pytest.mark.parametrize("seed", range(10))
def test_the_whole_program_finds_the_optimum_with_the_inequalities_and_without(seed):
    relaxation = Relaxation(crowded(seed))
    relaxation.prove()
    what = relaxation.packing

    for cuts in ([], relaxation.cuts):
        options, bound = whole(what, cuts, {"mip_rel_gap": 0.0, "mip_abs_gap": 0.99})
        assert what.fits(options)
        assert what.cost[options].sum() == round(bound) == optimum(what)


@pytest.mark.parametrize("seed", range(10))
def test_a_piece_is_mended_as_well_as_can_be_around_what_stays(seed):
    what = crowded(seed)
    chosen = np.array([np.flatnonzero(what.session == session)[0] for session in range(4)])
    free, useful = np.array([True, True, False, True]), np.ones(len(what.cost), dtype=bool)

    found = mend(what, [], useful, chosen, free, what.room, seconds=60.0)

    best = optimum(what.among(np.flatnonzero(free[what.session]), what.room))
    assert sorted(what.session[found]) == [0, 1, 3]
    assert what.cost[found].sum() == best
    chosen[free] = found
    assert mend(what, [], useful, chosen, free, what.room, seconds=60.0) is None


def tree(what):
    """Return the search of a packing, before its first branch."""
    relaxation = Relaxation(what)
    relaxation.prove()
    return Tree(relaxation)


@pytest.mark.parametrize("seed", range(30))
def test_the_bound_rises_branch_by_branch_until_it_is_the_optimum(seed):
    what = crowded(seed)
    grown, best, bounds = tree(what), optimum(what), list[int]()

    while grown.grow():
        bounds.append(grown.bound)

    assert bounds == sorted(bounds)
    assert grown.bound == best


def test_sessions_in_the_way_of_each_other_in_pairs_are_settled_branch_by_branch():
    grown = tree(triangle())

    while grown.grow():
        pass

    assert grown.bound == optimum(triangle()) == 21


@pytest.mark.parametrize("seed", range(10))
def test_dives_find_what_is_below_the_cutoff_at_the_prices_of_the_moment_and_leave_the_bound_alone(seed):
    what, rng = crowded(seed), np.random.default_rng(seed)
    grown = tree(what)
    dearer = what.cost + LEAVING * (what.cost >= LEAVING)
    grown.grow()
    bound = grown.bound

    found = [grown.dive(dearer, 10 * LEAVING, rng, deep=deep) for deep in (False, True) * 5]

    packings = [options for options in found if options is not None]
    assert packings
    assert all(what.fits(options) for options in packings)
    best = min(int(dearer[options].sum()) for options in packings)
    assert grown.dive(dearer, optimum(replace(what, cost=dearer)), rng) is None
    assert best >= optimum(replace(what, cost=dearer))
    assert grown.bound == bound
    while grown.grow():
        pass
    assert grown.bound == optimum(what)
