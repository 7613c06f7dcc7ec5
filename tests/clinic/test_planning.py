"""Rows become the scheduler's values, and plans become data, without losing anything."""

import pytest

from clinic.planning import protocol_value
from clinic.services.occupancy import cells
from scheduler import Blocks, Phase, Redetermination, Visit, VisitKind

from .builders import at, make_course, make_protocol, make_recipe, make_session


def test_a_protocol_comes_back_as_it_was_kept(db):
    recipe = make_recipe(
        phases=(
            Phase(name="acute", visit=Visit(minutes=40, chair_kinds=frozenset({"deep"})), sessions=30),
            Phase(name="taper", visit=Visit(minutes=40), taper=(3, 2, 1), weekdays=frozenset({0, 2, 4})),
            Phase(
                name="more",
                visit=Visit(),
                sessions=20,
                sessions_per_day=2,
                minutes_between_starts=60,
                condition="responders",
                blocks=Blocks(min_days=2, max_days=5, max_break_days=3),
            ),
        ),
        redetermination=Redetermination(visit=Visit(kind=VisitKind.REDETERMINATION, minutes=45)),
    )

    row = make_protocol(recipe)
    row.refresh_from_db()

    assert protocol_value(row) == recipe


def test_a_protocol_with_an_unknown_word_is_refused_in_a_sentence(db):
    row = make_protocol()
    row.definition["phases"][0]["dose"] = 120

    with pytest.raises(ValueError, match="A phase has no 'dose'"):
        protocol_value(row)


def test_a_session_takes_its_chair_until_the_turnaround_ends(clinic, chairs, technicians, protocol, margaret):
    course = make_course(margaret, protocol)
    session = make_session(course, chairs[0], technicians[0], at("2026-11-23", "09:00"), minutes=30)

    taken = list(cells(session))

    assert sum(resource == chairs[0].pk for resource, _, _ in taken) == 7
    assert sum(resource == margaret.pk for resource, _, _ in taken) == 6
    assert session.occupancy.count() == len(taken)
