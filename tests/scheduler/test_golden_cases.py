"""Courses whose plan a person can write down with a calendar at hand, each in at least two time zones."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler import CourseRequest, Phase, Plan, Preference, Visit, catalog, check, plan_course

from .builders import MONDAY, make_clinic, make_protocol, weekdays

ZONES = pytest.mark.parametrize("timezone", ["Europe/Berlin", "America/New_York"])
NINE = Preference(time=time(9))


def best(protocol, clinic, **wishes) -> Plan:
    """Return the best plan of a course from Monday 2 March 2026 at nine; it keeps every rule."""
    values = {"patient": "Ada", "earliest_date": MONDAY, "preference": NINE, **wishes}
    request = CourseRequest(protocol=protocol, **values)
    plan = plan_course(request, clinic)[0]
    assert plan.is_complete
    assert check(plan.sessions, clinic, [request]) == ()
    return plan


def course(plan):
    """Return the sessions of a plan without its follow-ups."""
    return [session for session in plan.sessions if session.kind != "follow-up"]


def local(plan, timezone):
    """Return the wall-clock starts of a plan's sessions."""
    return [session.when.start.astimezone(ZoneInfo(timezone)) for session in course(plan)]


def dates(plan, timezone):
    """Return the dates of a plan's sessions."""
    return [start.date() for start in local(plan, timezone)]


def clocks(plan, timezone):
    """Return how many sessions begin at each time of day."""
    return Counter(f"{start:%H:%M}" for start in local(plan, timezone))


# The five shapes of the sources -------------------------------------------------------------------------------------


@ZONES
@pytest.mark.parametrize(
    "protocol, phases, expected",
    [
        (catalog.NEUROPATHIC_PAIN, (), weekdays(MONDAY, 20)),
        (catalog.NEUROPATHIC_PAIN, ("fifth and sixth week",), weekdays(MONDAY, 30)),
        (catalog.CHRONIC_PAIN, (), weekdays(MONDAY, 20)),
        (catalog.TWENTY, (), weekdays(MONDAY, 20)),
        (catalog.PMS_DAILY, (), weekdays(MONDAY, 10)),
        (catalog.PMS_WEEKLY, (), [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]),
        (catalog.IMPLANTED, (), [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]),
    ],
)
def test_a_source_shape_in_an_empty_clinic_takes_every_day_it_may(timezone, protocol, phases, expected):
    plan = best(protocol, make_clinic(timezone), phases=frozenset(phases))

    assert dates(plan, timezone) == expected
    assert clocks(plan, timezone) == {"09:00": len(expected)}
    assert len({session.chair for session in course(plan)}) == 1


@ZONES
def test_a_mapping_comes_first_lasts_an_hour_and_has_the_prescriber_in_its_middle(timezone):
    first, *others = course(best(catalog.TWENTY, make_clinic(timezone)))

    assert (first.kind, first.when.minutes, first.prescriber) == ("mapping", 60, "Dr Cole")
    assert first.prescriber_when.start - first.when.start == timedelta(minutes=15)
    assert first.prescriber_when.minutes == 30
    assert {(session.kind, session.when.minutes, session.prescriber) for session in others} == {("treatment", 30, None)}


@ZONES
def test_visits_for_implants_need_neither_chair_nor_technician(timezone):
    sessions = course(best(catalog.IMPLANTED, make_clinic(timezone)))

    assert [session.phase for session in sessions] == ["consultation", "trial", "decision"]
    assert {(session.chair, session.technician, session.prescriber) for session in sessions} == {
        (None, None, "Dr Cole")
    }


@ZONES
def test_follow_ups_come_one_three_and_six_months_after_the_last_session(timezone):
    plan = best(catalog.TWENTY, make_clinic(timezone))

    after = [session for session in plan.sessions if session.kind == "follow-up"]

    # The course ends on Friday 27 March; 27 April is a Monday, 27 June a Saturday, 27 September a Sunday.
    starts = [session.when.start.astimezone(ZoneInfo(timezone)) for session in after]
    assert [start.date() for start in starts] == [date(2026, 4, 27), date(2026, 6, 26), date(2026, 9, 28)]
    assert {start.time() for start in starts} == {time(9)}


# A taper over public holidays ---------------------------------------------------------------------------------------

EASTER = (date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1))
YEAR_END = tuple(date(2026, 11, 26) + timedelta(days=days) for days in (0, 1, 28, 29, 35, 36))


