"""Opening hours are read kindly, written back the same, and become the right instants."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import Interval, WeeklyHours, instant, local_days, months_later, week_start
from scheduler.hours import Window, clock, zone

FRIDAY = date(2026, 3, 6)


@pytest.mark.parametrize(
    "text, written",
    [
        ("Mon-Fri 08:00-18:00", "Mon-Fri 08:00-18:00"),
        ("monday-friday 8:00-18:00", "Mon-Fri 08:00-18:00"),
        ("Mon 08:00-12:00 12:00-18:00", "Mon 08:00-18:00"),
        ("Fri-Mon 09:00-10:00", "Mon 09:00-10:00, Fri-Sun 09:00-10:00"),
        ("Sat 09:00-13:00; Mon-Tue 00:00-24:00", "Mon-Tue 00:00-24:00, Sat 09:00-13:00"),
        ("", ""),
    ],
)
def test_hours_are_read_and_written(text, written):
    assert str(WeeklyHours.parse(text)) == written


@pytest.mark.parametrize(
    "text", ["Mo-Fr 8-18", "Mon", "Mon 18:00-08:00", "Mon 08:00-25:00", "Foo 08:00-09:00", "Mon 08:00-18:00 lunch"]
)
def test_hours_that_cannot_be_read_are_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"Try 'Mon-Fri 08:00-18:00'\."):
        WeeklyHours.parse(text)


def test_a_visit_lies_inside_one_window():
    hours = WeeklyHours.parse("Fri 08:00-12:00 13:00-16:30")

    assert hours.covers(FRIDAY, 8 * 60, 12 * 60)
    assert not hours.covers(FRIDAY, 11 * 60, 14 * 60)
    assert not hours.covers(date(2026, 3, 7), 8 * 60, 9 * 60)


windows = st.builds(
    lambda weekday, start, length: Window(weekday=weekday, start=start, end=min(start + length, 1440)),
    st.integers(0, 6),
    st.integers(0, 1439),
    st.integers(1, 600),
)


@given(st.lists(windows, max_size=12))
def test_hours_survive_being_written_and_read_again(some):
    hours = WeeklyHours(tuple(some))

    assert WeeklyHours.parse(str(hours)) == hours


@given(st.lists(windows, max_size=12))
def test_joining_windows_neither_adds_nor_loses_a_minute(some):
    def minutes(things):
        return {(window.weekday, minute) for window in things for minute in range(window.start, window.end)}

    joined = WeeklyHours(tuple(some)).windows

    assert minutes(joined) == minutes(some)
    assert sum(window.end - window.start for window in joined) == len(minutes(some))


def test_nine_oclock_is_another_instant_after_the_clocks_change():
    assert instant(date(2026, 3, 27), 540, "Europe/Berlin") == datetime(2026, 3, 27, 8, tzinfo=UTC)
    assert instant(date(2026, 3, 30), 540, "Europe/Berlin") == datetime(2026, 3, 30, 7, tzinfo=UTC)


def test_a_time_shown_twice_is_the_first_and_a_skipped_one_falls_after_the_jump():
    assert instant(date(2026, 10, 25), 150, "Europe/Berlin") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(date(2026, 3, 29), 150, "Europe/Berlin") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_day_with_a_clock_change_has_23_or_25_hours():
    assert local_days(date(2026, 3, 29), date(2026, 3, 29), "Europe/Berlin").minutes == 23 * 60
    assert local_days(date(2026, 10, 25), date(2026, 10, 25), "Europe/Berlin").minutes == 25 * 60


def test_whole_days_run_from_midnight_to_midnight_of_the_site():
    days = local_days(date(2026, 7, 1), date(2026, 7, 2), "America/New_York")

    assert days == Interval(datetime(2026, 7, 1, 4, tzinfo=UTC), datetime(2026, 7, 3, 4, tzinfo=UTC))


@pytest.mark.parametrize("begins, expected", [(0, 2), (5, 28), (6, 1), (4, 6)])
def test_a_week_begins_where_it_is_told(begins, expected):
    assert week_start(FRIDAY, begins).day == expected


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 6))
def test_every_date_lies_within_seven_days_of_its_week(day, begins):
    start = week_start(day, begins)

    assert 0 <= (day - start).days < 7
    assert start.weekday() == begins


def test_a_month_later_is_the_last_day_of_a_short_month():
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 3, 6), 6) == date(2026, 9, 6)


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "x" * 10_000, "Europe"])
def test_an_unknown_zone_is_a_kind_refusal(name):
    with pytest.raises(ValueError, match="Unknown time zone"):
        zone(name)


def test_a_clock_shows_midnight_at_both_ends():
    assert (clock(0), clock(1440)) == ("00:00", "24:00")
