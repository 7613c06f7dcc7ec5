"""The rules of rhythm, each at its edge."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduler import (
    Availability,
    Blocks,
    FollowUp,
    Interval,
    Preference,
    Reason,
    Visit,
    VisitKind,
    catalog,
    check,
    score,
)
from scheduler.constraints import COURSE, HARD, PLACE, SOFT, CourseView, due_date

from .builders import (
    MONDAY,
    at,
    broken,
    lay_out,
    make_clinic,
    make_phase,
    make_protocol,
    make_request,
    make_session,
    weekdays,
)


def on(*offsets):
    """Return dates, told as days after Monday 2 March 2026."""
    return [MONDAY + timedelta(days=offset) for offset in offsets]


def judged(phase, days, clinic=None, **wishes):
    """Return the rules that a course of one phase breaks when its treatment days are these."""
    clinic = clinic or make_clinic(hours="Mon-Sun 08:00-18:00")
    request = make_request(make_protocol(phase), **wishes)
    return broken(lay_out(request, clinic, days), clinic, request)


def test_the_rule_book_names_each_rule_once_and_tells_what_it_asks():
    names = [rule.__name__ for rule in HARD]

    assert len(set(names)) == len(names) == 1 + len(PLACE) + len(COURSE)
    assert all((rule.__doc__ or "").split("\n")[0].endswith(".") for rule in (*HARD, *SOFT.values()))


@pytest.mark.parametrize(
    "offsets, rules",
    [
        ((0, 1, 2, 7, 8, 9), []),
        ((4, 7, 8, 9, 14, 15), []),  # the week in which a course begins may be thin
        ((0, 1, 2, 7, 8, 14), ["weeks_are_not_too_thin"]),
        ((0, 1, 2, 3, 4, 7), []),  # the week in which a phase ends may be thin
        ((0, 1, 2, 3, 4, 5), ["weeks_are_not_overfull"]),
    ],
)
def test_a_week_holds_three_to_five_treatment_days(offsets, rules):
    assert judged(make_phase(sessions=6), on(*offsets)) == rules


def test_the_first_week_of_a_later_phase_is_not_exempt():
    request = make_request(make_protocol(make_phase(sessions=3), make_phase("later", sessions=4)))
    clinic = make_clinic()

    thin = lay_out(request, clinic, on(0, 1, 2, 10, 14, 15, 16))

    (violation,) = [v for v in check(thin, clinic, [request]) if v.rule == "weeks_are_not_too_thin"]
    assert violation.reason == Reason.of("too-few-a-week", week_start=date(2026, 3, 9), days=1, needed=3)


def test_a_week_without_any_session_inside_a_phase_is_too_thin():
    assert judged(make_phase(sessions=6, max_days_between=14), on(0, 1, 2, 14, 15, 16)) == ["weeks_are_not_too_thin"]


THIN = (0, 1, 2, 7, 8, 14)  # two treatment days in the week of 9 March


@pytest.mark.parametrize(
    "wishes",
    [
        {"skipped": frozenset(on(9, 10, 11, 12, 13))},
        {"availability": Availability(away=frozenset(on(9, 10, 11, 12, 13)))},
        {"availability": Availability.parse("Mon 08:00-18:00, Tue 08:00-18:00")},
    ],
)
def test_a_thin_week_is_right_when_no_other_day_is_possible(wishes):
    days = on(*THIN) if "skipped" in wishes or wishes["availability"].away else on(0, 1, 7, 8, 14, 15)

    assert judged(make_phase(sessions=6), days, **wishes) == []


def test_a_thin_week_is_right_when_the_rest_is_closed_but_not_when_it_is_booked():
    clinic, phase = make_clinic(), make_phase(sessions=6)
    shut = clinic.with_closure("site", *on(9, 10))

    assert judged(phase, on(*THIN), shut) == ["weeks_are_not_too_thin"]  # Friday is open
    assert judged(phase, on(*THIN), clinic.with_closure("site", *on(9, 12))) == []
    chairs_shut = clinic.with_closure("C1", *on(9, 12)).with_closure("C2", *on(9, 12))
    assert judged(phase, on(*THIN), chairs_shut) == []


def test_a_day_is_possible_while_any_minute_of_its_hours_is_open():
    clinic = make_clinic()
    view = CourseView.of(make_request(), clinic, [])
    phase = view.request.planned_phases[0]

    shut = clinic.with_closure("C1", *on(0, 0)).with_closure("C2", *on(0, 1))

    assert view.possible_days(phase, MONDAY) == 5
    assert CourseView.of(make_request(), shut, []).possible_days(phase, MONDAY) == 4
    assert view.possible_days(make_phase(weekdays=frozenset({0, 2, 6})), MONDAY) == 2
    fitting = make_phase(visit=Visit(chair_kinds=frozenset({"unheard-of"})))
    assert view.possible_days(fitting, MONDAY) == 0


def test_a_clinic_closed_on_two_halves_is_wholly_closed():
    clinic = make_clinic()
    site = clinic.sites[0]
    halves = [Interval(at(MONDAY, a), at(MONDAY, b)) for a, b in (("07:00", "13:00"), ("12:00", "18:00"))]
    closures = clinic.with_closure("site", MONDAY, MONDAY).sites[0].closures
    shut = tuple(replace(closures[0], when=half) for half in halves)

    def possible(closures):
        changed = replace(clinic, sites=(replace(site, closures=closures),))
        return CourseView.of(make_request(), changed, []).possible_days(make_phase(), MONDAY)

    assert (possible(shut), possible(shut[:1]), possible(shut[1:])) == (4, 5, 5)


@pytest.mark.parametrize(
    "changes, offsets, rules",
    [
        ({"max_days_between": 3}, (4, 7, 8, 9), []),
        ({"max_days_between": 2}, (4, 7, 8, 9), ["gaps_are_kept"]),
        ({"min_days_between": 2}, (0, 2, 4, 7), []),
        ({"min_days_between": 2}, (0, 2, 3, 7), ["gaps_are_kept"]),
        ({"weekdays": frozenset({0, 2, 4})}, (0, 2, 4, 7), []),
        ({"weekdays": frozenset({0, 2, 4})}, (0, 2, 4, 8), ["weekdays_are_allowed"]),
    ],
)
def test_days_between_and_weekdays_are_kept(changes, offsets, rules):
    assert judged(make_phase(sessions=4, **changes), on(*offsets)) == rules


def test_the_gap_rule_across_a_phase_change_is_that_of_the_later_phase():
    weekly = make_phase("weekly", sessions=2, per_week_max=1, per_week_min=1, min_days_between=5, max_days_between=10)
    request, clinic = make_request(make_protocol(make_phase(sessions=3), weekly)), make_clinic()

    def rules(*offsets):
        return broken(lay_out(request, clinic, on(*offsets)), clinic, request)

    assert rules(0, 1, 2, 11, 17) == []
    assert rules(0, 1, 4, 7, 14) == ["gaps_are_kept"]  # three days are too close for a weekly phase
    assert rules(0, 1, 2, 14, 21) == ["gaps_are_kept"]  # and twelve too far


@pytest.mark.parametrize(
    "offsets, rules",
    [
        ((0, 2, 4, 7, 9, 14), []),
        ((0, 2, 4, 7, 9, 21), []),
        ((0, 2, 7, 9, 11, 14), ["tapers_count_down"]),
        ((0, 2, 4, 7, 14, 21), ["tapers_count_down"]),
        ((0, 1, 2, 3, 7, 14), ["tapers_count_down"]),
    ],
)
def test_a_taper_counts_three_two_one(offsets, rules):
    assert judged(make_phase(taper=(3, 2, 1), per_week_min=1, max_days_between=14), on(*offsets)) == rules


@pytest.mark.parametrize(
    "offsets, rules",
    [
        ((0, 1, 2, 5, 6, 7), []),
        ((0, 1, 2, 3, 5, 6), ["blocks_hold_together"]),  # a block of two days
        ((0, 1, 2, 6, 7, 8), ["blocks_hold_together"]),  # a break of three days
        ((0, 1, 2, 3, 4, 5), ["blocks_hold_together"]),  # a block of six days
    ],
)
def test_blocks_are_runs_of_days_with_short_breaks(offsets, rules):
    blocks = Blocks(min_days=3, max_days=5, max_break_days=2)

    assert judged(make_phase(sessions=6, per_week_max=7, blocks=blocks), on(*offsets)) == rules


def two_a_day():
    """Return a course of two sessions a day, an hour apart, on three days."""
    phase = make_phase(sessions=6, sessions_per_day=2, minutes_between_starts=60)
    request, clinic = make_request(make_protocol(phase)), make_clinic()
    return request, clinic, lay_out(request, clinic, on(0, 1, 2))


def test_two_sessions_a_day_keep_their_distance():
    request, clinic, sessions = two_a_day()
    later = replace(sessions[1], when=Interval.lasting(30, at(MONDAY, "09:55")))

    assert broken(sessions, clinic, request) == []
    assert broken([sessions[0], later, *sessions[2:]], clinic, request) == ["starts_keep_their_distance"]


def test_two_sessions_a_day_stay_on_one_chair():
    request, clinic, sessions = two_a_day()

    assert broken([sessions[0], replace(sessions[1], chair="C2"), *sessions[2:]], clinic, request) == [
        "days_stay_on_one_chair"
    ]


def test_a_day_holds_exactly_its_sessions():
    request, clinic, sessions = two_a_day()
    alone = replace(sessions[1], when=Interval.lasting(30, at(on(1)[0], "12:00")))

    violations = check([sessions[0], alone, *sessions[2:]], clinic, [request])

    assert [v.reason.code for v in violations] == ["too-few-a-day", "too-many-a-day"]


@pytest.mark.parametrize(
    "last, months, days, due",
    [
        (date(2026, 4, 15), 1, 0, date(2026, 5, 15)),
        (date(2026, 8, 31), 6, 0, date(2027, 2, 28)),
        (date(2026, 4, 15), 0, 28, date(2026, 5, 13)),
    ],
)
def test_a_follow_up_is_due_the_same_day_months_later(last, months, days, due):
    assert due_date(FollowUp(name="later", visit=Visit(), months=months, days=days), last) == due


@pytest.mark.parametrize(
    "day, rules",
    [
        (date(2026, 4, 13), []),  # a month after Friday 13 March
        (date(2026, 4, 6), []),
        (date(2026, 4, 20), []),
        (date(2026, 4, 21), ["follow_ups_are_in_their_window"]),
        (date(2026, 4, 3), ["follow_ups_are_in_their_window"]),
    ],
)
def test_a_follow_up_lies_in_its_window_and_is_outside_the_weekly_rules(day, rules):
    follow_up = FollowUp(name="1 month", visit=catalog.parts.REVIEW, months=1)
    clinic = make_clinic()
    request = make_request(make_protocol(follow_ups=(follow_up,)), latest_date=date(2026, 3, 13))
    review = make_session(at(day), number=11, kind=VisitKind.FOLLOW_UP, phase="1 month", chair=None, technician=None)
    review = replace(review, prescriber="Dr Cole", prescriber_when=review.when)

    assert broken([*lay_out(request, clinic, weekdays(MONDAY, 10)), review], clinic, request) == rules


def test_a_wished_time_pulls_the_usual_time():
    clinic = make_clinic()
    sessions = lay_out(make_request(), clinic, weekdays(MONDAY, 10))
    wish = make_request(preference=Preference(time=at(MONDAY, "09:30").time()))

    # Nine sessions are compared: moving the usual time one step saves 4 points of wish and costs 9.
    assert (score(sessions, clinic, wish)["time"], score(sessions, clinic, wish)["wish"]) == (0, 24)


def test_a_week_below_its_target_costs_but_breaks_nothing():
    clinic, request = make_clinic(), make_request(make_protocol(make_phase(sessions=8)))
    sessions = lay_out(request, clinic, on(0, 1, 7, 8, 9, 14, 15, 16))

    assert broken(sessions, clinic, request) == []
    assert score(sessions, clinic, request)["short"] == 2 * 60
