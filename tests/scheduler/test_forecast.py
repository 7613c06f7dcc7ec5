"""What would happen if there were a chair more, Saturdays, fewer hours of a technician, or another protocol."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import Availability, WeeklyHours
from scheduler.forecast import Forecast, Stream, forecast, forecast_by_week, with_chair, with_hours, with_part_time

from .builders import MONDAY, at, make_clinic, make_phase, make_protocol, make_session

DAILY = make_protocol(make_phase(sessions=15, per_week_max=5))
SMALL = make_clinic(chairs=["C1"], technicians=["Ana"], hours="Mon-Fri 08:00-11:00")
SATURDAY = WeeklyHours.parse("Sat 08:00-13:00")


def stream(a_week: float = 3, weeks: int = 6, **changes: object) -> Stream:
    """Return people who come for 15 daily half hours."""
    return Stream(**{"a_week": a_week, "weeks": weeks, "protocols": ((DAILY, 1),), **changes})


def begun(what: Forecast) -> int:
    """Return how many begin at all."""
    return sum(count for _, count in what.starts)


def test_everybody_begins_at_once_where_there_is_room():
    found = forecast(stream(a_week=0.5), make_clinic(), [], MONDAY)

    assert begun(found) == len(found.waits) == 3
    assert found.turned_away == 0
    assert max(found.waits) <= 3


def test_more_people_than_places_wait_longer_and_the_clinic_is_overloaded():
    few, many = (forecast(stream(a_week=number), SMALL, [], MONDAY) for number in (1, 6))

    assert many.typical_wait > few.typical_wait
    assert many.overloaded_weeks > few.overloaded_weeks == 0


@pytest.mark.parametrize("better", [lambda c: with_chair(c, "site"), lambda c: with_hours(c, "site", SATURDAY)])
def test_a_chair_more_with_somebody_to_run_it_or_saturdays_shorten_the_wait(better):
    clinic = make_clinic(chairs=["C1"], technicians=["Ana", "Ben"], hours="Mon-Fri 08:00-11:00")

    before, after = (forecast(stream(a_week=4), place, [], MONDAY) for place in (clinic, better(clinic)))

    assert (after.turned_away, sum(after.waits)) < (before.turned_away, sum(before.waits))


def test_a_technician_part_time_makes_people_wait():
    clinic = make_clinic(chairs=["C1"], technicians=["Ana"], hours="Mon-Fri 08:00-12:00")
    less = with_part_time(clinic, "Ana", WeeklyHours.parse("Mon-Fri 08:00-09:30"))

    before, after = (forecast(stream(a_week=2), place, [], MONDAY) for place in (clinic, less))

    assert (after.turned_away, sum(after.waits)) > (before.turned_away, sum(before.waits))


def test_a_shorter_protocol_leaves_room():
    short = make_protocol(make_phase(sessions=5, per_week_max=5))

    before, after = (forecast(what, SMALL, [], MONDAY) for what in (stream(4), stream(4).switched("made-up", short)))

    assert (after.turned_away, sum(after.waits)) < (before.turned_away, sum(before.waits))
    assert sum(share for _, share in after.loads) < sum(share for _, share in before.loads)


def test_what_is_booked_already_counts():
    booked = [make_session(at(MONDAY, f"{hour:02d}:00"), 60, patient=f"B{hour}") for hour in (8, 9, 10)]

    empty, taken = (forecast(stream(a_week=1, weeks=1), SMALL, diary, MONDAY) for diary in ([], booked))

    assert taken.loads[0][1] >= empty.loads[0][1]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 4), st.integers(0, 4))
def test_everybody_who_comes_begins_or_is_turned_away_and_the_same_seed_brings_the_same(seed, a_week, weeks):
    people = stream(
        a_week, weeks, seed=seed, availabilities=((Availability.parse("Mon-Fri 08:00-09:30"), 1), (Availability(), 2))
    )

    found = forecast(people, SMALL, [], MONDAY)

    assert found == forecast(people, SMALL, [], MONDAY)
    assert begun(found) == len(found.waits)
    assert len(found.waits) + found.turned_away == int(sum([a_week] * weeks))
    assert all(0 <= share <= 1 for _, share in found.loads)


def test_starts_are_counted_by_month():
    found = forecast(stream(a_week=1, weeks=8), make_clinic(), [], MONDAY)

    assert [month for month, _ in found.starts] == [date(2026, 3, 1), date(2026, 4, 1)]


@pytest.mark.parametrize("wrong", [{"a_week": -1}, {"protocols": ()}, {"weeks": -1}])
def test_a_stream_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\."):
        stream(**wrong)


def test_a_part_time_of_nobody_is_refused():
    with pytest.raises(KeyError):
        with_part_time(SMALL, "Zoe", SATURDAY)


def test_each_week_says_what_became_of_those_who_came_by_then_and_the_last_says_it_of_all():
    people = stream(a_week=3, weeks=4)

    weeks = list(forecast_by_week(people, SMALL, [], MONDAY))

    assert weeks[-1] == forecast(people, SMALL, [], MONDAY)
    assert [len(found.waits) + found.turned_away for found in weeks] == [3, 6, 9, 12]
    for found, after in pairwise(weeks):
        assert after.waits[: len(found.waits)] == found.waits
        assert after.loads[: len(found.loads)] == found.loads


def test_where_weeks_begin_on_a_sunday_nobody_is_planned_before_the_first_of_them():
    sunday = MONDAY - timedelta(days=1)
    site = replace(SMALL.sites[0], week_starts_on=6)

    found = forecast(stream(a_week=5, weeks=1), replace(SMALL, sites=(site,)), [], sunday)

    assert found.loads[0][0] == sunday
    assert found.waits
