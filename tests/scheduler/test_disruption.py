"""After a disruption every course goes on: nobody loses a session, few people are disturbed, and that is proven."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduler import Availability, Closure, Diary, Interval, Session, check
from scheduler.disruption import STRATEGIES, replan
from scheduler.planner import plan_course
from scheduler.replanning import Running
from scheduler.solver.seats import seats

from .builders import at, make_clinic, make_phase, make_protocol, make_request

MONDAY = date(2026, 3, 2)
NOW = at(MONDAY, "07:00")
WINDOWS = ("08:00-12:00", "09:00-13:00", "13:00-18:00", "08:00-18:00", "10:00-16:00")


def running(clinic, count, sessions=8):
    """Return courses planned one after another, each in its own hours."""
    courses, taken = [], []
    for number in range(count):
        request = make_request(
            make_protocol(make_phase(sessions=sessions, per_week_min=2)),
            patient=f"patient-{number}",
            course=f"course-{number}",
            availability=Availability.parse(f"Mon-Fri {WINDOWS[number % len(WINDOWS)]}"),
        )
        plan = [replace(s, status="booked") for s in plan_course(request, clinic, taken)[0].sessions]
        taken += plan
        courses.append(Running(request=request, sessions=tuple(plan)))
    return courses


def without_chair(clinic, first, last):
    """Return the clinic with its first chair shut from one date to another."""
    shut = Closure.days(first, last, "Europe/Berlin")
    chairs = (replace(clinic.chairs[0], closures=(shut,)), *clinic.chairs[1:])
    return replace(clinic, chairs=chairs)


def after(courses, answer):
    """Return all sessions as they stand after a replan."""
    new = {touched.course.request.course: touched.repair.plan.sessions for touched in answer.touched}
    return [s for course in courses for s in new.get(course.request.course, course.sessions)]


@pytest.fixture(scope="module")
def clinic():
    return make_clinic()


@pytest.fixture(scope="module")
def courses(clinic):
    return running(clinic, 10)


@pytest.fixture(scope="module")
def shut(clinic):
    return without_chair(clinic, date(2026, 3, 3), date(2026, 3, 5))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_chair_that_is_down_is_planned_around_and_no_course_loses_a_session(courses, shut, strategy):
    answer = replan(shut, courses, now=NOW, strategy=strategy)

    assert answer.unplaced == ()
    assert check(after(courses, answer), shut, [course.request for course in courses]) == ()
    assert answer.people_bound <= answer.people
    assert answer.sessions_bound <= answer.sessions


def test_a_course_to_which_nothing_happened_is_not_touched(clinic, courses):
    morning = Closure(when=Interval(at(date(2026, 3, 3), "08:00"), at(date(2026, 3, 3), "12:00")))
    shut = replace(clinic, chairs=(replace(clinic.chairs[0], closures=(morning,)), *clinic.chairs[1:]))

    answer = replan(shut, courses, now=NOW)

    hit = {c.request.course for c in courses if any(_is_hit(s, shut) for s in c.sessions)}
    assert {touched.course.request.course for touched in answer.touched} == hit
    assert 0 < len(hit) < len(courses)


def _is_hit(session, clinic):
    return session.chair == clinic.chairs[0].id and any(
        closure.when.overlaps(session.when) for closure in clinic.chairs[0].closures
    )


def test_nobody_changes_day_when_that_is_the_strategy_and_there_is_room(courses, shut):
    answer = replan(shut, courses, now=NOW, strategy="nobody changes day")

    assert all(touched.repair.effect.moved_days == 0 for touched in answer.touched)


def test_sessions_that_are_near_stay_unless_they_must_move(courses, shut):
    now = at(date(2026, 3, 3), "06:00")
    given = [replace(c, sessions=tuple(_given(s, now) for s in c.sessions)) for c in courses]

    answer = replan(shut, given, now=now, protect=timedelta(hours=24))

    near = {
        (s.course, s.number): s for c in given for s in c.sessions if now < s.when.start < now + timedelta(hours=24)
    }
    for touched in answer.touched:
        for change in touched.repair.changes:
            key = (change.before.course, change.before.number)
            assert key not in near or _is_hit(near[key], shut)


def _given(session, now):
    return replace(session, status="fulfilled") if session.when.start < now else session


def test_the_same_disruption_and_seed_have_the_same_answer(courses, shut):
    assert replan(shut, courses, now=NOW, seed=3, steps=10) == replan(shut, courses, now=NOW, seed=3, steps=10)


def test_a_technician_who_is_ill_is_replaced_without_a_call_where_a_colleague_is_free(clinic):
    courses = running(clinic, 1)
    ill = courses[0].sessions[1].technician
    absence = Closure.days(date(2026, 3, 3), date(2026, 3, 4), "Europe/Berlin")
    team = tuple(replace(t, absences=(absence,)) if t.id == ill else t for t in clinic.technicians)

    answer = replan(replace(clinic, technicians=team), courses, now=NOW)

    assert (len(answer.touched), answer.people, answer.people_bound, answer.sessions) == (1, 0, 0, 0)


def test_a_closed_site_moves_everybody_and_the_bound_says_so(clinic, courses):
    shut = Closure.days(date(2026, 3, 4), date(2026, 3, 4), "Europe/Berlin", cause="power cut")
    site = replace(clinic.sites[0], closures=(shut,))
    closed = replace(clinic, sites=(site,))

    answer = replan(closed, courses, now=NOW)

    that_day = [s for c in courses for s in c.sessions if s.when.start.date() == date(2026, 3, 4)]
    assert answer.sessions >= len(that_day) >= answer.sessions_bound > 0
    assert check(after(courses, answer), closed, [course.request for course in courses]) == ()


def test_what_cannot_be_placed_is_listed_with_its_reasons(clinic):
    (course,) = running(clinic, 1)
    last = course.sessions[-1].when.start.date()
    course = replace(course, request=replace(course.request, latest_date=last))
    shut = replace(clinic, sites=(replace(clinic.sites[0], closures=(Closure.days(MONDAY, last, "Europe/Berlin"),)),))

    answer = replan(shut, [course], now=NOW)

    (nowhere,) = answer.unplaced
    assert nowhere.repair.plan.unplaced[0].reasons[0].code == "no-place"
    assert (answer.people, answer.sessions) == (1, len(course.sessions))


def test_a_course_without_a_repair_keeps_what_can_stand(clinic):
    first, second = running(clinic, 2, sessions=5)
    days = [s.when.start.date() for s in first.sessions]
    late = replace(first.request, latest_date=days[-1], availability=Availability.parse("Mon-Fri 08:00-12:00"))
    first = replace(first, request=late)
    shut = replace(
        clinic, sites=(replace(clinic.sites[0], closures=(Closure.days(days[1], days[1], "Europe/Berlin"),)),)
    )

    answer = replan(shut, [first, second], now=NOW)

    (nowhere,) = answer.unplaced
    assert (nowhere.course, answer.sessions) == (first, 2)
    standing = [s for s in first.sessions if s.when.start.date() != days[1]]
    assert check([*standing, *after([second], answer)], shut, [second.request]) == ()


def test_what_else_is_booked_is_never_moved(clinic, courses, shut):
    others, mine = courses[:5], courses[5:]
    booked = [s for c in others for s in c.sessions if not _is_hit(s, shut)]

    answer = replan(shut, mine, Diary.of(booked), now=NOW)

    assert check(after(mine, answer), shut, [c.request for c in mine], Diary.of(booked)) == ()


def test_who_was_not_looked_at_yet_is_listed_when_the_time_is_up(courses, shut):
    looks = iter(range(1000))

    answer = replan(shut, courses, now=NOW, left=lambda: 2 - next(looks))

    whole = replan(shut, courses, now=NOW, steps=0)
    waiting = [item for item in answer.unplaced if item.repair.plan.unplaced[0].reasons[0].code == "still-searching"]
    assert 0 < len(waiting) == len(answer.unplaced) < len(whole.touched)
    assert {item.course.request.course for item in answer.touched} == {t.course.request.course for t in whole.touched}
    assert answer.people >= len(waiting)


def test_what_was_repaired_before_the_time_was_up_can_stand_beside_what_waits(courses, shut):
    looks = iter(range(1000))

    answer = replan(shut, courses, now=NOW, left=lambda: 3 - next(looks))

    waiting = {item.course.request.course for item in answer.unplaced}
    sessions = [s for s in after(courses, answer) if s.course not in waiting]
    hit = [s for c in courses if c.request.course in waiting for s in c.sessions if not _is_hit(s, shut)]
    assert check([*hit, *sessions], shut, [c.request for c in courses if c.request.course not in waiting]) == ()


def test_no_time_at_all_moves_nobody(courses, shut):
    answer = replan(shut, courses, now=NOW, left=lambda: 0.0)

    assert all(not item.repair.changes for item in answer.touched)
    assert len(answer.unplaced) == len(answer.touched) > 0


def test_each_strategy_is_best_at_what_it_promises(clinic, shut):
    courses = running(clinic, 14)
    answers = {name: replan(shut, courses, now=NOW, strategy=name, steps=15) for name in STRATEGIES}
    people = {name: answer.people for name, answer in answers.items()}
    days = {name: sum(t.repair.effect.moved_days for t in answer.touched) for name, answer in answers.items()}
    times = {name: sum(t.repair.effect.moved_times for t in answer.touched) for name, answer in answers.items()}

    assert people["fewest calls"] == answers["fewest calls"].people_bound < people["nobody changes day"]
    assert days["nobody changes day"] == 0 < days["fewest calls"]
    assert times["keep each usual time"] == 0 < times["nobody changes day"]


def test_longer_search_never_breaks_more_of_the_promise(courses, shut):
    counts = [replan(shut, courses, now=NOW, strategy="nobody changes day", steps=steps) for steps in (0, 10, 40)]

    days = [sum(t.repair.effect.moved_days for t in answer.touched) for answer in counts]
    assert days == sorted(days, reverse=True)


@pytest.fixture
def exchange(clinic):
    """Return a clinic and two courses: Anna's chair is down, and the other fits her only if Ben takes the third."""
    both, plain = frozenset({"tms", "deep"}), frozenset({"tms"})
    chairs = [
        replace(clinic.chairs[0], id=id, kinds=kinds) for id, kinds in (("C1", both), ("C2", both), ("C3", plain))
    ]
    wide = replace(clinic, chairs=tuple(chairs))
    visit = replace(make_phase().visit, chair_kinds=frozenset({"deep"}))
    deep = make_request(make_protocol(make_phase(sessions=5, visit=visit)), patient="anna", course="anna")
    other = make_request(make_protocol(make_phase(sessions=5)), patient="ben", course="ben")
    anna = [replace(s, status="booked", chair="C1") for s in plan_course(deep, wide, ())[0].sessions]
    second = clinic.technicians[1].id
    ben = [replace(s, course="ben", patient="ben", chair="C2", technician=second, reasons=()) for s in anna]
    shut = Closure.days(MONDAY, date(2026, 3, 13), "Europe/Berlin")
    down = replace(wide, chairs=(replace(wide.chairs[0], closures=(shut,)), *wide.chairs[1:]))
    return down, [Running(request=deep, sessions=tuple(anna)), Running(request=other, sessions=tuple(ben))]


