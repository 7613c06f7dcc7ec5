"""What is asked for, by a form or a program, is read or refused with a sentence for each field."""

import contextlib
from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Repair
from clinic.planning import InvalidRequest, horizon, request_value
from clinic.planning.requests import KEYS
from scheduler import slowest_weeks

from .builders import NOW, at, make_chair, make_course, make_protocol, make_recipe


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
    ({"availability": ""}, "availability"),
    ({"availability": " "}, "availability"),
    ({"availability": ","}, "availability"),
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


@pytest.mark.parametrize("anything", [{}, {"availability": None}])
def test_whoever_names_no_availability_can_come_at_any_time(clinic, protocol, margaret, anything):
    assert read({"earliest_date": "2026-11-24"} | anything, margaret, protocol).availability.hours is None


def test_an_empty_availability_is_refused_with_how_to_say_any_time(clinic, protocol, margaret):
    with pytest.raises(InvalidRequest, match=r"names no hour.*for any time, leave the availability out or send null"):
        read({"earliest_date": "2026-11-24", "availability": ""}, margaret, protocol)


def test_requests_stored_with_an_empty_availability_can_still_be_read_after_the_migration(clinic, protocol, margaret):
    asked = {"earliest_date": "2026-11-24", "availability": ""}
    course = make_course(margaret, protocol, request=asked)
    narrow = make_course(margaret, protocol, request=asked | {"availability": "Mon 08:00-12:00"})
    kept = {"course": course, "kind": "extension", "after": {}, "applied_at": NOW, "undo_until": NOW}
    repair = Repair.objects.create(before={"request": asked, "sessions": []}, **kept)

    import_module("clinic.migrations.0005_write_any_time_as_null").write_any_time_as_null(apps, None)

    for row in (course, narrow, repair):
        row.refresh_from_db()
    assert read(course.request, margaret, protocol).availability.hours is None
    assert narrow.request["availability"] == "Mon 08:00-12:00"
    assert repair.before["request"]["availability"] is None


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
