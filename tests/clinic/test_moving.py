"""Moving one session: the same row, judged by the rules of its course, with alternatives when it does not fit."""

from datetime import date, timedelta

import pytest

from clinic.models import AuditEntry, Occupancy
from clinic.services import booking, occupancy
from clinic.services.audit import Actor

from .builders import at, make_course, make_protocol, make_recipe, make_session


@pytest.fixture
def by(imogen):
    return Actor.of_user(imogen)


@pytest.fixture
def course(clinic, chairs, technicians, prescriber, protocol, margaret):
    """Margaret's ten sessions at 08:30 on chair 1 with Ana: two whole weeks, without the follow-up."""
    course = make_course(margaret, protocol, request={"earliest_date": "2026-11-23"})
    days = [23, 24, 25, 26, 27]
    dates = [f"2026-11-{day}" for day in days] + [f"2026-12-{day:02}" for day in (7, 8, 9, 10, 11)]
    first = at(dates[0], "08:30")
    make_session(
        course,
        chairs[0],
        technicians[0],
        first,
        minutes=60,
        kind="mapping",
        chair_until=first + timedelta(minutes=60),
        prescriber=prescriber,
        prescriber_from=first + timedelta(minutes=15),
        prescriber_until=first + timedelta(minutes=45),
    )
    for day in dates[1:]:
        make_session(course, chairs[0], technicians[0], at(day, "08:30"))
    return course


@pytest.fixture
def move(by, now):
    def to(session, day, clock, chair=None, **options):
        return booking.move_session(session=session, start=at(day, clock), chair=chair, by=by, now=now, **options)

    return to


def cells_are_right(course):
    wanted = {cell for session in course.sessions.all() for cell in occupancy.cells(session)}
    return wanted == set(Occupancy.objects.filter(session__course=course).values_list("resource", "lane", "cell"))


def test_a_moved_session_stays_the_same_row(course, move, now):
    session = course.sessions.get(number=3)

    moved = move(session, "2026-11-25", "11:00", why="a train is late")

    assert (moved.pk, moved.uid, moved.version) == (session.pk, session.uid, 1)
    assert (moved.starts_at, moved.ends_at) == (at("2026-11-25", "11:00"), at("2026-11-25", "11:30"))
    assert cells_are_right(course)
    entry = AuditEntry.objects.get(action="session moved")
    assert (entry.session, entry.why) == (session, "a train is late")


def test_a_moved_session_says_why_it_stands_there(course, move, chairs):
    moved = move(course.sessions.get(number=3), "2026-11-25", "11:00", chairs[2])

    assert [reason["code"] for reason in moved.reasons] == ["other-time", "other-chair"]


def test_a_first_visit_moves_with_its_prescriber(course, move):
    moved = move(course.sessions.get(number=1), "2026-11-23", "10:00")

    assert (moved.prescriber_from, moved.prescriber_until) == (at("2026-11-23", "10:15"), at("2026-11-23", "10:45"))
    assert cells_are_right(course)


def test_a_taken_chair_refuses_with_the_reason_and_places_near_by(course, move, chairs, technicians, protocol, pia):
    make_session(make_course(pia, protocol), chairs[1], technicians[1], at("2026-11-25", "10:50"))

    with pytest.raises(booking.SessionDoesNotFit) as refused:
        move(course.sessions.get(number=3), "2026-11-25", "11:00", chairs[1])

    assert [reason["code"] for reason in refused.value.reasons] == ["chair-taken"]
    assert {opening.start.date() for opening in refused.value.alternatives} == {date(2026, 11, 25)}
    assert cells_are_right(course)


def test_another_technician_steps_in_when_the_usual_one_is_taken(course, move, chairs, technicians, protocol, pia):
    make_session(make_course(pia, protocol), chairs[1], technicians[0], at("2026-11-25", "11:00"))

    moved = move(course.sessions.get(number=3), "2026-11-25", "11:00")

    assert moved.technician in technicians[1:]
    assert moved.chair == chairs[0]


@pytest.mark.parametrize(
    "day, clock, code",
    [
        ("2026-11-25", "19:00", "outside-hours"),
        ("2026-11-26", "11:00", "too-many-a-day"),
        ("2026-12-25", "11:00", "site-closed"),
        ("2026-12-12", "11:00", "outside-hours"),
    ],
)
def test_a_place_that_breaks_a_rule_is_refused(course, move, day, clock, code):
    with pytest.raises(booking.SessionDoesNotFit) as refused:
        move(course.sessions.get(number=3), day, clock)

    assert code in [reason["code"] for reason in refused.value.reasons]


def test_the_past_is_refused(course, move):
    with pytest.raises(booking.NotPossible, match="has passed"):
        move(course.sessions.get(number=3), "2026-11-19", "11:00")


def test_a_start_off_the_grid_is_refused(course, move):
    with pytest.raises(booking.NotPossible, match="five minutes"):
        move(course.sessions.get(number=3), "2026-11-25", "11:02")


