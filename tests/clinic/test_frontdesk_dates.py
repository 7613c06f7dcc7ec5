"""Dates and times as people type them."""

from datetime import date, time

import pytest

from clinic.frontdesk.dates import read_birth, read_day, read_days, read_time, written

TODAY = date(2026, 11, 20)  # a Friday


@pytest.mark.parametrize(
    "text, day",
    [
        ("24/11", date(2026, 11, 24)),
        ("24.11.", date(2026, 11, 24)),
        ("24 nov", date(2026, 11, 24)),
        ("24th November 2026", date(2026, 11, 24)),
        ("Tue 24 Nov", date(2026, 11, 24)),
        ("tue", date(2026, 11, 24)),
        ("friday", date(2026, 11, 27)),
        ("today", TODAY),
        ("Tomorrow", date(2026, 11, 21)),
        ("2026-11-24", date(2026, 11, 24)),
        ("24112026", date(2026, 11, 24)),
        ("24/11/26", date(2026, 11, 24)),
        ("5 jan", date(2027, 1, 5)),
        ("1 Nov", date(2026, 11, 1)),
        ("29 feb", date(2028, 2, 29)),
    ],
)
def test_a_date_is_read_as_people_write_it(text, day):
    assert read_day(text, TODAY) == day


@pytest.mark.parametrize(
    "text", ["", "soon", "31/2", "24/13", "1/2/3/4", "9" * 40, "99999999999 nov", "1 2 99999999999", "\x00"]
)
def test_what_is_no_date_is_answered_with_an_example(text):
    with pytest.raises(ValueError, match="Try 24/11"):
        read_day(text, TODAY)


def test_a_weekday_that_contradicts_its_date_is_asked_about():
    with pytest.raises(ValueError, match="24 November 2026 is a Tuesday, not a Monday"):
        read_day("Mon 24 Nov 2026", TODAY)


@pytest.mark.parametrize("days", [0, 1, 40, 300, 800])
def test_a_date_that_the_page_writes_is_read_back(days):
    day = date.fromordinal(TODAY.toordinal() + days)

    assert read_day(written(day), TODAY) == day


@pytest.mark.parametrize(
    "text, day",
    [
        ("14/5/1971", date(1971, 5, 14)),
        ("14 May 71", date(1971, 5, 14)),
        ("14-May-1971", date(1971, 5, 14)),
        ("14051971", date(1971, 5, 14)),
        ("1 1 20", date(2020, 1, 1)),
        ("1 1 27", date(1927, 1, 1)),
    ],
)
def test_a_date_of_birth_lies_in_the_past(text, day):
    assert read_birth(text, TODAY) == day


@pytest.mark.parametrize("text", ["14/5", "tue", "May 1971", "31/2/1971", "1 1 " + "9" * 5000])
def test_a_date_of_birth_needs_its_year(text):
    with pytest.raises(ValueError, match="date of birth"):
        read_birth(text, TODAY)


@pytest.mark.parametrize(
    "text, moment",
    [
        ("830", time(8, 30)),
        ("8", time(8)),
        ("08:30", time(8, 30)),
        ("8.30", time(8, 30)),
        ("2pm", time(14)),
        ("2:15 PM", time(14, 15)),
        ("12 am", time(0)),
        ("1430", time(14, 30)),
        ("14h30", time(14, 30)),
    ],
)
def test_a_time_is_read_as_people_write_it(text, moment):
    assert read_time(text) == moment


@pytest.mark.parametrize("text", ["late", "25", "8:75", "8:3", "13pm0", "8 30 15"])
def test_what_is_no_time_is_answered_with_an_example(text):
    with pytest.raises(ValueError, match="Try 830"):
        read_time(text)


def test_dates_away_are_single_days_and_stretches():
    assert read_days("24 Dec, 30 Dec to 1 Jan", TODAY) == (
        date(2026, 12, 24),
        date(2026, 12, 30),
        date(2026, 12, 31),
        date(2027, 1, 1),
    )
    assert read_days(" ", TODAY) == ()


@pytest.mark.parametrize("text", ["1 Jan to 24 Dec to 3 Jan", "5 Jan - 1 Jan", "1/1/2026 to 1/1/2030"])
def test_a_stretch_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError, match="Try"):
        read_days(text, TODAY)
