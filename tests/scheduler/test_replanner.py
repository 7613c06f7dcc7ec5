"""A running course goes on after whatever happens to it: complete, within the rules, and with little change."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scheduler import Authorisation, Availability, Closure, Diary, Redetermination, Visit, VisitKind, catalog, check
from scheduler.followups import due_follow_ups
from scheduler.planner import plan_course
from scheduler.replanner import repair_course

from .builders import at, clinics, diaries, make_clinic, make_phase, make_protocol, make_request, requests

MONDAY = date(2026, 3, 2)


def booked(request, clinic, others=()):
    """Return the sessions of the best plan, booked."""
    return [replace(session, status="booked") for session in plan_course(request, clinic, others)[0].sessions]


def given_until(sessions, now, missed=()):
    """Return the sessions with what came before an instant fulfilled or missed."""
    status = {True: "noshow", False: "fulfilled"}
    return [replace(s, status=status[s.number in missed]) if s.when.start < now else s for s in sessions]


def whole(sessions, repair):
    """Return what was given and what is to come."""
    begun = {s.when.start.date() for s in sessions if s.status == "fulfilled"}
    later = (s for s in sessions if s.status == "booked" and s.when.start.date() in begun)
    return [*(s for s in sessions if s.status == "fulfilled"), *later, *repair.plan.sessions]


def days(sessions):
    """Return the dates of sessions in Berlin."""
    return [session.when.start.date() for session in sorted(sessions, key=lambda session: session.when.start)]


@pytest.fixture
def clinic():
    return make_clinic()


@pytest.fixture
def ada():
    return make_request()


def test_a_course_to_which_nothing_happened_stays_as_it_is(clinic, ada):
    sessions = booked(ada, clinic)

    first, *_ = repair_course(ada, clinic, (), sessions, now=at(MONDAY, "07:00"))

    assert (list(first.plan.sessions), first.changes, first.cost) == (sessions, (), 0)


def test_a_missed_session_is_made_up_in_three_ways_with_their_effect(clinic):
    hours = Availability.parse("Mon-Thu 08:00-12:00")
    ada = make_request(make_protocol(make_phase(sessions=8, per_week_max=5, per_week_target=4)), availability=hours)
    sessions = given_until(booked(ada, clinic), at(date(2026, 3, 4), "18:00"), missed={2})

    ways = {way.kind: way for way in repair_course(ada, clinic, (), sessions, now=at(date(2026, 3, 4), "18:00"))}

    assert set(ways) == {"fewest changes", "other time", "further day"}
    ends = {kind: way.effect.ends_after for kind, way in ways.items()}
    assert ends["fewest changes"] > ways["fewest changes"].effect.ends_before
    assert ends["further day"] == ways["further day"].effect.ends_before
    wide = replace(ada, availability=Availability())
    for kind, way in ways.items():
        assert len(whole(sessions, way)) == 8
        assert check(whole(sessions, way), clinic, [wide if kind == "further day" else ada]) == ()


def test_a_make_up_at_another_time_of_day_leaves_the_booked_sessions_alone(clinic, ada):
    now = at(MONDAY, "20:00")
    sessions = given_until(booked(ada, clinic), now, missed={1})

    ways = {way.kind: way for way in repair_course(ada, clinic, (), sessions, now=now)}

    usual, other = ways["fewest changes"], ways["other time"]
    (new,) = (change.after for change in other.changes if change.kind == "added")
    apart = new.when.start - usual.plan.sessions[-1].when.start
    assert len(other.changes) == 1
    assert apart % timedelta(days=1) not in (timedelta(), *(timedelta(minutes=5 * n) for n in range(12)))
    assert check(whole(sessions, other), clinic, [ada]) == ()


def test_a_make_up_inside_the_week_and_one_at_the_end_stand_side_by_side(clinic):
    rhythm = {"per_week_max": 5, "per_week_target": 4, "per_week_min": 2}
    plan = booked(make_request(make_protocol(make_phase(sessions=9, **rhythm))), clinic)
    ada = make_request(make_protocol(make_phase(sessions=8, **rhythm)))
    kept = [s for s in plan if s.when.start.date() != date(2026, 3, 6)]
    kept = [replace(s, number=number) for number, s in enumerate(kept, 1)]
    now = at(date(2026, 3, 3), "20:00")
    sessions = given_until(kept, now, missed={2})

    ways = repair_course(ada, clinic, (), sessions, now=now)

    ends = {way.kind: way.effect.ends_after > way.effect.ends_before for way in ways}
    assert True in ends.values()
    assert False in ends.values()
    assert all(check(whole(sessions, way), clinic, [ada]) == () for way in ways)


def test_what_was_given_or_has_begun_is_never_touched(clinic, ada):
    sessions = booked(ada, clinic)
    now = sessions[3].when.start + timedelta(minutes=5)
    sessions = [
        replace(s, status="arrived") if s.number == 4 else s for s in given_until(sessions, now - timedelta(minutes=10))
    ]

    first, *_ = repair_course(ada, clinic, (), sessions, now=now)

    assert [session.number for session in first.plan.sessions] == [5, 6, 7, 8, 9, 10]


def test_a_closed_chair_moves_only_the_sessions_that_stood_on_it(clinic, ada):
    sessions = booked(ada, clinic)
    shut = date(2026, 3, 4)
    chair = replace(clinic.chair(sessions[2].chair), closures=(Closure.days(shut, shut, "Europe/Berlin"),))
    clinic = replace(clinic, chairs=tuple(chair if c.id == chair.id else c for c in clinic.chairs))

    first, *_ = repair_course(ada, clinic, (), sessions, now=at(MONDAY, "07:00"))

    (change,) = first.changes
    assert (change.kind, change.before.number, change.after.when) == ("moved", 3, sessions[2].when)
    assert change.after.chair != chair.id
    assert check(first.plan.sessions, clinic, [ada]) == ()


def test_a_technician_who_is_away_is_replaced_and_nothing_else_changes(clinic, ada):
    sessions = booked(ada, clinic)
    ill = clinic.technicians[[t.id for t in clinic.technicians].index(sessions[1].technician)]
    absence = Closure.days(date(2026, 3, 3), date(2026, 3, 3), "Europe/Berlin")
    team = tuple(replace(t, absences=(absence,)) if t is ill else t for t in clinic.technicians)

    first, *_ = repair_course(ada, replace(clinic, technicians=team), (), sessions, now=at(MONDAY, "07:00"))

    (change,) = first.changes
    assert (change.before.number, change.after.when) == (2, sessions[1].when)
    assert change.after.technician != ill.id


def test_a_stay_away_is_made_up_and_the_authorisation_is_counted(clinic):
    permit = Authorisation(first_date=MONDAY, last_date=date(2026, 4, 30), units=12)
    ada = make_request(authorisation=permit)
    sessions = given_until(booked(ada, clinic), at(date(2026, 3, 3), "18:00"))
    away = replace(ada, availability=replace(ada.availability, away=frozenset({date(2026, 3, 5), date(2026, 3, 6)})))

    first, *_ = repair_course(away, clinic, (), sessions, now=at(date(2026, 3, 3), "18:00"))

    assert not {date(2026, 3, 5), date(2026, 3, 6)} & set(days(first.plan.sessions))
    assert (first.effect.moved_days, first.effect.units_left) == (2, 2)
    assert check(whole(sessions, first), clinic, [away]) == ()


def test_ten_more_sessions_follow_on_and_those_that_are_booked_stay(clinic, ada):
    sessions = given_until(booked(ada, clinic), at(date(2026, 3, 4), "18:00"))
    longer = replace(ada, protocol=make_protocol(make_phase(sessions=20)))

    first, *_ = repair_course(longer, clinic, (), sessions, now=at(date(2026, 3, 4), "18:00"))

    assert [change.kind for change in first.changes] == ["added"] * 10
    assert check(whole(sessions, first), clinic, [longer]) == ()


def test_three_a_week_instead_of_five_spreads_what_is_left(clinic):
    ada = make_request(make_protocol(make_phase(sessions=15, per_week_max=5, per_week_min=2)))
    now = at(date(2026, 3, 6), "20:00")
    sessions = given_until(booked(ada, clinic), now)
    slower = replace(ada, protocol=make_protocol(make_phase(sessions=15, per_week_max=3, per_week_min=2)))

    first, *_ = repair_course(slower, clinic, (), sessions, now=now)

    assert len(first.plan.sessions) == 10
    assert first.effect.ends_after > first.effect.ends_before
    assert {v.rule for v in check(first.plan.sessions, clinic, [slower])} <= {"sessions_are_complete"}


def test_a_course_without_its_taper_ends_with_the_sessions_before_it(clinic):
    acute, taper = make_phase(sessions=5), make_phase("taper", taper=(3, 2, 1))
    ada = make_request(make_protocol(acute, taper))
    now = at(date(2026, 3, 4), "20:00")
    sessions = given_until(booked(ada, clinic), now)
    shorter = replace(ada, protocol=make_protocol(acute))

    first, *_ = repair_course(shorter, clinic, (), sessions, now=now)

    assert len(whole(sessions, first)) == 5
    assert [change.kind for change in first.changes] == ["dropped"] * 6


def test_a_taper_that_has_begun_goes_on_counting_down(clinic):
    ada = make_request(make_protocol(make_phase(sessions=5), make_phase("taper", taper=(3, 2, 1), max_days_between=9)))
    plan = booked(ada, clinic)
    now = plan[6].when.start + timedelta(hours=2)
    sessions = given_until(plan, now)

    first, *_ = repair_course(ada, clinic, (), sessions, now=now)

    assert (first.changes, len(first.plan.sessions)) == ((), 4)
    assert check(whole(sessions, first), clinic, [ada]) == ()


def test_redeterminations_stay_on_their_dates_after_a_missed_session(clinic):
    again = Visit(kind=VisitKind.REDETERMINATION, minutes=60)
    ada = make_request(make_protocol(make_phase(sessions=15), redetermination=Redetermination(visit=again)))
    now = at(date(2026, 3, 9), "20:00")
    sessions = given_until(booked(ada, clinic), now, missed={6})

    first, *_ = repair_course(ada, clinic, (), sessions, now=now)

    assert check(whole(sessions, first), clinic, [ada]) == ()
    assert [s.kind for s in first.plan.sessions][:1] == [VisitKind.REDETERMINATION]


def test_follow_ups_move_with_the_end_of_the_course():
    clinic = catalog_clinic()
    ada = make_request(catalog.TWENTY)
    plan = booked(ada, clinic)
    now = plan[4].when.start + timedelta(hours=3)
    sessions = given_until(plan, now, missed={5})

    first, *_ = repair_course(ada, clinic, (), sessions, now=now)

    ends = first.effect.ends_after
    assert ends > first.effect.ends_before
    follow_ups = [s for s in first.plan.sessions if s.kind is VisitKind.FOLLOW_UP]
    assert len(follow_ups) == len(due_follow_ups(catalog.TWENTY, ends))
    assert check(whole(sessions, first), clinic, [ada]) == ()


def catalog_clinic():
    """Return a clinic with everything that the catalogue asks for."""
    clinic = make_clinic()
    kinds = frozenset({"rtms", "deep", "pms"})
    return replace(clinic, chairs=tuple(replace(chair, kinds=kinds) for chair in clinic.chairs))


def test_held_sessions_do_not_move_even_when_that_would_be_better(clinic, ada):
    sessions = booked(ada, clinic)
    late = replace(ada, availability=Availability.parse("Mon-Fri 13:00-18:00"))

    first, *_ = repair_course(late, clinic, (), sessions, now=at(MONDAY, "07:00"))

    assert all(change.after.when.start.astimezone(at(MONDAY).tzinfo).time() >= time(12) for change in first.changes)
    assert len(first.changes) == 10


def test_a_course_that_cannot_go_on_says_why(clinic, ada):
    sessions = given_until(booked(ada, clinic), at(date(2026, 3, 4), "18:00"))
    over = replace(ada, latest_date=date(2026, 3, 5))

    (only,) = repair_course(over, clinic, (), sessions, now=at(date(2026, 3, 4), "18:00"))

    assert only.plan.sessions == ()
    assert [item.count for item in only.plan.unplaced] == [7]
    assert only.plan.unplaced[0].reasons[0].code == "no-place"


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_after_any_missed_session_the_course_is_complete_and_breaks_nothing_new(data):
    clinic, request = data.draw(clinics()), data.draw(requests())
    others = data.draw(diaries(clinic))
    plan = plan_course(request, clinic, others)[0]
    assume(plan.is_complete)
    course = [replace(s, status="booked") for s in plan.sessions]
    missed = data.draw(st.sampled_from([s for s in course if s.kind is not VisitKind.FOLLOW_UP]))
    now = missed.when.end
    sessions = given_until(course, now, missed={missed.number})

    for way in repair_course(request, clinic, Diary.of(others), sessions, now=now):
        if not way.plan.sessions:
            assert way.plan.unplaced
            continue
        after = whole(sessions, way)
        unplaced = sum(item.count for item in way.plan.unplaced if item.kind is not VisitKind.FOLLOW_UP)
        assert len([s for s in after if s.kind is not VisitKind.FOLLOW_UP]) + unplaced == request.sessions
        assert len({s.number for s in after}) == len(after)
        asked = (
            request
            if way.kind != "further day"
            else replace(request, availability=replace(request.availability, hours=None))
        )
        asked = replace(asked, fixed=tuple(place for place in request.fixed if place.start > now))
        before = {v.rule for v in check(sessions, clinic, [asked], Diary.of(others))}
        assert {v.rule for v in check(after, clinic, [asked], Diary.of(others))} <= before
