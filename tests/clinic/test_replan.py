"""A replan is applied whole or in part, refuses what no longer fits, and is undone as one."""

from datetime import datetime, timedelta

import pytest

from clinic.models import (
    AuditEntry,
    Chair,
    OutboundMessage,
    Replan,
    Session,
)
from clinic.selectors.disruptions import affected
from clinic.services import booking, diary_check, disruption

from .builders import make_course, make_session
from .diaries import assert_diary_is_right, snapshot


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


def test_calling_is_noted_and_keeps_the_plan_as_it_is(courses, report, propose, by, now):
    replan = propose(report(kind="site"))

    disruption.note_call(replan=replan, course=courses[0].uid, call="agreed", by=by, now=now)

    assert set(replan.changes.filter(course=courses[0]).values_list("call", flat=True)) == {"agreed"}
    replan.refresh_from_db()
    assert not replan.is_searching
    with pytest.raises(booking.NotPossible):
        disruption.note_call(replan=replan, course=courses[0].uid, call="perhaps", by=by, now=now)