@pytest.mark.parametrize(
    "timezone, begins, closed, acute_ends, taper",
    [
        # 20 sessions by 27 March, 4 before Good Friday, 4 after Easter Monday, 2 more; then 3-2-1 around 1 May.
        (
            "Europe/Berlin",
            MONDAY,
            EASTER,
            date(2026, 4, 14),
            [*weekdays(date(2026, 4, 20), 3), *weekdays(date(2026, 4, 27), 2), date(2026, 5, 4)],
        ),
        # 18 sessions by Thanksgiving, 10 in two weeks, 2 more; 3-2-1 around Christmas and New Year.
        (
            "America/New_York",
            date(2026, 11, 2),
            YEAR_END,
            date(2026, 12, 15),
            [*weekdays(date(2026, 12, 21), 3), *weekdays(date(2026, 12, 28), 2), date(2027, 1, 4)],
        ),
    ],
)
def test_36_sessions_with_a_taper_over_public_holidays(timezone, begins, closed, acute_ends, taper):
    clinic = make_clinic(timezone)
    for day in closed:
        clinic = clinic.with_closure("site", day, day, "public holiday")

    plan = best(catalog.STANDARD_RTMS, clinic, earliest_date=begins)

    days = dates(plan, timezone)
    assert days[:30] == weekdays(begins, 30, skip=closed)
    assert days[29] == acute_ends
    assert days[30:] == taper
    assert [session.phase for session in course(plan)] == ["acute"] * 30 + ["taper"] * 6
    assert clocks(plan, timezone) == {"09:00": 36}


# Several sessions a day ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timezone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("earliest, monday", [(date(2026, 3, 2), 2), (date(2026, 3, 4), 9)])
def test_ten_sessions_a_day_every_hour_on_five_consecutive_days(timezone, earliest, monday):
    plan = best(catalog.ACCELERATED, make_clinic(timezone), earliest_date=earliest, preference=Preference(time=time(8)))

    starts = local(plan, timezone)
    assert starts == [
        datetime(2026, 3, monday + day, 8 + hour, tzinfo=ZoneInfo(timezone)) for day in range(5) for hour in range(10)
    ]
    assert len({session.chair for session in course(plan)}) == 1


@pytest.mark.parametrize("timezone", ["Europe/Berlin", "Australia/Sydney"])
def test_two_sessions_a_day_with_fifty_minutes_of_rest(timezone):
    plan = best(catalog.TWICE_DAILY, make_clinic(timezone))

    assert dates(plan, timezone) == [day for day in weekdays(MONDAY, 15) for _ in range(2)]
    assert clocks(plan, timezone) == {"09:00": 15, "10:20": 15}


# Alternate days -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timezone", ["Europe/London", "Asia/Kolkata"])
@pytest.mark.parametrize("earliest, days", [(2, [2, 4, 6]), (5, [5, 9, 11])])
def test_three_sessions_on_alternate_days_over_a_weekend(timezone, earliest, days):
    plan = best(catalog.MIGRAINE, make_clinic(timezone), earliest_date=date(2026, 3, earliest))

    assert dates(plan, timezone) == [date(2026, 3, day) for day in days]


# Clock changes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "timezone, in_summer, in_winter, summer_ends, summer_begins",
    [
        ("Europe/London", 8, 9, date(2026, 10, 25), date(2027, 3, 28)),
        ("America/New_York", 13, 14, date(2026, 11, 1), date(2027, 3, 14)),
    ],
)
def test_a_weekly_course_across_both_clock_changes_stays_at_nine(
    timezone, in_summer, in_winter, summer_ends, summer_begins
):
    weekly = Phase(name="weekly", visit=Visit(), sessions=25, per_week_max=1, min_days_between=7, max_days_between=7)
    begins = date(2026, 10, 19)

    plan = best(make_protocol(weekly), make_clinic(timezone), earliest_date=begins, latest_date=date(2027, 4, 30))

    days = [begins + timedelta(weeks=index) for index in range(25)]
    assert dates(plan, timezone) == days
    assert clocks(plan, timezone) == {"09:00": 25}
    hours = [session.when.start.astimezone(UTC).hour for session in course(plan)]
    assert hours == [in_winter if summer_ends <= day < summer_begins else in_summer for day in days]


@ZONES
def test_a_weekly_redetermination_replaces_a_treatment_and_does_not_drift(timezone):
    clinic = make_clinic(timezone).with_closure("site", date(2026, 3, 9), date(2026, 3, 9), "public holiday")

    plan = best(catalog.WEEKLY_REDETERMINATION, clinic)

    kinds = {day: s.kind for day, s in zip(dates(plan, timezone), course(plan), strict=True) if s.kind != "treatment"}
    again = [date(2026, 3, 10), *(date(2026, 3, 16) + timedelta(weeks=week) for week in range(5))]
    assert kinds == {MONDAY: "mapping", **dict.fromkeys(again, "redetermination")}
    assert len(course(plan)) == 30


@ZONES
def test_a_patient_away_and_a_full_morning_move_only_what_they_touch(timezone):
    clinic = make_clinic(timezone, chairs=["C1"])
    away = date(2026, 3, 5)
    request = CourseRequest(patient="Ada", protocol=catalog.PMS_DAILY, earliest_date=MONDAY, preference=NINE)
    blocker = course(plan_course(replace(request, patient="Bo"), clinic)[0])[2]

    plan = plan_course(replace(request, skipped=frozenset({away})), clinic, [blocker])[0]

    assert dates(plan, timezone) == weekdays(MONDAY, 10, skip=[away])
    # Bo holds 09:00-09:20 on Wednesday; of the two free starts nearest to nine, 08:40 and 09:20, either will do.
    (other,) = [clock for clock, count in clocks(plan, timezone).items() if count == 1]
    assert other in ("08:40", "09:20")
    assert clocks(plan, timezone)["09:00"] == 9
