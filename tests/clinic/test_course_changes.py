"""Something else is asked of a running course: other hours, days away, a slower pace, no taper."""

from collections import Counter

import pytest

from clinic.models import Course
from clinic.selectors.gaps import who_fits
from clinic.services import attendance, booking, diary_check, repair
from clinic.services.audit import Actor
from clinic.services.booking import NotPossible
from scheduler import FollowUp, Phase, Visit, VisitKind

from .builders import NOW, at, make_patient, make_protocol, make_recipe
from .diaries import assert_diary_is_right, snapshot

VISIT = Visit(minutes=30, turnaround_minutes=5)
THURSDAY = at("2026-11-26", "18:00")
MONDAY, SUNDAY = at("2026-11-30", "00:00"), at("2026-12-06", "23:59")
BY = Actor.of_command("test")


@pytest.fixture
def tapering(db):
    phases = (
        Phase(name="acute", visit=VISIT, sessions=10, per_week_max=5),
        Phase(name="taper", visit=VISIT, taper=(2, 1)),
    )
    after = FollowUp(name="two weeks", visit=Visit(kind=VisitKind.FOLLOW_UP, minutes=20), days=14)
    return make_protocol(make_recipe(slug="tapering", phases=phases, follow_ups=(after,)))


@pytest.fixture
def course(clinic, tapering):
    """Ten sessions from Monday 23 November, a taper of three, and a follow-up; four were held by Thursday evening."""
    request = {"earliest_date": "2026-11-23", "time": "08:30", "availability": "Mon-Fri 08:00-12:00"}
    whom = {"patient": make_patient(clinic), "protocol": tapering, "site": clinic}
    offer = booking.propose(**whom, request=request, by=BY, now=NOW)
    return booking.book(proposal=offer, plan_kind="steadiest", by=BY, now=NOW)


def hold(course, until=THURSDAY):
    for row in course.sessions.filter(starts_at__lt=until, status="booked"):
        for status in ("arrived", "checked-in", "fulfilled"):
            attendance.set_status(session=row, status=status, by=BY, now=row.starts_at)


def change(course, now=THURSDAY, **changes):
    way = repair.change_ways(course=course, changes=changes, now=now)[0]
    done = repair.change(course=course, changes=changes, key=way.key, by=BY, now=now)
    course.refresh_from_db()
    return done


def to_come(course, now=THURSDAY):
    return course.sessions.filter(status="booked", starts_at__gt=now).exclude(kind="follow-up").order_by("starts_at")


def test_whoever_can_come_only_in_the_afternoon_from_now_on_breaks_no_rule_by_the_mornings_before(course, site):
    hold(course)

    change(course, availability="Mon-Fri 13:00-17:00")

    assert {row.starts_at.hour >= 13 for row in to_come(course)} == {True}
    assert course.sessions.filter(status="fulfilled", starts_at__hour__lt=12).count() == 4
    assert_diary_is_right(site, THURSDAY)


def test_a_follow_up_moves_to_the_hours_that_suit_now(course):
    hold(course)

    change(course, availability="Mon-Fri 13:00-17:00")

    assert course.sessions.get(kind="follow-up", status="booked").starts_at.hour >= 13


def test_days_away_are_made_up_and_the_follow_up_moves_along(course, site):
    before = course.sessions.get(kind="follow-up").starts_at

    change(course, NOW, away=["2026-11-25", "2026-11-26"])

    assert not to_come(course, NOW).filter(starts_at__date__in=["2026-11-25", "2026-11-26"]).exists()
    assert to_come(course, NOW).count() == 13
    assert course.sessions.get(kind="follow-up", status="booked").starts_at > before
    assert_diary_is_right(site, NOW)


def test_three_a_week_can_begin_in_a_week_that_had_more(course, site):
    hold(course)

    change(course, per_week=3)

    acute = to_come(course).filter(phase="acute")
    weeks = Counter(row.starts_at.isocalendar().week for row in acute)
    assert (acute.count(), max(weeks.values())) == (6, 3)
    assert not acute.filter(starts_at__lt=at("2026-11-28", "00:00")).exists()
    assert_diary_is_right(site, THURSDAY)


def test_a_session_of_a_slower_course_moves_to_no_week_that_is_full(course, site):
    hold(course)
    change(course, per_week=3)
    last = to_come(course).filter(phase="acute").last()

    found = booking.openings(
        session=last, first=at("2026-11-30", "00:00").date(), last=at("2026-12-04", "00:00").date(), now=THURSDAY
    )

    assert found == []


def test_a_course_without_its_taper_ends_earlier_and_needs_no_make_up_for_it(course, site):
    change(course, NOW, without=["taper"])

    assert [row.number for row in to_come(course, NOW)] == list(range(1, 11))
    left_out = course.sessions.get(number=11, status="cancelled")
    with pytest.raises(NotPossible, match="does not need a make-up"):
        repair.make_up_ways(session=left_out, now=NOW)
    assert who_fits(site, at("2026-11-24", "08:00"), at("2026-11-24", "12:00"), now=NOW) == ()
    assert_diary_is_right(site, NOW)


