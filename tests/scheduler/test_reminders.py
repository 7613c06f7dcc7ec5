"""What is due to be said to a patient: what, when, how often, and what is left unsaid."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import Followed, FollowUp, ReminderRules, Visit, VisitKind, due_reminders, spoken_at

from .builders import MONDAY, at, make_clinic, make_phase, make_protocol, make_session, weekdays

SITE = make_clinic().sites[0]
RULES = ReminderRules()
REVIEWS = tuple(
    FollowUp(name=f"{months} months", visit=Visit(kind=VisitKind.FOLLOW_UP, minutes=20), months=months, window_days=7)
    for months in (1, 3, 6)
)
DAILY = make_protocol(make_phase(sessions=10), follow_ups=REVIEWS)
DAYS = weekdays(MONDAY, 10)
DAY, WEEK = timedelta(days=1), timedelta(days=7)


def course_of(days=DAYS, protocol=DAILY, clock="09:00", kinds=None, **changes):
    """Lay a course out, one session a day."""
    sessions = tuple(
        make_session(
            at(day, clock), number=number, status="booked", kind=(kinds or {}).get(number, VisitKind.TREATMENT)
        )
        for number, day in enumerate(days, start=1)
    )
    return replace(Followed(course="c1", protocol=protocol, sessions=sessions, expected=len(days)), **changes)


def look(moment, *courses, rules=RULES, **memory):
    return due_reminders("Ada", courses or (course_of(),), SITE, rules, now=moment, **memory)


def walk(course, begin, end, rules=RULES, zones=(), **first):
    """Look whenever the agenda says so; return each reminder with the moment at which it was said."""
    now, known, sent, told, since = begin, set(), [], [], None
    while now is not None and now <= end:
        agenda = look(now, course, rules=rules, known=known, sent=sent, since=since, zones=zones, **first)
        assert agenda.next_at is None or agenda.next_at > now
        for item in (*agenda.due, *agenda.late):
            known |= {item.key, *item.also}
        told += [(now, item) for item in agenda.due]
        sent += [now for item in agenda.due if not item.is_for_desk]
        since, now = now, agenda.next_at
    return told


def said(course, kinds=("week", "visit"), **rules):
    told = walk(course, at(MONDAY - 5 * DAY), at(MONDAY + 30 * DAY), replace(RULES, **rules))
    return [(moment, item) for moment, item in told if item.kind in kinds]


def test_the_coming_week_is_said_on_friday_afternoon():
    (moment, item), *_ = said(course_of(), kinds=("week",))

    assert moment == at(date(2026, 2, 27), "16:00")
    assert [session.number for session in item.sessions] == [1, 2, 3, 4, 5]


def test_a_week_with_one_day_of_visits_needs_no_digest():
    assert not said(course_of(DAYS[:1]), kinds=("week",))


def test_each_day_of_the_first_week_is_said_the_day_before_as_far_as_three_a_week_go():
    told = said(course_of(), kinds=("visit",), most_a_week=7)

    days = [item.sessions[0].when.start.date() for _, item in told]
    assert days == DAYS[:5]  # the second week is said by its digest alone
    assert [moment for moment, _ in told][1:3] == [at(MONDAY, "16:00"), at(MONDAY + DAY, "16:00")]
    in_a_week = said(course_of())
    assert len([moment for moment, _ in in_a_week if moment < at(date(2026, 2, 27), "16:00") + WEEK]) == 3


def test_a_visit_on_its_own_is_said_three_days_and_one_day_before():
    told = said(course_of(DAYS[9:]), first_days=0)

    assert [moment for moment, _ in told] == [at(DAYS[9] - 3 * DAY, "16:00"), at(DAYS[9] - DAY, "16:00")]


@pytest.mark.parametrize(
    "changes, is_said",
    [
        ({}, False),
        ({"moved": frozenset({(False, 8)})}, True),
        ({"kinds": {8: VisitKind.MAPPING}}, True),
        ({"kinds": {8: VisitKind.ASSESSMENT}}, True),
        ({"protocol": make_protocol(make_phase(name="acute", taper=(5, 5)))}, True),
    ],
    ids=["as usual", "moved", "mapping", "assessment", "taper"],
)
def test_in_later_weeks_only_what_could_be_forgotten_is_said_the_day_before(changes, is_said):
    told = said(course_of(**changes), kinds=("visit",), most_a_week=9)

    assert (at(DAYS[7] - DAY, "16:00") in [moment for moment, _ in told]) is is_said


def test_the_first_visit_after_a_gap_is_said():
    days = (*DAYS[:5], *weekdays(MONDAY + 14 * DAY, 5))

    told = said(course_of(days), kinds=("visit",), most_a_week=9)

    assert [item.sessions[0].number for _, item in told] == [1, 2, 3, 4, 5, 6]


def test_what_is_due_at_one_moment_is_one_message():
    follow_up = make_session(at(MONDAY + 2 * DAY, "14:00"), number=11, status="booked", kind=VisitKind.FOLLOW_UP)
    course = course_of()
    course = replace(course, sessions=(*course.sessions, follow_up))

    due = look(at(date(2026, 3, 1), "16:00"), course).due

    (item,) = due
    assert item.kind == "week"
    assert len(item.also) == 2  # Monday, and three days before the follow-up
    assert len(item.sessions) == 6


def test_ten_visits_of_one_day_are_one_message():
    clocks = [f"{hour:02}:00" for hour in range(8, 18)]
    sessions = tuple(make_session(at(MONDAY, c), number=n, status="booked") for n, c in enumerate(clocks, 1))
    course = Followed(course="c1", protocol=DAILY, sessions=sessions, expected=10)

    (item,) = look(at(MONDAY - DAY, "16:00"), course).due

    assert len(item.sessions) == 10


def test_what_a_patient_was_just_told_is_not_said_again():
    course = course_of(told_at=at(date(2026, 2, 27), "17:00"))

    assert not look(at(date(2026, 2, 27), "17:05"), course).due
    assert look(at(MONDAY - DAY, "16:00"), course).due  # but Monday is said on Sunday


def test_nothing_leaves_in_the_quiet_hours_of_the_clinic_or_the_patient():
    course = course_of()

    assert not look(at(MONDAY - DAY, "23:00"), course).due
    assert look(at(MONDAY - DAY, "23:00"), course).next_at == at(MONDAY, "08:00")
    assert not look(at(MONDAY - DAY, "16:00"), course, zones=("Asia/Tokyo",)).due  # midnight there
    assert look(at(MONDAY - DAY, "16:00"), course, zones=("Europe/London",)).due


@pytest.mark.parametrize(
    "zones, asked, leaves",  # by the clock in London; messages leave from eight to eight
    [
        (("Europe/London",), "2026-03-02 07:59", "2026-03-02 08:00"),
        (("Europe/London",), "2026-03-02 08:00", "2026-03-02 08:00"),
        (("Europe/London",), "2026-03-02 19:59", "2026-03-02 19:59"),
        (("Europe/London",), "2026-03-02 20:00", "2026-03-03 08:00"),
        (("Europe/London",), "2026-03-28 20:00", "2026-03-29 08:00"),  # the night is an hour shorter
        (("Europe/London",), "2026-10-24 20:00", "2026-10-25 08:00"),  # and here an hour longer
        (("Europe/London", "America/New_York"), "2026-03-02 09:00", "2026-03-02 13:00"),
        (("Europe/London", "America/New_York"), "2026-03-02 19:00", "2026-03-02 19:00"),
        (("Europe/London", "America/New_York"), "2026-03-10 09:00", "2026-03-10 12:00"),  # New York is early by then
        (("Europe/London", "Asia/Tokyo"), "2026-03-02 08:30", "2026-03-02 08:30"),
        (("Europe/London", "Asia/Tokyo"), "2026-03-02 11:00", "2026-03-03 08:00"),
    ],
)
def test_a_message_waits_until_it_is_day_for_the_clinic_and_for_the_patient(zones, asked, leaves):
    london = ZoneInfo("Europe/London")
    moment, told = (datetime.fromisoformat(text).replace(tzinfo=london) for text in (asked, leaves))

    assert spoken_at(moment, RULES, zones) == told


def test_of_two_clocks_whose_days_never_meet_the_patient_s_counts():
    moment = spoken_at(at(MONDAY, "12:00"), RULES, ("Europe/Berlin", "Pacific/Auckland"))

    assert moment == datetime(2026, 3, 2, 19, tzinfo=UTC)  # eight in the morning in Auckland


def test_after_two_days_without_a_worker_nothing_is_said_of_a_visit_that_has_begun():
    before, back = at(MONDAY - DAY, "15:00"), at(MONDAY + DAY, "15:00")

    agenda = look(back, since=before)

    assert not [item for item in agenda.due if item.until <= back]
    assert {item.key for item in agenda.late} == {
        "week-Ada-2026-03-02", "visit-Ada-2026-03-02-1", "visit-Ada-2026-03-03-1"
    }  # fmt: skip
    assert look(at(MONDAY + DAY, "16:00"), since=before).due[0].sessions[0].number == 3


def test_of_two_reminders_of_one_visit_a_worker_that_comes_back_says_the_nearer():
    course = course_of(DAYS[9:])

    agenda = look(at(DAYS[9] - DAY, "17:00"), course, since=at(DAYS[9] - 4 * DAY))

    assert [item.key for item in agenda.due] == [f"visit-Ada-{DAYS[9]}-1"]
    assert [item.key for item in agenda.late] == [f"visit-Ada-{DAYS[9]}-3"]


def test_a_course_that_is_over_is_said_once_and_its_follow_ups_are_invited_to_until_they_are_booked():
    course = replace(course_of(), is_over=True)
    told = [(m, i) for m, i in walk(course, at(DAYS[-1], "12:00"), at(DAYS[-1] + 220 * DAY)) if i.kind != "week"]

    assert told[0][1].kind == "finished"
    assert told[0][0] == at(DAYS[-1], "16:00")
    names = [item.follow_up for _, item in told[1:]]
    assert list(dict.fromkeys(names)) == ["1 months", "3 months", "6 months"]
    assert all(names.count(name) >= 2 for name in names)
    booked = make_session(
        at(DAYS[-1] + 30 * DAY), number=11, kind=VisitKind.FOLLOW_UP, phase="1 months", status="booked"
    )
    after = walk(replace(course, sessions=(*course.sessions, booked)), at(DAYS[-1]), at(DAYS[-1] + 220 * DAY))
    assert "1 months" not in [item.follow_up for _, item in after]


def test_a_course_with_a_missing_session_is_not_over():
    course = replace(course_of(), expected=11)

    assert not [item for _, item in walk(course, at(DAYS[-1]), at(DAYS[-1] + 90 * DAY)) if item.kind != "gap"]


def test_a_course_is_not_said_to_be_over_before_that_was_noted():
    course = course_of()

    assert "finished" not in {item.kind for _, item in walk(course, at(DAYS[-1], "12:00"), at(DAYS[-1] + 30 * DAY))}


def test_nobody_waits_for_a_missed_session_of_a_course_that_is_over():
    course = replace(course_of(), expected=11, is_over=True)

    kinds = {item.kind for _, item in walk(course, at(DAYS[-1]), at(DAYS[-1] + 90 * DAY))}

    assert "gap" not in kinds
    assert {"finished", "follow-up"} <= kinds


def test_the_desk_is_warned_before_a_gap_is_too_long_and_the_patient_is_not():
    course = replace(course_of(DAYS[:3]), expected=10)

    ((moment, item),) = [(m, i) for m, i in walk(course, at(DAYS[2]), at(DAYS[2] + 60 * DAY)) if i.kind == "gap"]

    assert item.is_for_desk
    assert moment == at(DAYS[2] + 5 * DAY, "08:00")


@pytest.mark.parametrize(
    "wrong",
    [{"leaves_at": 21 * 60}, {"opens": 20 * 60, "closes": 8 * 60}, {"most_a_week": -1}, {"days_before_alone": (0,)},
     {"days_before": {VisitKind.MAPPING: (31,)}}, {"invites_every_days": 0}],
)  # fmt: skip
def test_rules_that_cannot_be_kept_are_refused(wrong):
    with pytest.raises(ValueError, match=r"\.$"):
        replace(RULES, **wrong)


@st.composite
def histories(draw):
    offsets = draw(st.lists(st.integers(0, 60), min_size=1, max_size=14, unique=True))
    hours = draw(st.lists(st.integers(6, 21), min_size=len(offsets), max_size=len(offsets)))
    kinds = draw(st.lists(st.sampled_from(list(VisitKind)), min_size=len(offsets), max_size=len(offsets)))
    statuses = draw(st.lists(st.sampled_from(["booked", "fulfilled", "cancelled", "noshow"]), min_size=len(offsets),
                             max_size=len(offsets)))  # fmt: skip
    sessions = tuple(
        make_session(at(MONDAY + DAY * day, f"{hour:02}:00"), number=n, kind=kind, status=status)
        for n, (day, hour, kind, status) in enumerate(zip(sorted(offsets), hours, kinds, statuses, strict=True), 1)
    )
    moved = frozenset((s.kind is VisitKind.FOLLOW_UP, s.number) for s in sessions if draw(st.booleans()))
    return Followed(course="c1", protocol=DAILY, sessions=sessions, expected=draw(st.integers(1, 14)), moved=moved)


BEGIN, END = at(MONDAY - 10 * DAY), at(MONDAY + 100 * DAY)


@given(histories(), st.integers(0, 5), st.sampled_from([(), ("Europe/London",), ("America/New_York",)]))
def test_whatever_is_booked_messages_are_few_in_waking_hours_and_about_what_is_to_come(course, most, zones):
    rules = replace(RULES, most_a_week=most)
    told = [(moment, item) for moment, item in walk(course, BEGIN, END, rules, zones) if not item.is_for_desk]

    keys = [key for _, item in told for key in (item.key, *item.also)]
    assert len(keys) == len(set(keys))
    for moment, item in told:
        assert sum(moment - WEEK < other <= moment for other, _ in told) <= most
        assert spoken_at(moment, rules, (SITE.timezone, *zones)) == moment
        assert item.due_at <= moment < item.until
        assert all(session.takes_its_place for session in item.sessions)
        assert not item.sessions or item.sessions[-1].when.start > moment


@given(histories(), st.integers(0, 100 * 24))
def test_between_two_looks_nothing_becomes_due(course, hours):
    now = BEGIN + timedelta(hours=hours)
    agenda = look(now, course)
    known = {key for item in (*agenda.due, *agenda.late) for key in (item.key, *item.also)}
    sent = [now for item in agenda.due if not item.is_for_desk]
    until = agenda.next_at or now + 120 * DAY

    for step in range(1, 20):
        between = now + (until - now) * step / 20
        later = look(between, course, known=known, sent=sent, since=now)
        assert not later.due
        assert not later.late


@given(histories(), st.integers(0, 60 * 24), st.integers(1, 72))
def test_however_long_nobody_looked_what_is_still_right_is_said_and_the_rest_is_late(course, hours, gap):
    asleep = BEGIN + timedelta(hours=hours)
    back = asleep + timedelta(hours=gap)
    agenda = look(back, course, since=asleep)

    assert not [item for item in agenda.due if item.until <= back]
    assert all(asleep < item.until <= back for item in agenda.late)
    assert not {item.key for item in agenda.late} & {key for item in agenda.due for key in (item.key, *item.also)}
