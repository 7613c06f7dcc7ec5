"""Laws of every plan, tried on invented clinics, diaries and wishes."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scheduler import (
    Authorisation,
    Chair,
    Clinic,
    Closure,
    CourseRequest,
    Diary,
    Plan,
    Session,
    check,
    plan_course,
    score,
)

from .builders import make_clinic, requests, situations

WEEK = timedelta(days=7)


@settings(max_examples=80)
@given(situations())
def test_no_plan_ever_breaks_a_rule(situation):
    clinic, booked, request = situation

    for plan in plan_course(request, clinic, booked):
        assert check([*booked, *plan.sessions], clinic, [request]) == ()
        assert len(plan.sessions) in (0, request.sessions)
        assert bool(plan.sessions) != bool(plan.unplaced)


@settings(max_examples=30)
@given(situations())
def test_a_plan_says_why_each_session_stands_where_it_does_or_why_there_is_none(situation):
    clinic, booked, request = situation

    for plan in plan_course(request, clinic, booked):
        assert all(session.reasons for session in plan.sessions)
        assert all(item.reasons for item in plan.unplaced)
        assert sum(item.count for item in plan.unplaced) + len(plan.sessions) == request.sessions


@settings(max_examples=30)
@given(situations())
def test_the_points_of_the_best_plan_are_those_that_the_rule_book_counts(situation):
    clinic, booked, request = situation
    plan = plan_course(request, clinic, booked)[0]
    assume(plan.sessions)

    counted = score(plan.sessions, clinic, request)

    assert {name: plan.score[name] for name, _ in counted.points} == dict(counted.points)


@settings(max_examples=25)
@given(situations())
def test_planning_twice_gives_the_same_plans(situation):
    clinic, booked, request = situation

    assert plan_course(request, clinic, booked) == plan_course(request, clinic, Diary.of(booked))


@settings(max_examples=30)
@given(situations())
def test_a_free_chair_more_never_makes_the_best_plan_worse(situation):
    clinic, booked, request = situation
    more = replace(clinic, chairs=(*clinic.chairs, Chair(id="C0", name="New", site="site")))

    before, after = (plan_course(request, place, booked)[0] for place in (clinic, more))

    if before.sessions:
        assert after.sessions
        assert after.score.total <= before.score.total


@settings(max_examples=25)
@given(situations())
def test_everything_a_week_later_gives_the_same_plan_a_week_later(situation):
    clinic, booked, request = in_utc(situation)

    plans = plan_course(request, clinic, booked)
    later = plan_course(request_later(request), clinic_later(clinic), [session_later(s) for s in booked])

    assert [starts(plan, WEEK) for plan in plans] == [starts(plan) for plan in later]
    assert [plan.score for plan in plans] == [plan.score for plan in later]


@settings(max_examples=25)
@given(requests(), st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Sydney", "Africa/Cairo"]))
def test_a_course_keeps_its_time_of_day_when_the_clocks_change(request, timezone):
    local, utc = make_clinic(timezone, grid_minutes=30), make_clinic("UTC", grid_minutes=30)
    request = replace(request, fixed=())  # a fixed session is an instant, and so another time of day elsewhere

    plans, plain = plan_course(request, local), plan_course(request, utc)

    # Nothing else is booked, so the clock on the wall shows the same plan in every zone.
    assert [wall(plan, timezone) for plan in plans] == [wall(plan, "UTC") for plan in plain]


def in_utc(situation: tuple[Clinic, tuple[Session, ...], CourseRequest]):
    """Return a situation in a zone without clock changes, without what was booked or closed in another zone."""
    clinic, booked, request = situation
    zone = ZoneInfo(clinic.sites[0].timezone)
    by_wall = [s.when.start.astimezone(zone).replace(tzinfo=ZoneInfo("UTC")) - s.when.start for s in booked]
    moved = tuple(replace(s, when=s.when.shifted(by)) for s, by in zip(booked, by_wall, strict=True))
    plain = replace(clinic, sites=tuple(replace(site, timezone="UTC", closures=()) for site in clinic.sites))
    return plain, tuple(s for s in moved if not check([s], plain)), request


def starts(plan: Plan, by: timedelta = timedelta(0)):
    """Return where and when the sessions of a plan stand, some time later."""
    return [(s.when.start + by, s.chair, s.technician, s.lane) for s in plan.sessions]


def wall(plan: Plan, timezone: str):
    """Return where and when the sessions of a plan stand by the clock on the wall."""
    return [(s.when.start.astimezone(ZoneInfo(timezone)).replace(tzinfo=None), s.chair) for s in plan.sessions]


def session_later(session: Session) -> Session:
    """Return a session a week later."""
    return replace(session, when=session.when.shifted(WEEK))


def clinic_later(clinic: Clinic) -> Clinic:
    """Return a clinic whose closures and absences are a week later."""

    def later(closures: tuple[Closure, ...]) -> tuple[Closure, ...]:
        return tuple(replace(closure, when=closure.when.shifted(WEEK)) for closure in closures)

    return replace(
        clinic,
        sites=tuple(replace(site, closures=later(site.closures)) for site in clinic.sites),
        technicians=tuple(replace(person, absences=later(person.absences)) for person in clinic.technicians),
        prescribers=tuple(replace(person, absences=later(person.absences)) for person in clinic.prescribers),
    )


def request_later(request: CourseRequest) -> CourseRequest:
    """Return a request whose dates are a week later."""

    def later(days: frozenset[date]) -> frozenset[date]:
        return frozenset(day + WEEK for day in days)

    allowed = request.authorisation
    return replace(
        request,
        earliest_date=request.earliest_date + WEEK,
        latest_date=request.latest_date and request.latest_date + WEEK,
        availability=replace(request.availability, away=later(request.availability.away)),
        skipped=later(request.skipped),
        fixed=tuple(replace(item, start=item.start + WEEK) for item in request.fixed),
        authorisation=allowed
        and Authorisation(
            first_date=allowed.first_date + WEEK, last_date=allowed.last_date + WEEK, units=allowed.units
        ),
    )