def test_chairs_are_exchanged_before_anybody_is_called(exchange):
    down, courses = exchange
    now = at(MONDAY - timedelta(3), "09:00")

    before, answer = (replan(down, courses, now=now, steps=steps) for steps in (0, 1))

    assert (before.people, answer.people, answer.people_bound) == (1, 0, 0)
    assert {s.chair for s in after(courses, answer) if s.patient == "ben"} == {"C3"}
    assert check(after(courses, answer), down, [course.request for course in courses]) == ()


def test_chairs_of_sessions_that_are_near_are_not_exchanged(exchange):
    down, courses = exchange

    answer = replan(down, courses, now=at(MONDAY, "00:00"), steps=1)

    assert (answer.people, answer.people_bound) == (1, 1)
    assert after(courses, answer)[5].chair == "C2"


def test_people_who_come_every_day_are_counted_once_in_the_proof(clinic):
    """Three people on two chairs at one time, four days running: one of them is too many, and that is one person."""
    shut = replace(clinic, chairs=clinic.chairs[:2])
    sessions = [
        Session(
            number=day + 1,
            when=Interval.lasting(30, at(MONDAY + timedelta(day), "09:00")),
            site=clinic.sites[0].id,
            chair=clinic.chairs[0].id,
            patient=f"patient-{person}",
            course=f"course-{person}",
        )
        for day in range(4)
        for person in range(3)
    ]

    least = seats(shut, sessions, Diary(), affected={"patient-1"})

    assert (least.people, least.sessions) == (1, 4)
    assert {sessions[place].course for place in least.chairs} == {"course-0", "course-2"}


def test_two_people_are_too_many_where_different_ones_meet_at_different_times(clinic):
    """Two at a time on one chair, at two times, with nobody in common: each time somebody has to go."""
    one = replace(clinic, chairs=clinic.chairs[:1])
    sessions = [
        Session(
            number=1,
            when=Interval.lasting(30, at(MONDAY, time)),
            site=clinic.sites[0].id,
            chair=clinic.chairs[0].id,
            patient=patient,
            course=patient,
        )
        for time, patient in (("09:00", "a"), ("09:00", "b"), ("10:00", "c"), ("10:00", "d"))
    ]

    assert seats(one, sessions, Diary()).people == 2
