"""What happens when a chair breaks or somebody is away: the truth is saved, and the diary can be set right."""

import pytest

from clinic.models import (
    Absence,
    AuditEntry,
    Closure,
    Disruption,
    Occupancy,
    Replan,
    Session,
)
from clinic.selectors.disruptions import affected
from clinic.services import booking, diary_check, disruption

from .builders import WEDNESDAY, at, make_chair, make_course, make_patient, make_session
from .diaries import assert_diary_is_right, snapshot


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


def test_a_course_with_a_missed_session_keeps_its_rows_and_gets_no_make_up_by_the_way(
    courses, report, propose, carry_out, by, now
):
    course = courses[0]
    missed = course.sessions.get(number=3)
    Session.objects.filter(pk=missed.pk).update(status="noshow")
    Occupancy.objects.filter(session=missed).delete()
    thursday = {"from": "2026-11-26T00:00:00+00:00", "until": "2026-11-27T00:00:00+00:00"}

    done = carry_out(propose(report(kind="site", **thursday)))

    assert (done.courses, done.refused) == (4, {})
    assert course.sessions.filter(kind__in=("mapping", "treatment")).count() == 10
    missed.refresh_from_db()
    assert missed.status == "noshow"


def test_a_past_session_with_somebody_who_has_left_does_not_stand_in_the_way(
    courses, report, propose, carry_out, technicians, site, now
):
    course, former = courses[0], technicians[4]
    earlier = {"starts_at": at("2026-11-19", "08:30"), "ends_at": at("2026-11-19", "09:30")}
    course.sessions.filter(number=1).update(status="fulfilled", technician=former, **earlier)
    Session.objects.filter(technician=former, starts_at__gt=now).update(technician=technicians[3])
    former.is_active = False
    former.save()

    replan = propose(report(kind="site"))

    assert str(course.uid) not in {item["course"] for item in replan.unplaced}


def test_who_has_no_place_keeps_what_is_booked_and_nobody_else_is_put_there(
    courses, report, propose, carry_out, site, now
):
    for course in courses[:2]:
        course.request["latest_date"] = "2026-12-04"
        course.request["availability"] = "Mon-Fri 08:00-10:00"
        course.save()
    what = report(kind="site", until="2026-11-27T00:00:00+00:00")
    replan = propose(what)

    assert {item["course"] for item in replan.unplaced} == {str(course.uid) for course in courses[:2]}
    assert carry_out(replan).refused == {}
    assert {session.course for session in affected(what, now)} == set(courses[:2])
    assert diary_check.wrong_cells(now=now) == ()