def test_a_session_that_is_over_stays_where_it_was(course, move):
    session = course.sessions.get(number=3)
    session.status = "fulfilled"
    session.save()

    with pytest.raises(booking.NotPossible, match="This session is done"):
        move(session, "2026-11-25", "11:00")


def test_a_session_that_changed_since_it_was_read_is_not_moved(course, move):
    with pytest.raises(booking.StaleVersion):
        move(course.sessions.get(number=3), "2026-11-25", "11:00", expected_version=4)


def test_a_fixed_session_may_be_moved_by_hand(course, move):
    course.request["fixed"] = [{"start": "2026-11-25T08:30:00+00:00", "chair": None}]
    course.save()

    assert move(course.sessions.get(number=3), "2026-11-25", "11:00").version == 1


def test_a_wish_for_somebody_who_has_left_does_not_keep_a_session_from_moving(course, move, technicians):
    course.request["technician"] = str(technicians[4].uid)
    course.save()
    technicians[4].is_active = False
    technicians[4].save()

    assert move(course.sessions.get(number=3), "2026-11-25", "11:00").version == 1


def test_openings_can_all_be_taken(course, by, now):
    session = course.sessions.get(number=3)

    found = booking.openings(session=session, first=date(2026, 11, 23), last=date(2026, 12, 4), now=now)

    assert len(found) == 12
    assert [opening.start for opening in found] == sorted(opening.start for opening in found)
    for opening in found:
        start, chair = booking.read_opening(opening.key, site=session.site)
        session = booking.move_session(session=session, start=start, chair=chair, by=by, now=now)
    assert session.version == 12
    assert cells_are_right(course)


def test_openings_of_the_day_lie_near_the_usual_time(course, now):
    found = booking.openings(
        session=course.sessions.get(number=3), first=date(2026, 11, 25), last=date(2026, 11, 25), now=now, limit=3
    )

    assert [opening.start.strftime("%H:%M") for opening in found] == ["08:10", "08:25", "08:40"]


def test_a_day_on_which_the_course_has_no_room_has_no_openings(course, now):
    assert (
        booking.openings(
            session=course.sessions.get(number=3), first=date(2026, 11, 26), last=date(2026, 11, 27), now=now
        )
        == []
    )


def test_openings_keep_to_the_hours_at_which_the_patient_can_come(course, now):
    course.request["availability"] = "Mon-Fri 13:00-15:00"
    course.save()

    found = booking.openings(
        session=course.sessions.get(number=3), first=date(2026, 11, 25), last=date(2026, 11, 25), now=now
    )

    assert found
    assert all(at("2026-11-25", "13:00") <= opening.start <= at("2026-11-25", "14:30") for opening in found)


def test_a_follow_up_moves_within_its_window(course, chairs, technicians, move, now):
    follow_up = make_session(
        course,
        chairs[0],
        technicians[0],
        at("2027-01-11", "09:00"),
        minutes=20,
        kind="follow-up",
        phase="one month",
        chair_until=at("2027-01-11", "09:20"),
    )

    assert move(follow_up, "2027-01-13", "09:00").version == 1
    with pytest.raises(booking.SessionDoesNotFit) as refused:
        move(follow_up, "2027-02-16", "09:00")
    assert [reason["code"] for reason in refused.value.reasons] == ["outside-follow-up-window"]


@pytest.mark.parametrize(
    "key", ["", "soon/1", "2026-11-25T09:00:00/1", "2026-11-25T09:00:00+00:00/x", "2026-11-25T09:00:00+00:00/999999"]
)
def test_a_made_up_opening_is_refused(site, key):
    with pytest.raises(ValueError, match=r".+"):
        booking.read_opening(key, site=site)


def test_an_opening_of_another_site_is_refused(other_site, chairs):
    with pytest.raises(ValueError, match="no such chair"):
        booking.read_opening(f"2026-11-25T09:00:00+00:00/{chairs[0].pk}", site=other_site)


def test_a_session_of_a_device_that_only_one_chair_has_stays_on_it(course, chairs, technicians, margaret, clinic, now):
    recipe = make_recipe(slug="deep", first_visit=None, follow_ups=())
    phase = recipe.phases[0]
    deep = type(phase.visit)(minutes=30, chair_kinds=frozenset({"deep"}))
    chairs[3].kinds = ["deep"]
    chairs[3].save()
    other = make_course(
        margaret,
        make_protocol(
            make_recipe(
                slug="deep",
                first_visit=None,
                follow_ups=(),
                phases=(type(phase)(name="acute", visit=deep, sessions=1),),
            )
        ),
    )
    session = make_session(
        other, chairs[3], technicians[1], at("2027-02-02", "09:00"), chair_until=at("2027-02-02", "09:30")
    )

    found = booking.openings(session=session, first=date(2027, 2, 2), last=date(2027, 2, 3), now=now)

    assert {opening.chair for opening in found} == {str(chairs[3].pk)}
