"""The availability grid shows how much room each hour has."""

from datetime import date, timedelta

import pytest

from clinic.models import Absence, Closure
from clinic.selectors.capacity import free_capacity

from .builders import at, make_course, make_patient, make_session

MONDAY = date(2026, 11, 23)


@pytest.fixture
def mondays_at_nine(clinic, chairs, technicians, protocol):
    """Fill some chairs from 09:00 to 10:00 on four Mondays."""

    def fill(how_many):
        for chair, technician in list(zip(chairs, technicians, strict=False))[:how_many]:
            course = make_course(make_patient(clinic), protocol)
            for week in range(4):
                day = (MONDAY + timedelta(weeks=week)).isoformat()
                make_session(course, chair, technician, at(day, "09:00"), minutes=55)

    return fill


def test_an_empty_clinic_has_room_at_every_open_hour(clinic):
    free = free_capacity(clinic, MONDAY, 4)

    assert set(free) == {(weekday, hour) for weekday in range(5) for hour in range(8, 18)}
    assert set(free.values()) == {4}


@pytest.mark.parametrize("filled, level", [(1, 4), (2, 3), (3, 2), (4, 0)])
def test_a_fuller_hour_has_less_room(clinic, mondays_at_nine, filled, level):
    mondays_at_nine(filled)

    free = free_capacity(clinic, MONDAY, 4)

    assert free[0, 9] == level
    assert free[0, 11] == free[1, 9] == 4


def test_chairs_without_anybody_to_attend_them_are_no_room(clinic, technicians):
    for technician in technicians[1:]:
        Absence.objects.create(
            technician=technician, starts_at=at("2026-11-01", "00:00"), ends_at=at("2027-03-01", "00:00")
        )

    assert set(free_capacity(clinic, MONDAY, 4).values()) == {2}


def test_closed_weeks_have_less_room(clinic):
    Closure.objects.create(site=clinic, starts_at=at("2026-11-23", "00:00"), ends_at=at("2026-12-05", "00:00"))

    assert set(free_capacity(clinic, MONDAY, 4).values()) == {3}


def test_hours_are_those_of_the_wall_clock_on_both_sides_of_a_clock_change(clinic):
    free = free_capacity(clinic, date(2027, 3, 22), 2)

    assert {hour for _, hour in free} == set(range(8, 18))


def test_the_picture_takes_as_many_queries_for_a_full_diary_as_for_an_empty_one(
    clinic, mondays_at_nine, django_assert_num_queries
):
    with django_assert_num_queries(7):
        free_capacity(clinic, MONDAY, 4)
    mondays_at_nine(4)

    with django_assert_num_queries(7):
        free_capacity(clinic, MONDAY, 4)
