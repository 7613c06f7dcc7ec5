"""The law of the diary: whatever people do to it and in whatever order, it stays right after every step.

HYPOTHESIS_PROFILE=thorough makes the walks many and long, and each time others:

    HYPOTHESIS_PROFILE=thorough python -m pytest tests/clinic/test_diary_law.py -n 2
"""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from .builders import NOW, at
from .walk.machine import Walk

WALKS, STEPS = (25, 60) if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else (4, 25)
WALKING = settings(
    max_examples=WALKS, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "begins",
    [
        pytest.param(NOW, id="any weeks"),
        pytest.param(at("2026-12-18", "09:00"), id="over the holidays"),
        pytest.param(at("2027-03-17", "09:00"), id="across a change of the clock"),
    ],
)
def test_the_diary_stays_right_whatever_is_done_to_it(begins):
    class FromThen(Walk):
        pass

    FromThen.begins = begins

    run_state_machine_as_test(FromThen, settings=WALKING)
