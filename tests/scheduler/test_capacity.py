"""How full a clinic is, and how soon a course could begin."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler import Availability, Preference, WeeklyHours, check, plan_course
from scheduler.capacity import load_by_hour, quotes

from .builders import MONDAY, at, make_clinic, make_request, make_session

BERLIN = ZoneInfo("Europe/Berlin")


def by_hour(clinic, booked, **changes):
    """Return the load of the first week by hour."""
    return {part.hour: part for part in load_by_hour(clinic, booked, MONDAY, 1, **changes)}


def test_an_empty_clinic_is_open_for_both_chairs_on_five_days():
    hours = by_hour(make_clinic(), [])

    assert sorted(hours) == list(range(8, 18))
    assert {(part.booked, part.open, part.share) for part in hours.values()} == {(0, 600, 0.0)}


def test_a_visit_counts_in_the_hours_in_which_it_lies_with_its_turnaround():
    session = make_session(at(MONDAY, "09:45"), 30, turnaround_minutes=5)

    hours = by_hour(make_clinic(), [session])

    assert (hours[9].booked, hours[10].booked, hours[11].booked) == (15, 20, 0)
    assert hours[10].share == pytest.approx(20 / 600)


def test_chairs_without_anybody_to_run_them_are_not_open():
    clinic = make_clinic(technicians=["Ana"]).with_closure("Ana", MONDAY, MONDAY)

    assert by_hour(clinic, [])[9].open == 4 * 60


def test_one_chair_is_looked_at_alone_and_an_unknown_one_has_no_load():
    clinic, session = make_clinic(), make_session(at(MONDAY, "09:00"), 30, chair="C2")

    assert by_hour(clinic, [session], chair="C1")[9].booked == 0
    assert by_hour(clinic, [session], chair="C2")[9].booked == 30
    assert by_hour(clinic, [session], chair="C2")[9].open == 300
    assert by_hour(clinic, [session], chair="nowhere") == {}


def test_a_cancelled_visit_takes_nothing():
    session = make_session(at(MONDAY, "09:00"), 30, status="cancelled")

    assert by_hour(make_clinic(), [session])[9].booked == 0


def test_weeks_follow_the_calendar_and_hours_the_clock_on_the_wall():
    later = MONDAY + timedelta(weeks=4)  # the clocks have changed by then
    session = make_session(at(later, "09:00"), 30)

    parts = [part for part in load_by_hour(make_clinic(), [session], MONDAY, 5) if part.booked]

    assert [(part.week, part.hour) for part in parts] == [(later, 9)]


def test_a_visit_outside_opening_hours_is_no_load():
    late = make_session(at(MONDAY, "19:00"), 30)

    assert sum(part.booked for part in load_by_hour(make_clinic(), [late], MONDAY, 1)) == 0


def test_a_course_is_quoted_soonest_at_the_wished_time_and_at_a_quiet_hour():
    clinic = make_clinic(chairs=["C1"], technicians=["Ana"])
    request = make_request(preference=Preference(time=time(9)))
    booked = plan_course(make_request(patient="Bea", course="bea-1", preference=Preference(time=time(9))), clinic)[0]

    offered = {quote.kind: quote for quote in quotes(request, clinic, booked.sessions)}

    wished = offered["wished time"]
    assert (offered["soonest"].first_date, offered["soonest"].days_later) == (MONDAY, 0)
    # Bea comes at nine for two weeks.
    assert wished.days_later >= 7
    begins = [session.when.start.astimezone(BERLIN).time() for session in wished.plan.sessions]
    assert begins.count(time(9)) >= len(begins) - 1
    for quote in offered.values():
        assert check([*booked.sessions, *quote.plan.sessions], clinic, [request]) == ()


def test_a_course_without_any_plan_has_no_quote():
    request = make_request(availability=Availability(hours=WeeklyHours.parse("Sun 09:00-10:00")))

    assert quotes(request, make_clinic()) == ()


def test_a_quote_says_on_which_date_of_the_site_the_course_begins():
    clinic = make_clinic("Pacific/Auckland", "Mon-Fri 08:00-09:00")

    (quote, *_) = quotes(make_request(), clinic)

    assert quote.first_date == MONDAY


def test_a_full_holiday_week_has_no_load_at_all():
    clinic = make_clinic().with_closure("site", MONDAY, MONDAY + timedelta(days=6))

    assert load_by_hour(clinic, [], MONDAY, 1) == ()
    assert load_by_hour(clinic, [], MONDAY, 2) != ()
