"""What the planner says: reasons for every session, refusals with the smallest changes that help."""

from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler import (
    Authorisation,
    Availability,
    Chair,
    Diary,
    FixedSession,
    Preference,
    Reason,
    Shift,
    Technician,
    Visit,
    WeeklyHours,
    check,
    earliest_start,
    plan_course,
)

from .builders import MAPPING, MONDAY, at, make_clinic, make_phase, make_protocol, make_request, make_session, weekdays

NINE = Preference(time=time(9))


def codes(plan):
    """Return the codes of why a plan has no place."""
    return [reason.code for reason in plan.unplaced[0].reasons]


def reason(plan, code):
    """Return the data of the first refusal of a code."""
    return dict(next(reason.data for reason in plan.unplaced[0].reasons if reason.code == code))


def refused(request, clinic, booked=()):
    """Return the only plan of a course that does not fit."""
    (plan,) = plan_course(request, clinic, booked)
    assert plan.sessions == ()
    return plan


def days_of(plan, timezone="Europe/Berlin"):
    """Return the dates of a plan."""
    return [session.when.start.astimezone(ZoneInfo(timezone)).date() for session in plan.sessions]


def fill(clinic, days, clocks, chairs=("C1", "C2"), technician=None):
    """Book half an hour of somebody else on each date, chair and time."""
    people = dict(zip(("C1", "C2"), ("Ana", "Ben"), strict=True))
    return [
        make_session(
            at(day, clock), chair=chair, technician=technician or people[chair], patient=f"{chair} {clock}", course=""
        )
        for day in days
        for clock in clocks
        for chair in chairs
    ]


# Refusals -----------------------------------------------------------------------------------------------------------


def test_an_authorisation_that_ends_too_early_is_named_with_the_date_that_is_needed():
    allowed = Authorisation(first_date=MONDAY, last_date=date(2026, 3, 11))

    plan = refused(make_request(authorisation=allowed), make_clinic())

    assert reason(plan, "no-place") == {"placed": 8, "sessions": 10, "last_date": date(2026, 3, 11)}
    assert reason(plan, "authorisation-too-short") == {
        "last_date": date(2026, 3, 11),
        "needed_date": date(2026, 3, 13),
        "sessions_over": 2,
    }


def test_a_latest_date_that_is_too_early_is_named_with_the_one_that_works():
    plan = refused(make_request(latest_date=date(2026, 3, 12)), make_clinic())

    assert reason(plan, "latest-date-too-early") == {
        "latest_date": date(2026, 3, 12),
        "needed_date": date(2026, 3, 13),
    }


def test_too_few_authorised_units_are_named():
    allowed = Authorisation(first_date=MONDAY, last_date=date(2026, 6, 1), units=9)

    plan = refused(make_request(authorisation=allowed), make_clinic())

    assert reason(plan, "too-few-units") == {"units": 9, "sessions": 10}


def test_a_patient_who_comes_too_seldom_is_asked_for_one_weekday_more():
    request = make_request(availability=Availability.parse("Mon-Tue 09:00-12:00"), latest_date=date(2026, 3, 27))

    plan = refused(request, make_clinic())

    # Eight Mondays and Tuesdays lie before 27 March; with a third weekday there are twelve days.
    assert {dict(r.data)["weekday"] for r in plan.unplaced[0].reasons if r.code == "widen-availability"} == {
        "Wed",
        "Thu",
        "Fri",
    }


def test_a_patient_who_comes_too_late_is_asked_for_the_hour_before():
    clinic = make_clinic(chairs=["C1"], technicians=["Ana"])
    booked = fill(clinic, weekdays(MONDAY, 30), ["10:00", "10:30", "11:00", "11:30"], ["C1"])
    wednesday = [session for session in booked if session.when.start.date().weekday() != 2]
    request = make_request(
        make_protocol(make_phase(sessions=3, per_week_max=1, per_week_min=1)),
        availability=Availability.parse("Mon 10:00-12:00"),
        latest_date=date(2026, 3, 20),
    )

    plan = refused(request, clinic, wednesday)

    widened = [dict(r.data) for r in plan.unplaced[0].reasons if r.code == "widen-availability"]
    assert {"weekday": "Mon", "start": "09:00", "end": "10:00"} in widened


def test_a_floor_that_cannot_be_kept_is_asked_to_be_lower():
    request = make_request(
        make_protocol(make_phase(sessions=10, per_week_min=4)),
        availability=Availability.parse("Mon-Fri 09:00-09:30"),
        latest_date=date(2026, 4, 10),
    )
    clinic = make_clinic(chairs=["C1"])
    full = [day for day in weekdays(MONDAY, 30) if day.weekday() > 2]

    plan = refused(request, clinic, fill(clinic, full, ["09:00"], ["C1"]))

    assert reason(plan, "allow-fewer-a-week") == {"phase": "acute", "minimum": 4, "allowed": 3}


