"""The invented clinic is full, obeys every rule, and is the same each time."""

from datetime import date, timedelta

import pytest

from scheduler import CourseRequest, Diary, VisitKind, catalog, check, plan_course
from scheduler.demo import booked_demo_diary, network, small_clinic, with_follow_ups

TODAY = date(2026, 3, 4)


@pytest.fixture(scope="module")
def diary():
    return booked_demo_diary(TODAY)


def test_the_demo_breaks_no_rule(diary):
    assert check(diary.sessions, diary.clinic, [course.request for course in diary.courses]) == ()


def test_about_eighty_courses_are_running_at_about_eighty_per_cent(diary):
    monday = TODAY - timedelta(days=TODAY.weekday())
    minutes = sum(
        session.when.minutes
        for session in diary.sessions
        if monday <= session.when.start.date() < monday + timedelta(days=5)
    )

    assert 70 <= len(diary.active(TODAY)) <= 90
    assert 0.72 <= minutes / (4 * 5 * 10 * 60) <= 0.88


def test_a_new_course_of_36_sessions_still_finds_its_place(diary):
    request = CourseRequest(patient="Ada", protocol=catalog.STANDARD_RTMS, earliest_date=TODAY)
    taken = Diary.of(diary.sessions)

    plans = plan_course(request, diary.clinic, taken)

    assert plans[0].is_complete
    assert [check(plan.sessions, diary.clinic, [request], taken) for plan in plans] == [()] * len(plans)


def test_the_demo_has_three_months_of_history(diary):
    assert min(session.when.start.date() for session in diary.sessions) <= TODAY - timedelta(days=85)
    assert {s.status for s in diary.sessions if s.when.start.date() < TODAY} == {"fulfilled"}
    assert {s.status for s in diary.sessions if s.when.start.date() >= TODAY} == {"booked"}


def test_what_was_missed_is_made_up_and_follow_ups_have_a_date():
    diary = with_follow_ups(booked_demo_diary(TODAY, missed=0.05))
    missed = [session for session in diary.sessions if not session.takes_its_place]

    assert check(diary.sessions, diary.clinic, [course.request for course in diary.courses]) == ()
    assert {session.status for session in missed} == {"noshow", "cancelled"}
    for course in diary.courses:
        standing = [session for session in course.sessions if session.takes_its_place]
        treatments = [session.number for session in standing if session.kind is not VisitKind.FOLLOW_UP]
        assert treatments == list(range(1, course.request.sessions + 1))
    assert any(session.kind is VisitKind.FOLLOW_UP for session in diary.sessions)


def test_the_demo_is_the_same_each_time_and_another_with_another_seed():
    one, again, other = (booked_demo_diary(TODAY, seed=seed, weeks_of_history=2) for seed in (1, 1, 2))

    assert one == again
    assert one != other


def test_the_demo_keeps_out_of_closures():
    clinic = small_clinic().with_closure("ash", TODAY, TODAY, "holiday")

    diary = booked_demo_diary(TODAY, clinic=clinic, weeks_of_history=2)

    assert diary.sessions
    assert not [session for session in diary.sessions if session.when.start.date() == TODAY]


def test_a_network_has_ten_sites_of_four_chairs():
    clinic = network()

    assert len(clinic.sites) == 10
    assert all(sum(chair.site == site.id for chair in clinic.chairs) == 4 for site in clinic.sites)
    diary = booked_demo_diary(TODAY, clinic=network(sites=2), weeks_of_history=1)
    assert {session.site for session in diary.sessions} == {"ash", "birch"}
    assert check(diary.sessions, diary.clinic, [course.request for course in diary.courses]) == ()
