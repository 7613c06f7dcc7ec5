"""A protocol that contradicts itself cannot be built, and says what is wrong with it."""

import pytest

from scheduler import (
    Assessment,
    Authorisation,
    Blocks,
    CourseRequest,
    FollowUp,
    Phase,
    Protocol,
    Reason,
    Redetermination,
    Visit,
)
from scheduler.reasons import CODES

from .builders import MONDAY, make_phase, make_protocol, make_request


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"name": " "}, "it needs a name."),
        ({"sessions": 0}, "it needs between 1 and 200 sessions."),
        ({"sessions": 201}, "it needs between 1 and 200 sessions."),
        ({"sessions_per_day": 13}, "there can be 1 to 12 sessions a day."),
        ({"sessions_per_day": 3, "minutes_between_starts": 60}, "its sessions must fill whole days."),
        ({"sessions_per_day": 2}, "two sessions of one day would overlap."),
        ({"per_week_max": 8}, "there can be 1 to 7 days a week."),
        ({"per_week_min": 6}, "its fewest days a week exceed its most."),
        ({"per_week_target": 6}, "its target exceeds its most days a week."),
        ({"weekdays": frozenset()}, "it needs at least one weekday."),
        ({"weekdays": frozenset({7})}, "weekdays are 0"),
        ({"weekdays": frozenset({0, 1})}, "it needs more days than its weekdays give."),
        ({"taper": (8,)}, "each taper week needs 1 to 7 days."),
        ({"min_days_between": 9}, "its shortest gap exceeds its longest gap."),
        ({"max_days_between": 121}, "its longest gap is more than 120 days."),
    ],
)
def test_a_phase_that_contradicts_itself_says_how(changes, sentence):
    with pytest.raises(ValueError, match="Phase") as refusal:
        make_phase(**changes)

    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Visit(minutes=0),
        lambda: Visit(minutes=721),
        lambda: Visit(turnaround_minutes=-5),
        lambda: Visit(minutes=60, prescriber_minutes=30, prescriber_offset=31),
        lambda: Blocks(min_days=4, max_days=3, max_break_days=2),
        lambda: Blocks(min_days=1, max_days=3, max_break_days=0),
        lambda: Redetermination(visit=Visit(), every_days=10),
        lambda: FollowUp(name="never", visit=Visit()),
        lambda: Protocol(slug="x", name="X", phases=()),
        lambda: make_protocol(make_phase(), make_phase()),
        lambda: make_protocol(make_phase(condition="responders")),
        lambda: Authorisation(first_date=MONDAY, last_date=MONDAY.replace(day=1)),
        lambda: Authorisation(first_date=MONDAY, last_date=MONDAY, units=-1),
        lambda: CourseRequest(
            patient="Ada", protocol=make_protocol(), earliest_date=MONDAY, latest_date=MONDAY.replace(day=1)
        ),
        lambda: Reason.of("because"),
        lambda: Reason.of("chair-taken", colour="red"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(build):
    with pytest.raises(ValueError, match=r"\.$"):
        build()


def test_a_taper_counts_its_own_sessions():
    assert make_phase(taper=(3, 2, 1)).sessions == 6
    twice = make_phase(taper=(2, 1), sessions_per_day=2, minutes_between_starts=60, per_week_min=1)
    assert (twice.sessions, twice.days) == (6, 3)


def test_a_conditional_phase_is_planned_only_when_asked_for():
    protocol = make_protocol(make_phase(), make_phase("weekly", sessions=4, condition="responders"))

    assert (protocol.sessions(), protocol.sessions(["weekly"])) == (10, 14)
    assert make_request(protocol).sessions == 10
    assert make_request(protocol, phases=frozenset({"weekly"})).sessions == 14


def test_a_revised_protocol_is_the_next_version_and_leaves_the_old_one_alone():
    first = make_protocol()

    second = first.revised(assessments=(Assessment(name="PHQ-9", at_session=1),))

    assert (first.version, second.version, first.assessments) == (1, 2, ())


def test_the_target_is_the_most_days_a_week_unless_told_otherwise():
    assert make_phase().per_week_target == 5
    assert make_phase(per_week_target=3).per_week_target == 3


def test_a_reason_gives_its_data_by_name():
    reason = Reason.of("chair-taken", chair="Chair 2")

    assert (reason["chair"], reason.get("nothing"), list(reason)) == ("Chair 2", None, [("chair", "Chair 2")])
    assert all(code == code.lower() and " " not in code for code in CODES)


def test_a_phase_keeps_everything_in_values_that_can_be_compared():
    assert make_phase() == make_phase()
    assert hash(make_protocol()) == hash(make_protocol())
    assert isinstance(make_phase(), Phase)
