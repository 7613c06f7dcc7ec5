"""Rows become the scheduler's values, and plans become data, without losing anything."""

import contextlib
import json
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Absence, Closure, Proposal, Shift
from clinic.planning import (
    InvalidRequest,
    horizon,
    load,
    plan_data,
    plan_value,
    protocol_value,
    public_holidays,
    request_value,
)
from clinic.planning.requests import KEYS
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
    slowest_weeks,
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


def read(data, patient, protocol):
    return request_value(data, patient=patient, protocol=protocol, site=patient.site, today=date(2026, 11, 20))


def test_a_whole_request_is_read(clinic, chairs, technicians, protocol, margaret):
    request = read(
        {
            "earliest_date": "2026-11-24",
            "latest_date": None,
            "availability": "Mon-Fri 08:00-12:00, Tue 12:00-13:00",
            "away": ["2026-12-24"],
            "authorisation": {
                "first_date": "2026-11-01",
                "last_date": "2027-01-15",
                "units": 30,
                "number": "A1",
            },
            "time": "08:30",
            "chair": str(chairs[1].uid),
            "technician": str(technicians[0].uid),
            "fixed": [{"start": "2026-11-26T09:00:00+01:00", "chair": None}],
            "skipped": ["2026-12-02"],
            "phases": [],
        },
        margaret,
        protocol,
    )

    assert request.patient == str(margaret.pk)
    assert request.preference.chair == str(chairs[1].pk)
    assert request.preference.technician == str(technicians[0].pk)
    assert request.availability.away == {date(2026, 12, 24)}
    assert request.authorisation.units == 30
    assert request.fixed[0].start == at("2026-11-26", "08:00")


WRONG_REQUESTS = [
    ({}, "earliest_date"),
    ({"earliest_date": "24.11.2026"}, "earliest_date"),
    ({"earliest_date": "2026-02-30"}, "earliest_date"),
    ({"earliest_date": "2026-11-19"}, "earliest_date"),
    ({"earliest_date": 20261124}, "earliest_date"),
    ({"dose": 3}, "dose"),
    ({"latest_date": "2026-11-23"}, "latest_date"),
    ({"latest_date": "2090-11-23"}, "latest_date"),
    ({"availability": " "}, "availability"),
    ({"availability": "mornings"}, "availability"),
    ({"availability": 7}, "availability"),
    ({"away": "2026-12-24"}, "away"),
    ({"away": [None]}, "away"),
    ({"time": "25:00"}, "time"),
    ({"chair": "0d5cbe79-2c71-4a24-a5ef-7a3d4b6bd8c1"}, "chair"),
    ({"chair": ["x"]}, "chair"),
    ({"technician": "Ana"}, "technician"),
    ({"fixed": [{"start": "2026-11-26T09:00:00"}]}, "fixed"),
    ({"fixed": [{"start": "2026-11-26T09:01:00Z"}]}, "fixed"),
    ({"fixed": ["soon"]}, "fixed"),
    ({"phases": ["responders"]}, "phases"),
    ({"phases": [["responders"]]}, "phases"),
    ({"authorisation": "A1"}, "authorisation"),
    ({"authorisation": {"first_date": "2026-11-01"}}, "authorisation.last_date"),
    ({"authorisation": {"first_date": "2027-11-01", "last_date": "2027-01-01"}}, "authorisation.last_date"),
    ({"authorisation": {"first_date": "2026-01-01", "last_date": "2026-02-01"}}, "authorisation.last_date"),
    ({"authorisation": {"first_date": "2026-01-01", "last_date": "2027-02-01", "units": True}}, "authorisation.units"),
]


@pytest.mark.parametrize("wrong, field", WRONG_REQUESTS)
def test_what_cannot_be_planned_is_refused_with_a_sentence_for_the_field(clinic, protocol, margaret, wrong, field):
    data = wrong if not wrong else {"earliest_date": "2026-11-24"} | wrong

    with pytest.raises(InvalidRequest) as refused:
        read(data, margaret, protocol)

    assert list(refused.value.errors) == [field]
    assert refused.value.errors[field].endswith((".", ".'"))


def test_a_chair_of_another_site_cannot_be_wished_for(clinic, other_site, protocol, margaret):
    elsewhere = make_chair(other_site)

    with pytest.raises(InvalidRequest) as refused:
        read({"earliest_date": "2026-11-24", "chair": str(elsewhere.uid)}, margaret, protocol)

    assert "no longer, at the clinic" in refused.value.errors["chair"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.dictionaries(st.sampled_from(sorted(KEYS)), anything) | anything)
def test_no_data_whatever_breaks_the_reader(clinic, protocol, margaret, data):
    with contextlib.suppress(InvalidRequest):
        read(data, margaret, protocol)


def test_the_diary_is_read_as_far_as_the_slowest_course_and_its_follow_ups_reach(clinic, protocol, margaret):
    request = read({"earliest_date": "2026-11-23"}, margaret, protocol)

    first, last = horizon(request)

    assert first == date(2026, 11, 23)
    assert last > first + timedelta(weeks=slowest_weeks(request)) + timedelta(days=28 + 7)


def test_an_authorisation_limits_how_far_the_diary_is_read(clinic, margaret):
    plain = make_protocol(make_recipe(slug="plain", follow_ups=()))
    authorisation = {"first_date": "2026-11-01", "last_date": "2026-12-31"}

    request = read({"earliest_date": "2026-11-23", "authorisation": authorisation}, margaret, plain)

    assert horizon(request) == (date(2026, 11, 23), date(2026, 12, 31))
