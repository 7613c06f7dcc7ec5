"""Rows become the scheduler's values, and plans become data, without losing anything."""

import json
from datetime import date, timedelta

import pytest

from clinic.models import Absence, Closure, Proposal, Shift
from clinic.planning import (
    load,
    plan_data,
    plan_value,
    protocol_value,
    public_holidays,
)
from clinic.services.occupancy import cells
from scheduler import (
    Blocks,
    Interval,
    Phase,
    Plan,
    Reason,
    Redetermination,
    Score,
    Session,
    Unplaced,
    Visit,
    VisitKind,
    epoch_minute,
)

from .builders import NOW, at, make_chair, make_course, make_protocol, make_recipe, make_session, make_technician

QUERIES_TO_LOAD = 7


def test_a_protocol_comes_back_as_it_was_kept(db):
    recipe = make_recipe(
        phases=(
            Phase(name="acute", visit=Visit(minutes=40, chair_kinds=frozenset({"deep"})), sessions=30),
            Phase(name="taper", visit=Visit(minutes=40), taper=(3, 2, 1), weekdays=frozenset({0, 2, 4})),
            Phase(
                name="more",
                visit=Visit(),
                sessions=20,
                sessions_per_day=2,
                minutes_between_starts=60,
                condition="responders",
                blocks=Blocks(min_days=2, max_days=5, max_break_days=3),
            ),
        ),
        redetermination=Redetermination(visit=Visit(kind=VisitKind.REDETERMINATION, minutes=45)),
    )

    row = make_protocol(recipe)
    row.refresh_from_db()

    assert protocol_value(row) == recipe


def test_a_protocol_with_an_unknown_word_is_refused_in_a_sentence(db):
    row = make_protocol()
    row.definition["phases"][0]["dose"] = 120

    with pytest.raises(ValueError, match="A phase has no 'dose'"):
        protocol_value(row)


def test_a_session_takes_its_chair_until_the_turnaround_ends(clinic, chairs, technicians, protocol, margaret):
    course = make_course(margaret, protocol)
    session = make_session(course, chairs[0], technicians[0], at("2026-11-23", "09:00"), minutes=30)

    taken = list(cells(session))

    assert sum(resource == chairs[0].pk for resource, _, _ in taken) == 7
    assert sum(resource == margaret.pk for resource, _, _ in taken) == 6
    assert session.occupancy.count() == len(taken)


def taken_by(diary, resource):
    return sorted(diary.taken.get(str(resource.pk), ()))


def minute(day, clock):
    return epoch_minute(at(day, clock))


def load_november(site, **options):
    return load(site=site, first=date(2026, 11, 23), last=date(2027, 1, 15), now=NOW, **options)


def test_everything_that_a_clinic_has_becomes_a_value(clinic, chairs, technicians, prescriber):
    Absence.objects.create(
        technician=technicians[0], starts_at=at("2026-12-01", "08:00"), ends_at=at("2026-12-02", "18:00"), cause="leave"
    )
    Closure.objects.create(
        site=clinic,
        chair=chairs[1],
        starts_at=at("2026-12-03", "08:00"),
        ends_at=at("2026-12-03", "18:00"),
        cause="coil",
    )

    value, _ = load_november(clinic)

    assert [chair.name for chair in value.chairs] == ["Chair 1", "Chair 2", "Chair 3", "Chair 4"]
    assert value.chair(str(chairs[1].pk)).closures[0].cause == "coil"
    assert value.technician(str(technicians[0].pk)).absences[0].cause == "leave"
    assert len(value.technicians) == 5
    assert value.prescriber(str(prescriber.pk)).name == "Dr Hanna Weiss"


def test_public_holidays_shut_the_site_and_say_which(clinic):
    value, _ = load_november(clinic)

    causes = {closure.when.start.date().isoformat(): closure.cause for closure in value.sites[0].closures}

    assert causes["2026-12-25"] == "Christmas Day"
    assert "2027-01-01" in causes


def test_a_country_without_a_calendar_has_no_public_holidays(clinic):
    assert public_holidays("ZZ", "", date(2026, 1, 1), date(2026, 12, 31), "UTC") == ()


