"""The watch over running courses: what is told, how bad it is, and what is not told because nothing is wrong."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduler import (
    Assessment,
    Authorisation,
    Availability,
    FollowUp,
    Level,
    Reason,
    Visit,
    VisitKind,
    watch_course,
)

from .builders import MONDAY, at, lay_out, make_clinic, make_phase, make_protocol, make_request, make_session, weekdays

CLINIC = make_clinic()
DAYS = weekdays(MONDAY, 10)
TWO_WEEKS_ON = MONDAY + timedelta(days=14)
REVIEW = FollowUp(name="1 month", visit=Visit(kind=VisitKind.FOLLOW_UP), months=1, window_days=7)


def course_of(request, missed=(), cancelled=(), days=DAYS, done_until=date.max):
    """Lay a course out over ten working days; some sessions, by number, were missed or cancelled."""
    sessions = []
    for session in lay_out(request, CLINIC, days):
        day = session.when.start.date()
        status = "noshow" if session.number in missed else "cancelled" if session.number in cancelled else ""
        sessions.append(replace(session, status=status or ("fulfilled" if day < done_until else "booked")))
    return sessions


def look(today, missed=(), cancelled=(), days=DAYS, closed=(), protocol=None, sessions=None, **wishes):
    request = make_request(protocol, **wishes)
    held = sessions if sessions is not None else course_of(request, missed, cancelled, days, done_until=today)
    return watch_course(request, held, CLINIC.sites[0], today=today, closed=frozenset(closed))


def told(found):
    return [(risk.level.value, risk.reason.code) for risk in found.risks]


@pytest.mark.parametrize("today", [MONDAY - timedelta(days=20), *DAYS])
def test_nothing_is_told_of_a_course_that_goes_well(today):
    found = look(today)

    assert (found.risks, found.level, found.missing) == ((), None, 0)
    assert found.done + found.to_come == 10
    assert (found.forecast_end, found.longest_gap) == (date(2026, 3, 13), 3)


def test_the_days_since_the_last_session_are_counted_by_the_site_s_dates():
    assert look(date(2026, 3, 9)).days_since == 3
    assert look(MONDAY).days_since is None


def test_a_missed_session_is_told_with_the_end_that_making_it_up_would_bring():
    found = look(date(2026, 3, 5), missed=[3])

    assert (found.done, found.to_come, found.missing) == (2, 7, 1)
    assert found.forecast_end == date(2026, 3, 16)
    assert [risk.reason for risk in found.risks] == [
        Reason.of("sessions-missing", sessions=1, last_date=date(2026, 3, 16))
    ]
    assert found.risks[0].session == 3


def test_making_up_keeps_the_pace_and_passes_over_closed_days_and_days_away():
    three_a_week = make_protocol(make_phase(per_week_target=3))
    away = Availability(away=frozenset({date(2026, 3, 17)}))

    found = look(
        date(2026, 3, 13),
        missed=[5, 6, 7, 8],
        closed=[date(2026, 3, 16)],
        protocol=three_a_week,
        availability=away,
    )

    assert found.forecast_end == date(2026, 3, 23)  # Wednesday to Friday, and the fourth on Monday


@pytest.mark.parametrize(
    "today, level", [(date(2026, 3, 11), "amber"), (date(2026, 3, 12), "red"), (date(2026, 5, 1), "red")]
)
def test_a_course_that_stands_still_is_red_at_the_protocol_s_longest_gap(today, level):
    found = look(today, cancelled=range(5, 11))

    assert told(found)[0] == (level, "standing-still")
    assert found.risks[0].reason["days"] == (today - date(2026, 3, 5)).days
    assert found.risks[0].reason["allowed"] == 7


def test_a_gap_ahead_that_is_too_long_is_red_and_names_the_session_to_bring_forward():
    days = [*DAYS[:5], *weekdays(MONDAY + timedelta(days=21), 5)]

    found = look(date(2026, 3, 9), days=days)

    (risk,) = [risk for risk in found.risks if risk.level is Level.RED]
    assert risk.session == 6
    assert risk.reason == Reason.of(
        "gap-ahead", days=17, allowed=7, first_date=date(2026, 3, 6), last_date=date(2026, 3, 23)
    )
    assert found.longest_gap == 17


def test_a_gap_of_the_past_is_a_figure_and_no_risk():
    days = [*DAYS[:5], *weekdays(MONDAY + timedelta(days=21), 5)]

    found = look(date(2026, 3, 25), days=days)

    assert "gap-ahead" not in [code for _, code in told(found)]
    assert found.longest_gap == 17


def permission(last, units=None):
    return Authorisation(first_date=MONDAY, last_date=last, units=units)


def test_a_make_up_that_the_authorisation_does_not_reach_is_red():
    found = look(date(2026, 3, 5), missed=[3], authorisation=permission(date(2026, 3, 13)))

    assert found.risks[0].reason == Reason.of(
        "authorisation-too-short", last_date=date(2026, 3, 13), needed_date=date(2026, 3, 16), sessions_over=1
    )
    assert found.level is Level.RED


def test_an_authorisation_that_only_just_lasts_is_amber_and_a_long_one_is_nothing():
    assert told(look(date(2026, 3, 5), authorisation=permission(date(2026, 3, 17)))) == [
        ("amber", "authorisation-slack")
    ]
    assert told(look(date(2026, 3, 5), authorisation=permission(date(2026, 3, 18)))) == []
    assert told(look(date(2026, 3, 16), authorisation=permission(date(2026, 3, 13)))) == []  # it has ended in time


def test_units_that_do_not_last_are_red_and_missed_sessions_use_none():
    assert told(look(date(2026, 3, 5), authorisation=permission(date(2026, 5, 1), units=9))) == [
        ("red", "too-many-units")
    ]
    found = look(date(2026, 3, 5), missed=[1, 2], authorisation=permission(date(2026, 5, 1), units=10))
    assert told(found) == [("amber", "sessions-missing")]


def test_weeks_that_fall_behind_the_target_are_told():
    protocol = make_protocol(make_phase(sessions=20))
    days = weekdays(MONDAY, 20)
    missed = [6, 7, 11]  # two of the second week and one of the third

    found = look(date(2026, 3, 23), missed=missed, days=days, protocol=protocol)

    assert ("amber", "weeks-trailing") in told(found)
    assert next(risk.reason for risk in found.risks if risk.reason.code == "weeks-trailing") == Reason.of(
        "weeks-trailing", days=7, target=10, weeks=2
    )


def test_a_week_with_closed_days_has_a_lower_target():
    protocol = make_protocol(make_phase(sessions=20))
    shut = [date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 16)]

    found = look(date(2026, 3, 23), days=weekdays(MONDAY, 20, skip=shut), closed=shut, protocol=protocol)

    assert told(found) == []


def test_the_first_week_and_a_taper_are_held_to_no_target():
    late = [date(2026, 3, 6), *weekdays(TWO_WEEKS_ON - timedelta(days=7), 9)]
    taper = make_protocol(make_phase(sessions=4), make_phase("taper", taper=(3, 2, 1)))
    days = [*DAYS[:4], date(2026, 3, 9), date(2026, 3, 11), date(2026, 3, 13), date(2026, 3, 17), date(2026, 3, 19)]

    assert told(look(date(2026, 3, 9), days=late)) == []
    assert told(look(date(2026, 3, 23), days=[*days, date(2026, 3, 25)], protocol=taper)) == []


def test_an_assessment_whose_session_was_missed_is_overdue_until_another_session_carries_it():
    protocol = make_protocol(assessments=(Assessment(name="VAS", at_session=1), Assessment(name="VAS", at_session=3)))
    request = make_request(protocol)
    sessions = [
        replace(session, assessments=("VAS",) if session.number in (1, 3) else ())
        for session in course_of(request, missed=[3], done_until=date(2026, 3, 6))
    ]

    found = look(date(2026, 3, 6), protocol=protocol, sessions=sessions)
    overdue = next(risk for risk in found.risks if risk.reason.code == "assessment-overdue")
    assert (overdue.reason, overdue.session) == (Reason.of("assessment-overdue", name="VAS", session=3), 5)

    sessions[4] = replace(sessions[4], assessments=("VAS",))
    again = look(date(2026, 3, 6), protocol=protocol, sessions=sessions)
    assert "assessment-overdue" not in [code for _, code in told(again)]


def test_a_course_that_was_taken_over_without_assessments_is_not_blamed_for_them():
    protocol = make_protocol(assessments=(Assessment(name="VAS", at_session=1),))

    assert told(look(date(2026, 3, 6), protocol=protocol)) == []


@pytest.mark.parametrize(
    "today, expected",
    [
        (date(2026, 2, 1), []),
        (date(2026, 3, 16), [("amber", "follow-up-missing")]),
        (date(2026, 4, 20), [("amber", "follow-up-missing")]),
        (date(2026, 4, 21), [("red", "follow-up-missing")]),
        (date(2027, 4, 21), []),
    ],
)
def test_a_follow_up_without_a_date_is_told_when_it_comes_near_and_red_when_it_is_past(today, expected):
    protocol = make_protocol(follow_ups=(replace(REVIEW, months=0, days=31),))

    assert told(look(today, protocol=protocol)) == expected


def test_a_follow_up_with_a_date_is_no_risk():
    protocol = make_protocol(follow_ups=(REVIEW,))
    visit = make_session(at(date(2026, 4, 13)), number=11, kind=VisitKind.FOLLOW_UP, phase="1 month", status="booked")

    found = look(date(2026, 3, 20), protocol=protocol, sessions=[*course_of(make_request(protocol)), visit])

    assert told(found) == []


@pytest.mark.parametrize(
    "today, expected",
    [
        (date(2026, 3, 6), []),
        (date(2026, 3, 8), [("amber", "decision-due")]),
        (date(2026, 3, 13), [("amber", "decision-due")]),
        (date(2026, 3, 14), [("red", "decision-due")]),
        (date(2026, 6, 13), [("red", "decision-due")]),
    ],
)
def test_a_decision_is_told_when_the_phase_before_it_ends_and_red_when_it_is_late(today, expected):
    protocol = make_protocol(
        make_phase(), make_phase("weekly", sessions=4, per_week_max=1, per_week_min=1, condition="if")
    )

    assert told(look(today, protocol=protocol)) == expected


def test_a_decision_that_was_made_is_told_no_more():
    weekly = make_phase("weekly", sessions=4, per_week_max=1, per_week_min=1, condition="if")
    request = make_request(make_protocol(make_phase(), weekly))
    today = date(2026, 3, 13)
    sessions = course_of(request, done_until=today)

    found = watch_course(request, sessions, CLINIC.sites[0], today=today, declined=frozenset({"weekly"}))

    assert told(found) == []


def test_more_sessions_for_which_times_are_held_are_to_be_decided_at_the_end():
    request = make_request()
    today = date(2026, 3, 13)
    sessions = course_of(request, done_until=today)

    found = watch_course(request, sessions, CLINIC.sites[0], today=today, undecided=frozenset({"extension"}))

    assert told(found) == [("amber", "decision-due")]


def test_past_sessions_that_nobody_has_noted_count_as_held_and_are_asked_about():
    request = make_request()
    found = look(date(2026, 3, 5), sessions=course_of(request, done_until=date(2026, 3, 3)))

    assert (found.done, found.missing) == (3, 0)
    (risk,) = found.risks
    assert risk.reason == Reason.of("attendance-unknown", sessions=2, first_date=date(2026, 3, 3))
    assert risk.session == 2


def test_the_worst_comes_first():
    found = look(date(2026, 3, 20), missed=[2], cancelled=range(6, 11), authorisation=permission(date(2026, 3, 13)))

    assert [level for level, _ in told(found)] == ["red", "red", *["amber"] * (len(found.risks) - 2)]


def test_sessions_twice_a_day_are_made_up_two_on_a_day():
    phase = make_phase(sessions=20, sessions_per_day=2, minutes_between_starts=90)

    found = look(date(2026, 3, 12), missed=[1, 2, 3], protocol=make_protocol(phase))

    assert (found.missing, found.forecast_end) == (3, date(2026, 3, 17))


def test_a_course_without_any_session_left_ends_some_day_all_the_same():
    found = look(date(2026, 3, 2), cancelled=range(1, 11))

    assert (found.done, found.to_come, found.missing, found.days_since) == (0, 0, 10, None)
    assert told(found) == [("amber", "sessions-missing")]
