"""A plan can be summed up, questioned and compared; a diary holds what is taken."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from scheduler import Diary, Interval, Plan, Reason, Score, Unplaced, VisitKind, epoch_minute

from .builders import MONDAY, at, lay_out, make_clinic, make_request, make_session, weekdays

COURSE = tuple(lay_out(make_request(), make_clinic(), weekdays(MONDAY, 10)))
NO_PLACE = Reason.of("no-place", placed=10, sessions=12, last_date=date(2026, 3, 13))
PLAN = Plan(sessions=COURSE, unplaced=(Unplaced(first_number=11, count=2, reasons=(NO_PLACE,)),))


def test_a_plan_is_summed_up_by_the_dates_of_its_site():
    night = replace(COURSE[0], when=Interval.lasting(30, datetime(2026, 3, 1, 23, 30, tzinfo=UTC)))
    follow_up = replace(COURSE[0], number=11, kind=VisitKind.FOLLOW_UP, when=Interval.lasting(30, at(date(2026, 9, 1))))

    assert PLAN.summary() == "10 of 12 sessions placed, 2026-03-02 to 2026-03-13"
    assert Plan(sessions=(night, follow_up), timezone="Asia/Tokyo").summary() == (
        "1 of 1 sessions placed, 2026-03-02 to 2026-03-02"
    )
    assert Plan(unplaced=PLAN.unplaced).summary() == "0 of 2 sessions placed"


def test_a_plan_says_why_for_each_number():
    reason = Reason.of("fixed-by-desk")
    plan = replace(PLAN, sessions=(replace(COURSE[0], reasons=(reason,)),))

    assert (plan.why(1), plan.why(12), plan.why(13)) == ((reason,), (NO_PLACE,), ())


def test_a_plan_is_complete_without_its_follow_ups_but_not_without_a_session():
    missing = Unplaced(first_number=11, kind=VisitKind.FOLLOW_UP)

    assert not PLAN.is_complete
    assert replace(PLAN, unplaced=(missing,)).is_complete
    assert not Plan().is_complete


def test_two_plans_differ_by_what_moved_what_came_and_what_went():
    moved = replace(COURSE[1], chair="C2")
    extra = replace(COURSE[9], number=11)
    plan = replace(PLAN, sessions=(COURSE[0], moved, *COURSE[2:9], extra))

    changes = [(change.kind, change.before, change.after) for change in plan.changes(COURSE)]

    assert changes == [("moved", COURSE[1], moved), ("dropped", COURSE[9], None), ("added", None, extra)]
    assert PLAN.changes(COURSE) == ()


def test_a_session_and_a_follow_up_of_the_same_number_are_two_visits():
    follow_up = replace(COURSE[9], kind=VisitKind.FOLLOW_UP, phase="one month")
    further = replace(COURSE[9], when=Interval(COURSE[9].when.end, COURSE[9].when.end + timedelta(hours=1)))
    plan = replace(PLAN, sessions=(*COURSE[:9], follow_up, further))

    changes = [(change.kind, change.before, change.after) for change in plan.changes((*COURSE[:9], follow_up))]

    assert changes == [("added", None, further)]


def test_another_prescriber_is_a_change():
    plan = replace(PLAN, sessions=(replace(COURSE[0], prescriber="P9"), *COURSE[1:]))

    assert [change.kind for change in plan.changes(COURSE)] == ["moved"]


def test_a_diary_holds_chair_people_and_patient_until_they_are_free():
    session = make_session(minutes=60, turnaround_minutes=5, lane=1, prescriber="Dr Cole")
    session = replace(session, prescriber_when=Interval.lasting(30, session.when.start + timedelta(minutes=15)))
    gone = make_session(at(date(2026, 3, 3)), status="cancelled")

    start = epoch_minute(session.when.start)
    assert Diary.of([session, gone]).taken == {
        "C1": ((0, start, start + 65),),
        "Ana": ((1, start, start + 60),),
        "Dr Cole": ((0, start + 15, start + 45),),
        "Ada": ((0, start, start + 60),),
    }


def test_points_add_up_and_an_unknown_name_has_none():
    score = Score(points=(("wait", 5), ("end", 30)))

    assert (score.total, score["end"], score["beauty"]) == (35, 30, 0)
