"""Disruptions at the worst moment: full days, authorisations that end inside, and a diary that moves on meanwhile."""

from datetime import timedelta

import pytest

from clinic.models import Chair, Course, Session
from clinic.selectors.disruptions import affected
from clinic.services import booking, diary_check, disruption, repair

from .builders import at, make_course, make_patient, make_session
from .diaries import assert_diary_is_right, snapshot

WEDNESDAY = "2026-11-25"


@pytest.fixture
def shut(courses, report, chairs):
    """The chair on which Ada has her sessions is down on Wednesday."""
    row = courses[0].sessions.get(starts_at__date=WEDNESDAY)
    return report(kind="chair", chair=str(row.chair.uid))


def renewed(replan, done, by, now):
    """Plan the refused courses anew."""
    refused = list(Course.objects.filter(uid__in=done.refused))
    return disruption.renew(replan=replan, courses=refused, by=by, now=now)


def authorised(course, last_date):
    course.request["authorisation"] = {"first_date": "2026-11-20", "last_date": last_date, "units": 10}
    course.save()


def last_date(course):
    return course.sessions.exclude(kind="follow-up").latest("starts_at").starts_at.date().isoformat()


def test_a_course_whose_authorisation_ends_inside_the_disruption_is_told_to_have_no_place_and_keeps_its_sessions(
    courses, report, propose, carry_out, now
):
    authorised(courses[0], last_date(courses[0]))
    before = list(courses[0].sessions.order_by("pk").values())

    replan = propose(report(kind="site", **{"from": "2026-12-03T00:00:00+00:00", "until": "2026-12-08T00:00:00+00:00"}))
    done = carry_out(replan)

    (lost,) = replan.unplaced
    assert lost["course"] == str(courses[0].uid)
    assert "authorisation-too-short" in {reason["code"] for reason in lost["reasons"]}
    assert (done.courses, done.refused) == (3, {})
    assert list(courses[0].sessions.order_by("pk").values()) == before


def test_a_course_moves_only_to_dates_that_are_authorised(courses, report, propose, carry_out, site, now):
    for course in courses:
        authorised(course, "2026-12-07")

    done = carry_out(propose(report(kind="site")))

    assert (done.courses, done.refused) == (4, {})
    assert {last_date(course) for course in courses} == {"2026-12-07"}
    assert_diary_is_right(site, now)


def test_when_no_chair_has_a_minute_left_that_day_whoever_is_hit_comes_on_another(
    courses, chairs, technicians, report, propose, carry_out, site, protocol, now
):
    others = make_course(make_patient(site), protocol, plan_kind="imported")
    for chair, technician in zip(chairs, technicians, strict=False):
        make_session(others, chair, technician, at(WEDNESDAY, "09:05"), minutes=530, patient=make_patient(site))
    on_wednesday = Session.objects.filter(starts_at__date=WEDNESDAY).exclude(course=others)
    assert set(on_wednesday.values_list("starts_at", flat=True)) == {at(WEDNESDAY, "08:30")}

    replan = propose(report(kind="chair", chair=str(chairs[0].uid), until="2026-11-25T09:05:00+00:00"))
    done = carry_out(replan)

    assert (done.courses, done.refused, replan.unplaced) == (1, {}, [])
    assert on_wednesday.count() == 3
    assert diary_check.wrong_cells(now=now) == ()


def test_a_chair_that_closes_before_a_replan_is_done_refuses_only_those_who_were_to_go_there(
    shut, report, propose, carry_out, by, site, now
):
    replan = propose(shut)
    change = replan.changes.order_by("pk").first()
    there = Chair.objects.get(pk=change.becomes["chair_id"])
    second = report(kind="chair", chair=str(there.uid), until="2026-12-31T00:00:00+00:00")

    done = carry_out(replan)

    assert "chair-closed" in {reason["code"] for reason in done.refused[change.course.uid]}
    assert carry_out(renewed(replan, done, by, now)).refused == {}
    assert carry_out(propose(second)).refused == {}
    assert affected(shut, now) == affected(second, now) == []
    assert_diary_is_right(site, now)


@pytest.mark.parametrize("what", ["chair", "technician"])
def test_what_has_left_the_clinic_before_a_replan_is_done_refuses_with_a_reason(
    shut, propose, carry_out, by, now, what
):
    replan = propose(shut)
    change = replan.changes.order_by("pk").first()
    left = getattr(Session, what).field.related_model.objects.get(pk=change.becomes[f"{what}_id"])
    left.is_active = False
    left.save()

    done = carry_out(replan)

    assert change.course.uid in done.refused
    fresh = renewed(replan, done, by, now)
    assert left.pk not in {item.becomes[f"{what}_id"] for item in fresh.changes.filter(state="proposed")}
    assert diary_check.wrong_cells(now=now) == ()


def test_a_course_that_was_cancelled_before_a_replan_is_done_stays_cancelled_and_the_others_move(
    courses, report, propose, carry_out, by, site, now
):
    what = report(kind="site")
    replan = propose(what)
    booking.cancel_course(course=courses[0], why="moved away", by=by, now=now)
    before = list(courses[0].sessions.order_by("pk").values())

    done = carry_out(replan)

    assert (set(done.refused), done.courses) == ({courses[0].uid}, 3)
    fresh = renewed(replan, done, by, now)
    assert not fresh.changes.filter(course=courses[0]).exists()
    assert fresh.unplaced == []
    assert list(courses[0].sessions.order_by("pk").values()) == before
    assert affected(what, now) == []
    assert_diary_is_right(site, now)


def test_a_patient_who_can_come_no_longer_at_the_new_time_is_refused_and_planned_anew(
    courses, report, propose, carry_out, by, site, now
):
    replan = propose(report(kind="site"))
    changes = {"availability": "Mon-Fri 13:00-17:00"}
    way = repair.change_ways(course=courses[0], changes=changes, now=now)[0]
    repair.change(course=courses[0], changes=changes, key=way.key, by=by, now=now)

    done = carry_out(replan)

    assert set(done.refused) == {courses[0].uid}
    carry_out(renewed(replan, done, by, now))
    assert {row.starts_at.hour >= 13 for row in courses[0].sessions.filter(status="booked")} == {True}
    assert_diary_is_right(site, now)


def test_a_replan_that_ran_out_over_night_moves_nobody_to_a_time_that_has_passed(
    courses, report, propose, carry_out, by, site, now
):
    replan = propose(report(kind="site"))
    late = now + timedelta(days=6)

    done = carry_out(replan, at_time=late)

    assert (done.courses, len(done.refused)) == (0, 4)
    assert not Session.objects.filter(version__gt=0).exists()


def test_a_replan_across_a_clock_change_is_undone_to_the_hours_of_before(
    clinic, protocol, by, report, propose, carry_out
):
    now = at("2026-10-16", "09:00")
    patient = make_patient(clinic)
    request = {"earliest_date": "2026-10-19", "time": "08:30"}
    offer = booking.propose(patient=patient, protocol=protocol, site=clinic, request=request, by=by, now=now)
    booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now)
    data = {"kind": "site", "from": "2026-10-23T00:00:00+00:00", "until": "2026-10-26T23:00:00+00:00"}
    happening = disruption.read_happening(data, site=clinic, now=now)
    replan = propose(disruption.report(happening=happening, by=by, now=now), "usual-time", at_time=now)
    before = snapshot()

    carry_out(replan, at_time=now)
    assert_diary_is_right(clinic, now)
    disruption.undo(replan=replan, by=by, now=now)

    assert snapshot() == before
