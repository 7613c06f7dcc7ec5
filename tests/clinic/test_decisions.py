"""Deciding whether a course goes on: times are held for a branch, then booked as further sessions or given back."""

from datetime import date, datetime, timedelta

import pytest

from clinic.models import AuditEntry, Closure, Course, Decision
from clinic.selectors.decisions import branch_of, branches_of
from clinic.services import booking, decisions, diary_check, repair
from clinic.services.audit import Actor
from clinic.services.booking import NotPossible
from scheduler import Phase, Visit

from .builders import NOW, at, make_patient, make_protocol, make_recipe
from .test_repair import miss, snapshot, standing

pytestmark = pytest.mark.usefixtures("clinic")
AGREED = datetime.fromisoformat("2026-12-04T12:00:00+00:00")


@pytest.fixture
def by(imogen):
    return Actor.of_user(imogen)


@pytest.fixture
def responders(db):
    """Ten daily sessions; whoever responds goes on once a week for four weeks."""
    recipe = make_recipe(slug="responders")
    weekly = Phase(
        name="weekly",
        visit=Visit(minutes=30, turnaround_minutes=5),
        sessions=4,
        per_week_max=1,
        min_days_between=5,
        max_days_between=10,
        condition="if pain eased",
    )
    return make_protocol(make_recipe(slug="responders", phases=(*recipe.phases, weekly)))


def book(patient, protocol, by, **wishes):
    request = {"earliest_date": "2026-11-23", "time": "08:30", **wishes}
    proposal = booking.propose(patient=patient, protocol=protocol, site=patient.site, request=request, by=by, now=NOW)
    return booking.book(proposal=proposal, plan_kind="steadiest", by=by, now=NOW)


@pytest.fixture
def course(clinic, margaret, responders, by):
    return book(margaret, responders, by)


def wrong(site):
    return [*diary_check.broken_rules(site, now=NOW), *diary_check.wrong_cells(now=NOW)]


def fresh(course):
    return Course.objects.select_related("patient", "protocol", "site").get(pk=course.pk)


def test_a_decision_is_due_after_the_phase_before_it(course):
    weekly, more = branches_of(course)

    assert (weekly.phase, weekly.condition, weekly.sessions) == ("weekly", "if pain eased", 4)
    assert (weekly.due_date, more.due_date) == (date(2026, 12, 4), date(2026, 12, 4))
    assert (more.phase, more.sessions) == ("extension", 10)
    assert weekly.is_open


def test_a_phase_that_was_booked_at_once_needs_no_decision(clinic, pia, responders, by):
    course = book(pia, responders, by, phases=["weekly"])

    assert [branch.phase for branch in branches_of(course)] == ["extension"]


def test_the_times_of_a_branch_are_held_until_the_decision_is_due(course, by):
    before = standing(course)

    decision = decisions.hold(course=course, phase="weekly", by=by, now=NOW)

    assert [item["number"] for item in decision.plan["sessions"] if item["kind"] == "treatment"] == [11, 12, 13, 14]
    assert decision.held_until == at("2026-12-07", "00:00")
    assert branch_of(course, "weekly").is_held(at("2026-12-04", "17:00"))
    assert standing(course) == before


def test_held_times_are_offered_to_nobody_else(course, clinic, responders, by):
    decision = decisions.hold(course=course, phase="weekly", by=by, now=NOW)
    held = {(resource, lane, start, end) for resource, lane, start, end in decision.holds}
    taken = []
    for _ in range(5):
        other = book(make_patient(clinic), responders, by, phases=["weekly"])
        taken += [
            (str(resource), start)
            for row in other.sessions.all()
            for resource, start in ((row.chair_id, row.starts_at), (row.technician_id, row.starts_at))
        ]
    starts = {(str(resource), at("1970-01-01", "00:00") + timedelta(minutes=start)) for resource, _, start, _ in held}

    assert not starts & set(taken)


def test_going_on_books_the_held_times_as_further_sessions_of_the_course(course, clinic, by):
    decision = decisions.hold(course=course, phase="weekly", by=by, now=NOW)
    before = standing(course)
    held = [(item["number"], item["starts_at"]) for item in decision.plan["sessions"] if item["kind"] == "treatment"]

    decisions.agree(course=course, phase="weekly", by=by, now=AGREED)

    weekly = course.sessions.filter(phase="weekly", status="booked").order_by("number")
    assert [(row.number, row.starts_at.isoformat()) for row in weekly] == held
    assert set(before[:10]) <= set(standing(course))
    assert fresh(course).request["phases"] == ["weekly"]
    assert branch_of(fresh(course), "weekly") is None
    (follow_up,) = course.sessions.filter(kind="follow-up", status="booked")
    assert (follow_up.number, follow_up.starts_at.date()) == (15, date(2027, 1, 29))
    assert wrong(clinic) == []
    assert AuditEntry.objects.filter(course=course, action="course goes on").exists()


def test_going_on_without_held_times_books_what_was_shown(course, clinic, by):
    way = decisions.preview(course=course, phase="weekly", now=NOW)

    with pytest.raises(repair.WayLost):
        decisions.agree(course=course, phase="weekly", key="other", by=by, now=NOW)
    decisions.agree(course=course, phase="weekly", key=way.key, by=by, now=NOW)

    assert course.sessions.filter(phase="weekly", status="booked").count() == 4
    assert wrong(clinic) == []