def test_a_gap_that_cannot_be_kept_is_asked_to_be_longer():
    closed = make_clinic().with_closure("site", date(2026, 3, 6), date(2026, 3, 15), "renovation")
    request = make_request(make_protocol(make_phase(sessions=6, per_week_min=0)), latest_date=date(2026, 3, 17))

    plan = refused(request, closed)

    # Four days fit before the renovation and two after it; they are eleven days apart.
    assert reason(plan, "allow-longer-gap")["allowed"] == 7
    assert reason(plan, "allow-longer-gap")["days"] >= 11


def test_a_missing_technician_is_told_with_the_weekday():
    shifts = (Shift(site="site", hours=WeeklyHours.parse("Mon-Thu 08:00-18:00")),)
    clinic = replace(make_clinic(), technicians=(Technician(id="Ana", name="Ana", shifts=shifts),))
    request = make_request(make_protocol(make_phase(sessions=10, per_week_min=5)), latest_date=date(2026, 3, 13))

    plan = refused(request, clinic)

    assert reason(plan, "no-technician") == {"weekday": "Fri", "start": "08:00", "end": "18:00"}


def test_a_mapping_without_a_prescriber_is_told():
    clinic = replace(make_clinic(), prescribers=())

    plan = refused(make_request(make_protocol(first_visit=MAPPING)), clinic)

    assert "no-prescriber" in codes(plan)
    assert reason(plan, "no-place")["placed"] == 0


def test_a_kind_of_chair_that_nobody_has_is_named():
    visit = Visit(chair_kinds=frozenset({"deep", "coil"}))

    plan = refused(make_request(make_protocol(make_phase(visit=visit))), make_clinic())

    assert reason(plan, "no-chair-of-kind") == {"kinds": "coil, deep"}


def test_another_site_that_has_room_is_named():
    near, clinic = make_clinic(), make_clinic(chairs=["C1"])
    other = replace(near.sites[0], id="other", name="Other")
    shifts = (Shift(site="other", hours=other.hours),)
    clinic = replace(
        clinic,
        sites=(*clinic.sites, other),
        chairs=(replace(clinic.chairs[0], kinds=frozenset({"old"})), Chair(id="C9", name="C9", site="other")),
        technicians=(*clinic.technicians, Technician(id="Eve", name="Eve", shifts=shifts)),
    ).with_closure("site", MONDAY, date(2026, 12, 31))

    plan = refused(make_request(sites=frozenset({"site"})), clinic)

    assert reason(plan, "use-site") == {"site": "other"}


def test_a_skipped_date_that_would_help_is_named():
    request = make_request(latest_date=date(2026, 3, 13), skipped=frozenset({date(2026, 3, 4)}))

    plan = refused(request, make_clinic())

    assert reason(plan, "unskip-date") == {"date": date(2026, 3, 4)}


def test_a_fixed_session_that_leaves_no_room_is_named():
    sunday = FixedSession(start=at(date(2026, 3, 8), "09:00"))

    plan = refused(make_request(fixed=(sunday,)), make_clinic())

    assert reason(plan, "unfix-session") == {"date": date(2026, 3, 8), "time": "09:00"}


@pytest.mark.parametrize(
    "changes",
    [
        {"availability": Availability(hours=WeeklyHours())},
        {"sites": frozenset({"nowhere"})},
        {"earliest_date": date(2036, 3, 1), "authorisation": Authorisation(first_date=MONDAY, last_date=MONDAY)},
    ],
)
def test_a_wish_that_nothing_can_meet_is_refused_in_reasons(changes):
    plan = refused(make_request(**changes), make_clinic())

    assert codes(plan)[0] == "no-place"
    assert plan.unplaced[0].count == 10


# Reasons ------------------------------------------------------------------------------------------------------------


def test_a_session_beside_the_usual_time_names_what_is_in_the_way():
    clinic = make_clinic(chairs=["C1"])
    taken = fill(clinic, [date(2026, 3, 4)], ["09:00"], ["C1"], technician="Ben")

    plan = plan_course(make_request(preference=NINE), clinic, taken)[0]

    (moved,) = [r for r in plan.sessions[2].reasons if r.code == "other-time"]
    assert dict(moved.data) == {"time": "08:30", "usual_time": "09:00", "minutes": 30, "blocker": "chair"}
    assert plan.sessions[1].reasons == (Reason.of("usual-time", time="09:00", chair="C1"),)


def test_a_session_on_another_chair_names_what_is_in_the_way():
    clinic = make_clinic()
    wednesday = date(2026, 3, 4)
    taken = fill(clinic, [wednesday], ["08:30", "09:00", "09:30"], ["C1"], technician="Ben")

    plan = plan_course(make_request(preference=replace(NINE, chair="C1")), clinic, taken)[0]

    others = [r for s in plan.sessions for r in s.reasons if r.code == "other-chair"]
    assert others == [] or dict(others[0].data)["blocker"] == "chair"
    assert check([*taken, *plan.sessions], clinic, [make_request(preference=NINE)]) == ()


