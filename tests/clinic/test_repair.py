"""Making up missed sessions: the ways side by side, doing one of them, and taking it back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from clinic.models import AuditEntry, Closure, Course, Occupancy, OutboundMessage, Session
from clinic.services import attendance, booking, diary_check, repair
from clinic.services.audit import Actor
from clinic.services.booking import NotPossible, TooLateToUndo
from clinic.services.outbox import deliver_due
from scheduler import Phase, Visit

from .builders import NOW, at, make_course, make_patient, make_protocol, make_recipe, make_session

pytestmark = pytest.mark.usefixtures("clinic")
WEDNESDAY = datetime.fromisoformat("2026-11-25T18:00:00+00:00")


@pytest.fixture
def by(imogen):
    return Actor.of_user(imogen)


@pytest.fixture
def course(clinic, margaret, protocol, by):
    """Ten sessions at half past eight from Monday 23 November on, and a follow-up."""
    request = {"earliest_date": "2026-11-23", "availability": "Mon-Thu 08:00-12:00", "time": "08:30"}
    proposal = booking.propose(patient=margaret, protocol=protocol, site=clinic, request=request, by=by, now=NOW)
    return booking.book(proposal=proposal, plan_kind="steadiest", by=by, now=NOW)


@pytest.fixture
def missed(course):
    """The third session, on Wednesday, to which Margaret did not come; the two before were held."""
    return miss(course, 3)


def miss(course, number):
    course.sessions.filter(number__lt=number).update(status="fulfilled")
    session = course.sessions.get(number=number)
    attendance.set_status(session=session, status="noshow", by=Actor.of_command("test"), now=session.starts_at)
    session.refresh_from_db()
    return session


def standing(course):
    """Return number, day and clock of each session that stands."""
    rows = course.sessions.exclude(status__in=["noshow", "cancelled", "entered-in-error"]).order_by("starts_at")
    return [(row.number, f"{row.starts_at:%Y-%m-%d %H:%M}") for row in rows]


def snapshot(course):
    columns = ("number", "status", "starts_at", "ends_at", "chair", "technician", "lane", "prescriber", "phase", "kind")
    rows = sorted(course.sessions.exclude(status="entered-in-error").values_list(*columns), key=repr)
    cells = sorted(Occupancy.objects.values_list("resource", "lane", "cell"))
    return rows, cells, Course.objects.get(pk=course.pk).request


def wrong(site):
    return [*diary_check.broken_rules(site, now=NOW), *diary_check.wrong_cells(now=NOW)]


def test_the_ways_to_make_up_a_session_stand_side_by_side_with_their_effect(course, missed):
    before = snapshot(course)

    ways = {way.kind: way for way in repair.make_up_ways(session=missed, now=WEDNESDAY)}

    assert set(ways) >= {"fewest changes", "further day"}
    first = ways["fewest changes"]
    assert (str(first.effect.ends_before), str(first.effect.ends_after)) == ("2026-12-08", "2026-12-09")
    assert str(ways["further day"].effect.ends_after) == "2026-12-08"
    assert len({way.key for way in ways.values()}) == len(ways)
    assert snapshot(course) == before


def test_a_make_up_gives_the_course_its_session_back(course, missed, clinic, by):
    way = repair.make_up_ways(session=missed, now=WEDNESDAY)[0]

    repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)

    made = course.sessions.get(number=3, status="booked")
    assert f"{made.starts_at:%Y-%m-%d %H:%M}" == "2026-12-09 08:30"
    assert len([row for row in standing(course) if row[0] <= 10]) == 10
    assert wrong(clinic) == []
    entry = AuditEntry.objects.get(action="session made up")
    assert (entry.course, entry.actor) == (course, "Imogen Vale")


def test_a_make_up_does_not_cancel_what_is_still_to_come_today(clinic, margaret, by):
    twice = Phase(
        name="acute",
        visit=Visit(minutes=30, turnaround_minutes=5),
        sessions=10,
        sessions_per_day=2,
        minutes_between_starts=120,
    )
    protocol = make_protocol(make_recipe(slug="twice", phases=(twice,), first_visit=None, follow_ups=()))
    request = {"earliest_date": "2026-11-23"}
    proposal = booking.propose(patient=margaret, protocol=protocol, site=clinic, request=request, by=by, now=NOW)
    course = booking.book(proposal=proposal, plan_kind=proposal.plans[0]["kind"], by=by, now=NOW)
    Session.objects.filter(course=course, number__in=(1, 2)).update(status="noshow")
    course.sessions.filter(number=3).update(status="fulfilled")
    now = course.sessions.get(number=3).ends_at
    way = repair.make_up_ways(session=course.sessions.get(number=2), now=now)[0]

    repair.make_up(session=course.sessions.get(number=2), key=way.key, by=by, now=now)

    assert course.sessions.get(number=4).status == "booked"


def test_no_way_narrows_the_hours_of_somebody_who_can_come_at_any_time(course, missed):
    course.request["availability"] = None
    course.save(update_fields=["request"])
    missed.course.refresh_from_db()

    ways = repair.make_up_ways(session=missed, now=WEDNESDAY)

    assert [way.request["availability"] for way in ways] == [None] * len(ways)
    assert ways


def test_a_further_day_becomes_part_of_what_the_patient_can_do(course, missed, clinic, by):
    way = next(way for way in repair.make_up_ways(session=missed, now=WEDNESDAY) if way.kind == "further day")

    repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)

    course.refresh_from_db()
    assert course.request["availability"] == "Mon-Thu 08:00-12:00, Fri 08:30-09:00"
    made = course.sessions.get(number=3, status="booked").starts_at
    assert (f"{made:%a %H:%M}", made < at("2026-12-08", "08:30")) == ("Fri 08:30", True)
    assert wrong(clinic) == []


def test_the_day_that_a_patient_cancelled_is_not_offered_again(course, by):
    ahead = course.sessions.get(number=5)
    attendance.set_status(session=ahead, status="cancelled", by=by, now=NOW)
    ahead.refresh_from_db()

    for way in repair.make_up_ways(session=ahead, now=NOW):
        assert ahead.starts_at.date() not in {item.when.start.date() for item in way.plan.sessions}


def test_undoing_a_make_up_restores_the_diary_exactly(course, missed, clinic, by):
    before = snapshot(course)
    for way in repair.make_up_ways(session=missed, now=WEDNESDAY):
        done = repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)
        assert snapshot(course) != before

        repair.undo(repair=done, by=by, now=WEDNESDAY + timedelta(minutes=3))

        assert snapshot(course) == before
        course.refresh_from_db()
        missed.course.refresh_from_db()
    assert wrong(clinic) == []


def test_a_make_up_is_not_undone_too_late_or_after_a_session_has_changed(course, missed, by):
    way = repair.make_up_ways(session=missed, now=WEDNESDAY)[0]
    done = repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)

    with pytest.raises(TooLateToUndo):
        repair.undo(repair=done, by=by, now=WEDNESDAY + timedelta(minutes=4))
    Session.objects.filter(course=course, number=3, status="booked").update(version=7)
    with pytest.raises(NotPossible, match="has changed since"):
        repair.undo(repair=done, by=by, now=WEDNESDAY)


def test_a_session_that_stands_or_was_made_up_needs_no_make_up(course, missed, by):
    with pytest.raises(NotPossible, match="Only missed or cancelled"):
        repair.make_up_ways(session=course.sessions.get(number=4), now=WEDNESDAY)
    way = repair.make_up_ways(session=missed, now=WEDNESDAY)[0]
    repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)

    with pytest.raises(NotPossible, match="has one already"):
        repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)


def test_a_missed_session_that_was_made_up_cannot_come_after_all(course, missed, by):
    moment = missed.starts_at + timedelta(minutes=1)
    way = repair.make_up_ways(session=missed, now=moment)[0]
    repair.make_up(session=missed, key=way.key, by=by, now=moment)

    with pytest.raises(NotPossible, match="made up"):
        attendance.set_status(session=missed, status="booked", by=by, now=moment)


def test_a_way_whose_time_was_taken_meanwhile_is_refused_and_nothing_changes(course, missed, site, protocol, by):
    way = repair.make_up_ways(session=missed, now=WEDNESDAY)[0]
    before = standing(course)
    Closure.objects.create(
        site=site, starts_at=at("2026-12-09", "00:00"), ends_at=at("2026-12-10", "00:00"), cause="Boiler repair"
    )

    with pytest.raises(repair.WayLost):
        repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)
    with pytest.raises(repair.WayLost) as lost:
        repair.apply(course=course, way=way, by=by, now=WEDNESDAY, action="session made up")

    assert [reason["code"] for reason in lost.value.reasons] == ["site-closed"]
    assert standing(course) == before


def test_two_people_cannot_do_two_ways_at_once(course, missed, by):
    first, second = repair.make_up_ways(session=missed, now=WEDNESDAY)[:2]
    repair.apply(course=course, way=first, by=by, now=WEDNESDAY, action="session made up")

    with pytest.raises(repair.WayLost):
        repair.apply(course=course, way=second, by=by, now=WEDNESDAY, action="session made up")


def test_a_course_that_cannot_go_on_says_why(course, missed):
    Course.objects.filter(pk=course.pk).update(
        request=course.request
        | {
            "availability": "Mon-Fri 08:00-12:00",
            "latest_date": course.sessions.get(number=10).starts_at.date().isoformat(),
        }
    )
    Closure.objects.create(
        site=course.site, starts_at=at("2026-11-26", "00:00"), ends_at=at("2026-12-08", "00:00"), cause="Flood"
    )
    missed.refresh_from_db()

    with pytest.raises(repair.NoWay) as none:
        repair.make_up_ways(session=missed, now=WEDNESDAY)

    assert none.value.reasons


def test_a_cancelled_course_is_not_repaired(course, missed, by):
    way = repair.make_up_ways(session=missed, now=WEDNESDAY)[0]
    Course.objects.filter(pk=course.pk).update(status="revoked")

    with pytest.raises(NotPossible, match="does not go on"):
        repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)


def test_the_patient_is_told_that_the_course_has_changed_unless_it_is_undone(course, missed, by, mailoutbox):
    OutboundMessage.objects.update(status="sent")
    way = repair.make_up_ways(session=missed, now=WEDNESDAY)[0]
    done = repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)
    repair.undo(repair=done, by=by, now=WEDNESDAY)
    missed.course.refresh_from_db()
    repair.make_up(session=missed, key=repair.make_up_ways(session=missed, now=WEDNESDAY)[0].key, by=by, now=WEDNESDAY)

    deliver_due(WEDNESDAY + timedelta(hours=1))

    (letter,) = mailoutbox
    assert "To come: 9 appointments." in letter.body
    assert "Thursday 26 November 2026" in letter.body


def test_other_courses_are_untouched_and_respected(course, missed, clinic, chairs, technicians, protocol, by):
    other = make_course(make_patient(clinic), protocol)
    for chair, technician in zip(chairs, technicians, strict=False):
        make_session(other, chair, technician, at("2026-12-09", "08:30"), patient=make_patient(clinic))
    before = snapshot(other)[0]

    way = repair.make_up_ways(session=missed, now=WEDNESDAY)[0]
    repair.make_up(session=missed, key=way.key, by=by, now=WEDNESDAY)

    assert snapshot(other)[0] == before
    made = course.sessions.get(number=3, status="booked")
    assert made.starts_at != at("2026-12-09", "08:30")
    assert diary_check.wrong_cells(now=NOW) == ()


@pytest.fixture
def tapering(clinic, pia, by):
    """Pia's course, of which the fourth of five daily sessions was missed, and whose taper has begun."""
    recipe = make_recipe(slug="tapering", follow_ups=())
    phases = (replace(recipe.phases[0], sessions=5), replace(recipe.phases[0], name="taper", taper=(2, 1)))
    protocol = make_protocol(make_recipe(slug="tapering", follow_ups=(), phases=phases))
    request = {"earliest_date": "2026-11-23", "time": "10:00"}
    proposal = booking.propose(patient=pia, protocol=protocol, site=clinic, request=request, by=by, now=NOW)
    course = booking.book(proposal=proposal, plan_kind="steadiest", by=by, now=NOW)
    course.sessions.filter(number__lt=7).update(status="fulfilled")
    course.sessions.filter(number=4).update(status="noshow")
    return course


def test_a_make_up_that_comes_too_late_for_the_rules_needs_a_reason_and_leaves_it(tapering, by):
    session = tapering.sessions.get(number=4)
    moment = tapering.sessions.get(number=6).ends_at

    way = repair.make_up_ways(session=session, now=moment)[0]
    assert "phase-order" in [reason.code for reason in way.price]
    with pytest.raises(NotPossible, match="Say why"):
        repair.make_up(session=session, key=way.key, by=by, now=moment)
    repair.make_up(session=session, key=way.key, why="the prescriber agrees", by=by, now=moment)

    assert tapering.sessions.filter(number=4, status="booked").exists()
    entry = AuditEntry.objects.get(action="session made up")
    assert entry.why == "the prescriber agrees"
    assert "phase-order" in [reason["code"] for reason in entry.data["price"]]


def test_ways_that_keep_every_rule_have_no_price(course, missed):
    assert all(way.price == () for way in repair.make_up_ways(session=missed, now=WEDNESDAY))