def test_what_is_booked_is_taken_and_what_is_cancelled_is_free(clinic, chairs, technicians, protocol, margaret):
    course = make_course(margaret, protocol)
    make_session(course, chairs[0], technicians[0], at("2026-11-24", "09:00"))
    make_session(course, chairs[0], technicians[0], at("2026-11-25", "09:00"), status="cancelled")
    make_session(course, chairs[0], technicians[0], at("2026-11-26", "09:00"), status="noshow")

    _, diary = load_november(clinic)

    assert taken_by(diary, chairs[0]) == [(0, minute("2026-11-24", "09:00"), minute("2026-11-24", "09:35"))]
    assert taken_by(diary, technicians[0]) == [(0, minute("2026-11-24", "09:00"), minute("2026-11-24", "09:30"))]


def test_people_are_also_taken_by_their_sessions_elsewhere(
    clinic, chairs, technicians, other_site, protocol, margaret, pia
):
    there = make_course(margaret, protocol, site=other_site)
    make_session(there, make_chair(other_site), make_technician(other_site), at("2026-11-24", "09:00"))
    Shift.objects.create(technician=technicians[2], site=other_site, hours="Tue 08:00-18:00")
    theirs = make_course(pia, protocol, site=other_site)
    make_session(theirs, make_chair(other_site), technicians[2], at("2026-11-24", "11:00"))

    _, diary = load_november(clinic, patient=margaret)

    assert taken_by(diary, margaret) == [(0, minute("2026-11-24", "09:00"), minute("2026-11-24", "09:30"))]
    assert taken_by(diary, technicians[2]) == [(0, minute("2026-11-24", "11:00"), minute("2026-11-24", "11:30"))]


def test_a_proposal_holds_its_times_against_others_until_it_expires(clinic, chairs, protocol, margaret, pia, now):
    hold = [str(chairs[0].pk), 0, minute("2026-11-24", "09:00"), minute("2026-11-24", "09:35")]
    offered = {"protocol": protocol, "site": clinic, "request": {}, "created_at": now, "holds": [hold]}
    Proposal.objects.create(patient=margaret, expires_at=now + timedelta(minutes=10), **offered)
    Proposal.objects.create(patient=margaret, expires_at=now, **offered)

    _, for_pia = load_november(clinic, patient=pia)
    _, for_margaret = load_november(clinic, patient=margaret)

    assert taken_by(for_pia, chairs[0]) == [tuple(hold[1:])]
    assert taken_by(for_margaret, chairs[0]) == []


def test_reading_takes_the_same_number_of_queries_however_full_the_diary_is(
    clinic, chairs, technicians, protocol, margaret, django_assert_num_queries
):
    with django_assert_num_queries(QUERIES_TO_LOAD):
        load_november(clinic, patient=margaret)
    course = make_course(margaret, protocol)
    for day in range(1, 28):
        make_session(course, chairs[0], technicians[0], at(f"2026-12-{day:02}", "09:00"))

    with django_assert_num_queries(QUERIES_TO_LOAD):
        load_november(clinic, patient=margaret)


def test_a_plan_comes_back_as_it_was_kept():
    session = Session(
        number=1,
        when=Interval.lasting(60, at("2026-11-24", "09:00")),
        kind=VisitKind.MAPPING,
        phase="acute",
        site="site-1",
        chair="4",
        technician="9",
        lane=1,
        prescriber="12",
        prescriber_when=Interval.lasting(30, at("2026-11-24", "09:15")),
        turnaround_minutes=5,
        patient="20",
        course="c",
        assessments=("PHQ-9",),
        reasons=(Reason.of("first-session", time="09:00"), Reason.of("chair-closed", chair="3", until=NOW, cause="x")),
    )
    plan = Plan(
        kind="soonest",
        sessions=(session,),
        unplaced=(Unplaced(first_number=2, count=3, reasons=(Reason.of("unskip-date", date=date(2026, 12, 1)),)),),
        notes=(Reason.of("longest-gap", days=4, first_date=date(2026, 12, 24), last_date=date(2026, 12, 28)),),
        score=Score(points=(("end", 40), ("time", 3))),
        timezone="Europe/London",
    )

    kept = json.loads(json.dumps(plan_data(plan)))

    assert plan_value(kept, patient="20", course="c") == plan