def test_not_going_on_gives_the_held_times_back(course, clinic, responders, by):
    decisions.hold(course=course, phase="weekly", by=by, now=NOW)
    before = snapshot(course)

    decisions.decline(course=course, phase="weekly", by=by, now=AGREED)

    assert not branch_of(course, "weekly").is_open
    assert snapshot(course) == before
    other = book(make_patient(clinic), responders, by, phases=["weekly"])
    assert {row.chair_id for row in other.sessions.filter(phase="weekly")}
    with pytest.raises(NotPossible, match="made already"):
        decisions.agree(course=course, phase="weekly", by=by, now=AGREED)


def test_undoing_restores_the_diary_exactly_and_holds_the_times_again(course, by):
    decisions.hold(course=course, phase="weekly", by=by, now=NOW)
    before = snapshot(course)
    decisions.agree(course=course, phase="weekly", by=by, now=AGREED)

    decisions.undo(decision=Decision.objects.get(), by=by, now=AGREED + timedelta(minutes=2))

    assert snapshot(course) == before
    assert branch_of(fresh(course), "weekly").is_held(AGREED)
    decisions.agree(course=fresh(course), phase="weekly", by=by, now=AGREED + timedelta(minutes=2))
    assert course.sessions.filter(phase="weekly", status="booked").count() == 4


def test_a_decision_against_can_be_made_anew(course, by):
    decisions.decline(course=course, phase="weekly", by=by, now=AGREED)

    decisions.undo(decision=Decision.objects.get(), by=by, now=AGREED)

    assert branch_of(course, "weekly").is_open


def test_ten_more_sessions_go_on_with_the_numbers(course, clinic, by):
    decisions.hold(course=course, phase="extension", sessions=10, by=by, now=NOW)

    decisions.agree(course=course, phase="extension", by=by, now=AGREED)

    main = course.sessions.exclude(kind="follow-up").filter(status="booked")
    assert sorted(main.values_list("number", flat=True)) == list(range(1, 21))
    assert fresh(course).request["extension"] == 10
    assert wrong(clinic) == []
    assert branch_of(fresh(course), "extension").is_open


def test_a_course_may_be_extended_and_then_go_on(course, clinic, by):
    first = decisions.agree(course=course, phase="extension", sessions=5, by=by, now=NOW)
    between = snapshot(course)
    second = decisions.agree(course=fresh(course), phase="weekly", by=by, now=NOW)

    assert course.sessions.exclude(kind="follow-up").filter(status="booked").count() == 19
    assert wrong(clinic) == []
    with pytest.raises(NotPossible, match="has changed since"):
        repair.undo(repair=first, by=by, now=NOW)
    decisions.undo(decision=second.decision, by=by, now=NOW)
    assert snapshot(course) == between


def test_an_extension_beyond_the_authorisation_is_refused_with_the_reason(clinic, pia, responders, by):
    allowed = {"first_date": "2026-11-23", "last_date": "2027-03-31", "units": 12}
    course = book(pia, responders, by, authorisation=allowed)

    with pytest.raises(repair.NoWay) as none:
        decisions.hold(course=course, phase="extension", sessions=10, by=by, now=NOW)

    assert "too-few-units" in [reason["code"] for reason in none.value.reasons]
    assert not Decision.objects.exists()


def test_held_times_that_can_no_longer_be_are_not_booked(course, clinic, by):
    decision = decisions.hold(course=course, phase="weekly", by=by, now=NOW)
    day = decision.plan["sessions"][1]["starts_at"][:10]
    Closure.objects.create(site=clinic, starts_at=at(day, "00:00"), ends_at=at(day, "23:55"), cause="Boiler repair")

    with pytest.raises(repair.WayLost):
        decisions.agree(course=course, phase="weekly", by=by, now=AGREED)

    assert not course.sessions.filter(phase="weekly").exists()
    decisions.hold(course=course, phase="weekly", by=by, now=AGREED)
    decisions.agree(course=course, phase="weekly", by=by, now=AGREED)
    assert course.sessions.filter(phase="weekly").count() == 4


def test_a_missed_session_does_not_lose_the_held_times(course, clinic, by):
    decisions.hold(course=course, phase="weekly", by=by, now=NOW)
    missed = miss(course, 10)
    way = repair.make_up_ways(session=missed, now=AGREED)[0]

    repair.make_up(session=missed, key=way.key, by=by, now=AGREED)

    with pytest.raises(repair.WayLost):  # the make-up stands in the week in which the branch would have begun
        decisions.agree(course=fresh(course), phase="weekly", by=by, now=AGREED)
    decisions.hold(course=fresh(course), phase="weekly", by=by, now=AGREED)
    decisions.agree(course=fresh(course), phase="weekly", by=by, now=AGREED)
    assert course.sessions.filter(phase="weekly", status="booked").count() == 4


def test_a_course_without_such_a_phase_has_no_such_decision(course, by):
    for act in (decisions.hold, decisions.agree, decisions.decline):
        with pytest.raises(NotPossible, match="no such decision"):
            act(course=course, phase="monthly", by=by, now=NOW)
    Course.objects.update(status="revoked")
    assert branches_of(fresh(course)) == ()


def test_the_branches_of_a_course_cost_a_fixed_number_of_queries(course, by, django_assert_num_queries):
    decisions.hold(course=course, phase="weekly", by=by, now=NOW)
    read = fresh(course)

    with django_assert_num_queries(2):
        branches_of(read)