def test_a_shorter_course_counts_its_sessions_without_a_gap(course, site):
    """A place of the taper took the place of the session that was cancelled, and kept the number of the taper."""
    attendance.set_status(session=course.sessions.get(number=10), status="cancelled", by=BY, now=NOW)

    change(course, NOW, without=["taper"])

    assert [row.number for row in to_come(course, NOW)] == list(range(1, 11))
    assert_diary_is_right(site, NOW)


def test_a_missed_session_of_a_course_without_its_taper_is_no_mistake_in_the_diary(course, site):
    change(course, NOW, without=["taper"])

    attendance.set_status(session=course.sessions.get(number=7), status="cancelled", by=BY, now=NOW)

    assert_diary_is_right(site, NOW)


@pytest.mark.parametrize(
    "changes",
    [{"availability": "Mon-Fri 13:00-17:00"}, {"away": ["2026-11-30"]}, {"per_week": 3}, {"without": ["taper"]}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_change_is_taken_back_row_for_row(course, changes):
    hold(course)
    before, asked = snapshot(), dict(course.request)

    done = change(course, **changes)
    assert snapshot()["cells"] != before["cells"]
    repair.undo(repair=done, by=BY, now=THURSDAY)

    after = [row for row in snapshot()["sessions"] if row["status"] != "entered-in-error"]
    assert (after, snapshot()["cells"]) == (before["sessions"], before["cells"])
    assert Course.objects.get(pk=course.pk).request == asked
    assert diary_check.wrong_cells(now=THURSDAY) == ()


@pytest.mark.parametrize(
    "changes, error",
    [
        ({}, NotPossible),
        ({"protocol": "another"}, NotPossible),
        ({"without": ["acute", "taper"]}, booking.InvalidRequest),
        ({"without": ["maintenance"]}, booking.InvalidRequest),
        ({"without": [{"name": "taper"}]}, booking.InvalidRequest),
        ({"per_week": 0}, booking.InvalidRequest),
        ({"per_week": "three"}, booking.InvalidRequest),
        ({"per_week": True}, booking.InvalidRequest),
        ({"availability": "whenever"}, booking.InvalidRequest),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_changes(course, changes, error):
    before = snapshot()

    with pytest.raises(error):
        repair.change_ways(course=course, changes=changes, now=NOW)

    assert snapshot() == before


def test_a_phase_that_has_begun_is_not_left_out(course):
    """Sessions that were held were planned once more, and those to come of the phase were dropped."""
    hold(course)

    with pytest.raises(booking.InvalidRequest, match="“acute” has begun"):
        repair.change_ways(course=course, changes={"without": ["acute"]}, now=THURSDAY)


def test_a_taper_that_was_left_out_comes_back(course, site):
    change(course, NOW, without=["taper"])

    change(course, NOW, without=[])

    assert to_come(course, NOW).filter(phase="taper").count() == 3
    assert_diary_is_right(site, NOW)


def test_the_pace_of_the_protocol_comes_back(course, site):
    hold(course)
    change(course, per_week=3)

    change(course, per_week=None)

    last = to_come(course).filter(phase="acute").last()
    week = {"first": at("2026-11-30", "00:00").date(), "last": at("2026-12-04", "00:00").date()}
    assert booking.openings(session=last, **week, now=THURSDAY)
    assert_diary_is_right(site, THURSDAY)


@pytest.mark.parametrize("second", [2, 4])
def test_a_second_change_of_pace_leaves_the_week_that_has_begun_as_it_is(course, site, second):
    hold(course)
    change(course, per_week=3)
    wednesday = at("2026-12-02", "18:00")
    hold(course, wednesday)

    ways = repair.change_ways(course=course, changes={"per_week": second}, now=wednesday)

    assert not [one for way in ways for one in way.changes if one.after and MONDAY <= one.after.when.start <= SUNDAY]
    change(course, wednesday, per_week=second)
    after = Counter(row.starts_at.isocalendar().week for row in to_come(course, SUNDAY).filter(phase="acute"))
    assert max(after.values()) <= second
    assert_diary_is_right(site, wednesday)


def test_a_course_that_was_cancelled_is_not_changed(course):
    Course.objects.update(status="revoked")
    course.refresh_from_db()

    with pytest.raises(NotPossible, match="does not go on"):
        repair.change_ways(course=course, changes={"per_week": 3}, now=NOW)


def test_nothing_to_come_is_left_when_the_taper_falls_away_after_the_last_of_the_others(course):
    friday = at("2026-12-04", "18:00")
    hold(course, friday)

    with pytest.raises(NotPossible, match="No session of the treatment would be left"):
        repair.change_ways(course=course, changes={"without": ["taper"]}, now=friday)