def test_days_that_are_passed_over_say_why():
    clinic = make_clinic().with_closure("site", date(2026, 3, 4), date(2026, 3, 4), "staff training")
    request = make_request(availability=Availability(away=frozenset({date(2026, 3, 6)})))

    plan = plan_course(request, clinic)[0]

    passed = [dict(r.data) for s in plan.sessions for r in s.reasons if r.code == "days-passed-over"]
    assert passed == [
        {"first_date": date(2026, 3, day), "last_date": date(2026, 3, day), "cause": cause}
        for day, cause in ((4, "staff training"), (6, "patient away"))
    ]
    assert Reason.of("closures-inside", count=1, first_date=date(2026, 3, 4)) in plan.notes


def test_the_slack_before_the_authorisation_ends_is_noted():
    allowed = Authorisation(first_date=MONDAY, last_date=date(2026, 3, 20), units=12)

    plan = plan_course(make_request(authorisation=allowed), make_clinic())[0]

    assert Reason.of("authorisation-slack", working_days=5, last_date=date(2026, 3, 20)) in plan.notes
    assert Reason.of("units-left", units=2, used=10) in plan.notes


def test_a_week_below_its_target_is_noted():
    clinic = make_clinic(chairs=["C1"])
    request = make_request(
        make_protocol(make_phase(sessions=12, per_week_min=3)),
        availability=Availability.parse("Mon-Fri 09:00-09:30"),
        latest_date=date(2026, 3, 19),
    )
    full = [date(2026, 3, 9), date(2026, 3, 10)]

    plan = plan_course(request, clinic, fill(clinic, full, ["09:00"], ["C1"]))[0]

    assert Reason.of("below-target", week_start=date(2026, 3, 9), days=3, target=5) in plan.notes
    assert plan.score["short"] == 120


# What is asked is kept ----------------------------------------------------------------------------------------------


def test_fixed_sessions_stand_where_they_were_fixed_and_the_rest_adapts():
    fixed = (FixedSession(start=at(date(2026, 3, 4), "15:30"), chair="C2"), FixedSession(start=at(date(2026, 3, 9))))
    request = make_request(preference=NINE, fixed=fixed, skipped=frozenset({date(2026, 3, 5)}))

    plan = plan_course(request, make_clinic())[0]

    assert check(plan.sessions, make_clinic(), [request]) == ()
    by_day = dict(zip(days_of(plan), plan.sessions, strict=True))
    assert (by_day[date(2026, 3, 4)].when.start, by_day[date(2026, 3, 4)].chair) == (
        at(date(2026, 3, 4), "15:30"),
        "C2",
    )
    assert Reason.of("fixed-by-desk") in by_day[date(2026, 3, 4)].reasons
    assert date(2026, 3, 5) not in by_day


def test_one_of_several_sessions_of_a_day_can_be_fixed():
    phase = make_phase(sessions=4, sessions_per_day=2, minutes_between_starts=90)
    request = make_request(
        make_protocol(phase), preference=NINE, fixed=(FixedSession(start=at(date(2026, 3, 3), "11:00")),)
    )

    plan = plan_course(request, make_clinic())[0]

    assert check(plan.sessions, make_clinic(), [request]) == ()
    assert at(date(2026, 3, 3), "11:00") in [session.when.start for session in plan.sessions]


def test_the_same_technician_attends_as_many_sessions_as_possible():
    clinic = make_clinic(chairs=["C1"])
    days = weekdays(MONDAY, 10)
    taken = fill(clinic, days[3:5], ["09:00"], ["C1"])
    absent = [replace(s, chair=None, technician="Ana", patient=f"other {s.patient}") for s in taken]

    plan = plan_course(make_request(preference=NINE), clinic, absent)[0]

    assert [session.technician for session in plan.sessions].count("Ben") == 10


def test_a_wished_technician_is_chosen_whenever_there():
    request = make_request(preference=replace(NINE, technician="Ben"))

    plan = plan_course(request, make_clinic())[0]

    assert {session.technician for session in plan.sessions} == {"Ben"}


def test_other_plans_differ_in_kind():
    clinic = make_clinic(chairs=["C1"])
    mornings = fill(clinic, weekdays(MONDAY, 10), ["08:00", "08:30", "09:30", "10:00", "10:30"], ["C1"])
    early = fill(clinic, weekdays(MONDAY, 3), ["09:00"], ["C1"])

    plans = plan_course(make_request(preference=NINE), clinic, [*mornings, *early])

    kinds = {plan.kind: plan for plan in plans}
    assert next(iter(kinds)) == "steadiest"
    assert len({tuple(s.when for s in plan.sessions) for plan in plans}) == len(plans) > 1
    assert all(plan.score.total >= plans[0].score.total for plan in plans)


def test_the_earliest_start_is_the_first_day_from_which_the_whole_course_fits():
    clinic = make_clinic().with_closure("site", MONDAY, date(2026, 3, 4))

    assert earliest_start(make_request(), clinic) == date(2026, 3, 5)
    assert earliest_start(make_request(latest_date=date(2026, 3, 6)), clinic, Diary()) is None


def test_a_course_that_is_booked_ahead_by_a_year_needs_no_longer_horizon_than_its_weeks():
    weekly = make_phase(sessions=52, per_week_max=1, per_week_min=1, max_days_between=14)

    plan = plan_course(make_request(make_protocol(weekly)), make_clinic())[0]

    assert days_of(plan)[-1] - MONDAY == timedelta(weeks=51)
