"""Intervals are half-open, and kept in UTC so that clock changes cannot fool them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import Interval

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def span(start, end):
    """Return the interval between two minutes after noon."""
    return Interval(NOON + timedelta(minutes=start), NOON + timedelta(minutes=end))


@pytest.mark.parametrize(
    "other, together",
    [((-30, 0), False), ((-30, 1), True), ((10, 20), True), ((29, 60), True), ((30, 60), False), ((-5, 40), True)],
)
def test_touching_is_not_overlapping(other, together):
    assert span(0, 30).overlaps(span(*other)) is together
    assert span(*other).overlaps(span(0, 30)) is together


def test_an_interval_covers_itself_and_what_is_inside():
    assert span(0, 30).covers(span(0, 30))
    assert span(0, 30).covers(span(10, 20))
    assert not span(0, 30).covers(span(10, 31))


@pytest.mark.parametrize(
    "start, end", [(NOON, NOON), (NOON, NOON - timedelta(minutes=1)), (NOON, NOON.replace(hour=13, tzinfo=None))]
)
def test_an_interval_needs_two_instants_in_order(start, end):
    with pytest.raises(ValueError, match="interval"):
        Interval(start, end)


def test_the_night_the_clocks_go_forward_is_an_hour_shorter():
    night = Interval(datetime(2026, 3, 29, 0, 30, tzinfo=LONDON), datetime(2026, 3, 29, 2, 30, tzinfo=LONDON))

    assert night.minutes == 60


def test_the_two_half_past_ones_of_the_night_the_clocks_go_back_are_an_hour_apart():
    first = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON)

    assert Interval(first, first.replace(fold=1)).duration == timedelta(hours=1)


minutes = st.integers(-5000, 5000)


@given(minutes, st.integers(1, 500), minutes, st.integers(1, 500))
def test_two_intervals_overlap_exactly_when_they_share_a_minute(start, length, other_start, other_length):
    shared = set(range(start, start + length)) & set(range(other_start, other_start + other_length))

    assert span(start, start + length).overlaps(span(other_start, other_start + other_length)) is bool(shared)


@given(minutes, st.integers(1, 500), minutes)
def test_a_shifted_interval_lasts_as_long(start, length, by):
    moved = span(start, start + length).shifted(timedelta(minutes=by))

    assert moved == span(start + by, start + by + length)
    assert moved.minutes == length
