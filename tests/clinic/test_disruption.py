"""What happens when a chair breaks or somebody is away: the truth is saved, and the diary can be set right."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from clinic.models import (
    Absence,
    AuditEntry,
    Chair,
    Closure,
    Disruption,
    Occupancy,
    OutboundMessage,
    Replan,
    Session,
    Site,
)
from clinic.selectors.disruptions import affected
from clinic.services import booking, diary_check, disruption
from clinic.services.audit import Actor
from clinic.services.disruption import solving

from .builders import at, make_chair, make_course, make_patient, make_session

WEDNESDAY = {"from": "2026-11-25T00:00:00+00:00", "until": "2026-11-26T00:00:00+00:00"}


@pytest.fixture
def by(imogen):
    return Actor.of_user(imogen)


@pytest.fixture
def courses(clinic, protocol, by, now):
    """Four people with ten daily sessions each, who all like half past eight."""
    found = []
    for name in ("Ada", "Bea", "Cleo", "Dina"):
        patient = make_patient(clinic, given_name=name)
        request = {"earliest_date": "2026-11-23", "time": "08:30"}
        offer = booking.propose(patient=patient, protocol=protocol, site=clinic, request=request, by=by, now=now)
        found.append(booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now))
    OutboundMessage.objects.update(status="sent")
    return found


@pytest.fixture
def report(clinic, by, now):
    def say(**data):
        happening = disruption.read_happening(WEDNESDAY | data, site=clinic, now=now)
        return disruption.report(happening=happening, by=by, now=now)

    return say


@pytest.fixture
def propose(by, now):
    def plan(what, strategy="fewest-calls", at_time=now):
        return disruption.propose_replan(disruption=what, strategy=strategy, by=by, now=at_time)

    return plan


@pytest.fixture
def carry_out(by, now):
    def move(replan, courses=None, at_time=now, **options):
        return disruption.apply_courses(replan=replan, courses=courses, by=by, now=at_time, **options)

    return move


def snapshot() -> dict[str, Any]:
    """Return every session, apart from how often it was changed, and every cell."""
    sessions = [
        {name: value for name, value in row.items() if name not in ("version", "updated_at")}
        for row in Session.objects.order_by("pk").values()
    ]
    cells = sorted(Occupancy.objects.values_list("resource", "lane", "cell", "session"))
    return {"sessions": sessions, "cells": cells}


def assert_diary_is_right(site, now):
    assert diary_check.broken_rules(site, now=now) == ()
    assert diary_check.wrong_cells(now=now) == ()


def test_a_broken_chair_is_saved_although_sessions_stand_there(courses, report, chairs, now):
    what = report(kind="chair", chair=str(chairs[0].uid), cause="coil")

    assert Closure.objects.get().chair == chairs[0]
    assert (what.state, what.cause) == ("open", "coil")
    hit = affected(what, now)
    assert hit
    assert {session.chair for session in hit} == {chairs[0]}
    assert {session.starts_at.date().isoformat() for session in hit} == {"2026-11-25"}


def test_a_replan_sets_every_session_right_and_leaves_the_others_alone(
    courses, report, propose, carry_out, chairs, site, now
):
    what = report(kind="chair", chair=str(chairs[0].uid))
    hit = affected(what, now)
    untouched = Session.objects.exclude(course__in=[session.course for session in hit])
    before = list(untouched.values())

    done = carry_out(propose(what))

    assert done.refused == {}
    assert done.sessions >= len(hit)
    assert affected(what, now) == []
    assert list(untouched.values()) == before
    what.refresh_from_db()
    assert what.state == "replanned"
    assert_diary_is_right(site, now)
    assert AuditEntry.objects.filter(action="session moved").count() == done.sessions


def test_a_closed_clinic_moves_everybody_to_another_day(courses, report, propose, carry_out, site, now):
    what = report(kind="site", cause="burst pipe")
    hit = affected(what, now)

    replan = propose(what)
    done = carry_out(replan)

    assert (len(hit), done.courses, done.refused) == (4, 4, {})
    assert set(replan.changes.values_list("contact", flat=True)) == {"call"}
    assert replan.bounds["people"] == 4
    assert_diary_is_right(site, now)


def test_narrowed_hours_move_what_lies_outside_them(courses, report, propose, carry_out, site, now):
    what = report(kind="hours", opens="11:00", closes="15:00")

    done = carry_out(propose(what))

    assert done.sessions
    on_the_day = Session.objects.filter(starts_at__date="2026-11-25")
    assert all(at("2026-11-25", "11:00") <= session.starts_at for session in on_the_day)
    assert all(session.ends_at <= at("2026-11-25", "15:00") for session in on_the_day)
    assert_diary_is_right(site, now)


def test_whoever_has_arrived_keeps_the_place(courses, report, propose, carry_out, chairs, by, now):
    session = Session.objects.filter(chair=chairs[0], starts_at__date="2026-11-25").first()
    session.status = "arrived"
    session.save()

    what = report(kind="chair", chair=str(chairs[0].uid))
    carry_out(propose(what))

    assert session not in affected(what, now)
    was = session.starts_at, session.chair
    session.refresh_from_db()
    assert (session.starts_at, session.chair) == was


def test_an_absent_technician_is_absent_at_every_clinic(
    courses, report, technicians, other_site, protocol, clinic, now, by
):
    elsewhere = make_course(make_patient(other_site), protocol)
    ana = technicians[0]
    ana.shifts.create(site=other_site, hours="Mon-Fri 08:00-18:00")
    make_session(elsewhere, make_chair(other_site), ana, at("2026-11-25", "14:00"))

    what = report(kind="technician", technician=str(ana.uid))

    assert Absence.objects.get().technician == ana
    assert {item.site for item in Disruption.objects.all()} == {clinic, other_site}
    there = Disruption.objects.get(site=other_site)
    assert [session.course for session in affected(there, now)] == [elsewhere]
    assert elsewhere not in [session.course for session in affected(what, now)]


def test_an_absent_prescriber_moves_only_the_visits_that_need_one(courses, report, propose, carry_out, prescriber, now):
    monday = {"from": "2026-11-23T00:00:00+00:00", "until": "2026-11-24T00:00:00+00:00"}
    what = report(kind="prescriber", prescriber=str(prescriber.uid), **monday)

    hit = affected(what, now)
    done = carry_out(propose(what))

    assert {session.kind for session in hit} == {"mapping"}
    assert done.refused == {}
    assert affected(what, now) == []


def test_part_of_a_replan_can_be_applied_and_the_rest_stays_held(courses, report, propose, carry_out, site, now):
    what = report(kind="site")
    replan = propose(what)

    done = carry_out(replan, [courses[0].uid, courses[1].uid])

    assert done.courses == 2
    replan.refresh_from_db()
    assert set(replan.changes.filter(state="applied").values_list("course", flat=True)) == {c.pk for c in courses[:2]}
    assert replan.holds
    assert replan.expires_at == now + timedelta(hours=24)
    what.refresh_from_db()
    assert what.state == "open"

    rest = carry_out(replan, at_time=now + timedelta(hours=20))

    assert (rest.courses, rest.refused) == (2, {})
    assert_diary_is_right(site, now)


def test_times_that_a_replan_holds_are_offered_to_nobody_else(courses, report, propose, clinic, protocol, pia, by, now):
    replan = propose(report(kind="site"))
    change = replan.changes.order_by("pk")[0]

    request = {"earliest_date": "2026-11-23", "chair": None}
    offer = booking.propose(patient=pia, protocol=protocol, site=clinic, request=request, by=by, now=now)

    held = {(chair, lane, minute) for chair, lane, first, last in replan.holds for minute in range(first, last)}
    taken = {(chair, lane, minute) for chair, lane, first, last in offer.holds for minute in range(first, last)}
    assert str(change.becomes["chair_id"]) in {chair for chair, _, _ in held}
    assert not held & taken


def test_undo_restores_the_diary_exactly(courses, report, propose, carry_out, by, site, now):
    what = report(kind="site")
    replan = propose(what)
    before = snapshot()
    carry_out(replan)
    assert snapshot() != before

    count = disruption.undo(replan=replan, by=by, now=now)

    assert snapshot() == before
    assert count == AuditEntry.objects.filter(action="move undone").count()
    assert diary_check.wrong_cells(now=now) == ()
    what.refresh_from_db()
    assert what.state == "undone"
    assert disruption.undo(replan=replan, by=by, now=now) == 0


def test_what_is_undone_at_once_is_never_told(courses, report, propose, carry_out, by, now):
    replan = propose(report(kind="site"))
    carry_out(replan)
    assert OutboundMessage.objects.filter(status="due", template="moved").exists()

    disruption.undo(replan=replan, by=by, now=now)

    assert not OutboundMessage.objects.filter(status="due").exists()


def test_undo_is_refused_as_a_whole_when_one_session_has_moved_on(courses, report, propose, carry_out, by, now):
    replan = propose(report(kind="site"))
    carry_out(replan)
    session = replan.changes.first().session
    booking.move_session(session=session, start=session.starts_at + timedelta(hours=5), by=by, now=now)
    before = snapshot()

    with pytest.raises(booking.NotPossible, match="has moved on since"):
        disruption.undo(replan=replan, by=by, now=now)

    assert snapshot() == before


def test_undo_is_refused_when_an_old_time_was_given_away(
    courses, report, propose, carry_out, by, technicians, protocol, pia, now
):
    replan = propose(report(kind="site"))
    carry_out(replan)
    was = replan.changes.first().was
    start = datetime.fromisoformat(was["starts_at"])
    make_session(make_course(pia, protocol), Chair.objects.get(pk=was["chair_id"]), technicians[4], start)

    with pytest.raises(booking.NotPossible, match="given to somebody else"):
        disruption.undo(replan=replan, by=by, now=now)


def test_of_two_replans_applied_at_once_the_second_finds_nothing_left_to_do(
    courses, report, propose, carry_out, site, now
):
    what = report(kind="site")
    first, second = propose(what), propose(what, "same-day")

    won, lost = carry_out(first), carry_out(second)

    assert (won.courses, won.refused) == (4, {})
    assert (lost.courses, len(lost.refused)) == (0, 4)
    assert_diary_is_right(site, now)


def test_a_replan_applied_after_the_diary_moved_on_refuses_only_what_no_longer_fits(
    courses, report, propose, carry_out, by, site, now
):
    what = report(kind="site")
    replan = propose(what)
    moved = affected(what, now)[0]
    other = replan.changes.exclude(course=moved.course).first()
    attended = replan.changes.filter(course=moved.course).first().session
    Session.objects.filter(pk=attended.pk).update(version=7)

    done = carry_out(replan)

    assert set(done.refused) == {moved.course.uid}
    assert done.courses == 3
    other.refresh_from_db()
    assert other.state == "applied"

    fresh = disruption.renew(replan=replan, courses=[moved.course], by=by, now=now)

    assert {change.course for change in fresh.changes.filter(state="proposed")} == {moved.course}
    assert carry_out(fresh).refused == {}
    assert_diary_is_right(site, now)


def test_a_time_that_was_taken_after_the_replan_ran_out_is_refused_with_the_reason(
    courses, report, propose, carry_out, protocol, pia, technicians, now
):
    replan = propose(report(kind="site"))
    change = replan.changes.first()
    start = datetime.fromisoformat(change.becomes["starts_at"])
    make_session(make_course(pia, protocol), Chair.objects.get(pk=change.becomes["chair_id"]), technicians[4], start)

    done = carry_out(replan, at_time=now + timedelta(hours=1))

    assert "chair-taken" in [reason["code"] for reason in done.refused[change.course.uid]]


def test_an_answer_that_was_replaced_meanwhile_is_not_applied(courses, report, propose, carry_out):
    replan = propose(report(kind="site"))
    Replan.objects.update(revision=2)

    with pytest.raises(booking.StaleVersion):
        carry_out(replan, revision=1)


def test_without_spare_room_the_replan_says_who_has_no_place_and_why(courses, report, propose, carry_out, site, now):
    for course in courses:
        course.request["latest_date"] = "2026-12-07"
        course.request["availability"] = "Mon-Fri 08:00-10:00"
        course.save()

    what = report(kind="site", **{"until": "2026-12-05T00:00:00+00:00"})
    replan = propose(what)

    assert len(replan.unplaced) == 4
    assert all(item["reasons"] for item in replan.unplaced)
    assert Closure.objects.count() == 1
    assert carry_out(replan).sessions == 0
    assert len(affected(what, now)) > 0


def test_a_second_disruption_on_top_of_the_first_is_worked_on_together(
    courses, report, propose, carry_out, chairs, site, now
):
    report(kind="chair", chair=str(chairs[0].uid))
    second = report(kind="chair", chair=str(chairs[1].uid))

    carry_out(propose(Disruption.objects.first()))
    carry_out(propose(Disruption.objects.last()))

    assert affected(second, now) == []
    standing = Session.objects.filter(starts_at__date="2026-11-25")
    assert not standing.filter(chair__in=chairs[:2]).exists()
    assert_diary_is_right(site, now)


def test_a_disruption_over_a_public_holiday_never_moves_anybody_onto_it(clinic, protocol, by, now, propose, carry_out):
    patient = make_patient(clinic)
    request = {"earliest_date": "2026-12-16", "time": "08:30"}
    offer = booking.propose(patient=patient, protocol=protocol, site=clinic, request=request, by=by, now=now)
    booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now)
    data = {"kind": "site", "from": "2026-12-23T00:00:00+00:00", "until": "2026-12-30T00:00:00+00:00"}
    happening = disruption.read_happening(data, site=clinic, now=now)

    done = carry_out(propose(disruption.report(happening=happening, by=by, now=now)))

    assert done.refused == {}
    days = {session.starts_at.date().isoformat() for session in Session.objects.all()}
    assert not days & {"2026-12-25", "2026-12-28", "2027-01-01"}
    assert_diary_is_right(clinic, now)


def test_a_disruption_across_a_clock_change_keeps_the_hour_on_the_wall(clinic, protocol, by, propose, carry_out):
    now = at("2027-03-12", "09:00")
    patient = make_patient(clinic)
    request = {"earliest_date": "2027-03-22", "time": "08:30"}
    offer = booking.propose(patient=patient, protocol=protocol, site=clinic, request=request, by=by, now=now)
    course = booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now)
    data = {"kind": "site", "from": "2027-03-25T00:00:00+00:00", "until": "2027-03-29T23:00:00+00:00"}
    what = disruption.report(happening=disruption.read_happening(data, site=clinic, now=now), by=by, now=now)

    replan = propose(what, "usual-time", at_time=now)
    carry_out(replan, at_time=now)

    treatments = course.sessions.filter(kind="treatment")
    assert {f"{session.starts_at.astimezone(clinic.zone):%H:%M}" for session in treatments} == {"08:30"}
    assert {session.starts_at.hour for session in treatments} == {7, 8}
    assert_diary_is_right(clinic, now)


def test_calling_is_noted_and_keeps_the_plan_as_it_is(courses, report, propose, by, now):
    replan = propose(report(kind="site"))

    disruption.note_call(replan=replan, course=courses[0].uid, call="agreed", by=by, now=now)

    assert set(replan.changes.filter(course=courses[0]).values_list("call", flat=True)) == {"agreed"}
    replan.refresh_from_db()
    assert not replan.is_searching
    with pytest.raises(booking.NotPossible):
        disruption.note_call(replan=replan, course=courses[0].uid, call="perhaps", by=by, now=now)


def test_a_mistake_is_withdrawn_with_its_closure(courses, report, propose, chairs, by, now):
    what = report(kind="chair", chair=str(chairs[0].uid))
    replan = propose(what)

    disruption.withdraw(disruption=what, by=by, now=now)

    assert not Closure.objects.exists()
    replan.refresh_from_db()
    assert replan.expires_at == now
    assert affected(what, now) == []


def test_a_preview_writes_nothing(courses, clinic, now, chairs):
    happening = disruption.read_happening(
        WEDNESDAY | {"kind": "chair", "chair": str(chairs[0].uid)}, site=clinic, now=now
    )
    before = snapshot()

    answer = disruption.preview(happening=happening, strategy="fewest-calls", now=now)

    assert answer.moves
    assert {move.row.chair for move in answer.moves} == {chairs[0]}
    assert [model.objects.count() for model in (Disruption, Closure, Replan)] == [0, 0, 0]
    assert snapshot() == before


@pytest.mark.parametrize(
    "data, field",
    [
        ({"kind": "flood"}, "kind"),
        ({"kind": "chair"}, "chair"),
        ({"kind": "chair", "chair": "1 or 1=1"}, "chair"),
        ({"kind": "site", "from": "tomorrow"}, "from"),
        ({"kind": "site", "from": None}, "from"),
        ({"kind": "site", "until": "2026-11-25T00:00:00"}, "until"),
        ({"kind": "site", "until": "2026-11-24T00:00:00+00:00"}, "until"),
        ({"kind": "site", "from": "2026-11-18T00:00:00+00:00", "until": "2026-11-19T00:00:00+00:00"}, "until"),
        ({"kind": "site", "until": "2029-11-24T00:00:00+00:00"}, "until"),
        ({"kind": "hours", "opens": "11", "closes": "x"}, "closes"),
        ({"kind": "hours", "opens": "12:00", "closes": "11:00"}, "closes"),
        ({"kind": "site", "cause": "x" * 121}, "cause"),
        ({"kind": "site", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_so_is_refused_field_by_field(clinic, now, data, field):
    with pytest.raises(disruption.InvalidDisruption) as wrong:
        disruption.read_happening(WEDNESDAY | data, site=clinic, now=now)

    assert field in wrong.value.errors


@pytest.fixture
def clumsy(propose):
    """Propose a replan that is more work than it need be."""

    def plan(what):
        replan = propose(what)
        for change in replan.changes.all():
            far = datetime.fromisoformat(change.becomes["starts_at"]) + timedelta(days=1)
            change.becomes["starts_at"] = far.isoformat()
            change.save()
        return replan

    return plan


def test_a_worker_replaces_an_answer_by_one_that_is_less_work(courses, report, clumsy, carry_out, site, now):
    replan = clumsy(report(kind="site"))

    assert disruption.improve_due(now=now, seconds=1)

    replan.refresh_from_db()
    assert (replan.revision, replan.searched_seconds, replan.lease_until) == (2, 1, None)
    assert carry_out(replan, revision=2).refused == {}
    assert_diary_is_right(site, now)


def test_a_worker_leaves_an_answer_alone_that_somebody_works_with(courses, report, clumsy, by, now):
    replan = clumsy(report(kind="site"))

    disruption.stop_search(replan=replan, by=by, now=now)

    assert not disruption.improve_due(now=now, seconds=1)
    replan.refresh_from_db()
    assert replan.revision == 1


def test_a_worker_forgets_what_it_found_when_the_diary_has_changed_meanwhile(
    courses, report, clumsy, monkeypatch, site, now
):
    replan = clumsy(report(kind="site"))

    def meanwhile(*args, **options):
        answer = solving.solve(*args, **options)
        Site.objects.update(diary_version=F("diary_version") + 1)
        return answer

    monkeypatch.setattr("clinic.services.disruption.searching.solve", meanwhile)
    disruption.improve_due(now=now, seconds=1)

    replan.refresh_from_db()
    assert (replan.revision, replan.searched_seconds) == (1, 1)


def test_of_two_workers_only_one_searches(courses, report, propose, now):
    replan = propose(report(kind="site"))
    Replan.objects.filter(pk=replan.pk).update(lease_until=now + timedelta(seconds=30))

    assert not disruption.improve_due(now=now, seconds=1)
