"""Other systems read sessions, find openings and move."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import AuditEntry, Chair, Session

from .builders import make_course, make_session
from .calling import Caller, assert_problem


@pytest.fixture(autouse=True)
def today(monkeypatch, now):
    """The doors look at this clock."""
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def billing(site):
    return Caller(site)


@pytest.fixture
def booked(clinic, chairs, technicians, protocol, margaret):
    """The only session of a course, on a Tuesday at nine."""
    course = make_course(margaret, protocol, request={"earliest_date": "2026-10-01"})
    start = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Europe/London"))
    return make_session(course, chairs[0], technicians[0], start)


def test_a_session_is_read_with_the_offset_of_its_site(billing, booked):
    found = billing("GET", f"sessions/{booked.uid}").json()

    assert found["start"] == "2026-11-24T09:00:00+00:00"
    assert found["chair"]["name"] == "Chair 1"
    assert found["course"] == str(booked.course.uid)
    assert AuditEntry.objects.get(action="read by another system").patient == booked.patient


def test_in_summer_the_offset_is_that_of_summer(billing, booked):
    start = datetime(2027, 7, 1, 8, tzinfo=ZoneInfo("UTC"))
    Session.objects.update(
        starts_at=start, ends_at=start + timedelta(minutes=30), chair_until=start + timedelta(hours=1)
    )

    assert billing("GET", f"sessions/{booked.uid}").json()["start"] == "2027-07-01T09:00:00+01:00"


def test_sessions_are_listed_by_course_patient_status_and_time(billing, booked):
    for query in (
        f"course={booked.course.uid}",
        f"patient={booked.patient.uid}&status=booked",
        "starts_from=2026-11-24T09:00:00Z&starts_before=2026-11-24T09:01:00Z",
        "updated_since=2026-11-20T09:00:00Z",
    ):
        assert len(billing("GET", f"sessions?{query}").json()["items"]) == 1, query
    for query in ("status=noshow", "starts_before=2026-11-24T09:00:00Z", "updated_since=2026-11-20T09:00:01Z"):
        assert billing("GET", f"sessions?{query}").json()["items"] == [], query


def test_a_list_takes_as_many_queries_for_many_sessions_as_for_one(billing, booked, chairs, technicians):
    billing("GET", "sessions")
    with CaptureQueriesContext(connection) as one:
        billing("GET", "sessions")
    for hour in range(10, 16):
        make_session(booked.course, chairs[0], technicians[0], booked.starts_at + timedelta(hours=hour - 9))

    with CaptureQueriesContext(connection) as many:
        assert len(billing("GET", "sessions").json()["items"]) == 7
    assert len(many) == len(one)


def test_another_site_s_sessions_do_not_exist(booked, other_site):
    stranger = Caller(other_site)

    assert stranger("GET", "sessions").json()["items"] == []
    assert_problem(stranger("GET", f"sessions/{booked.uid}"), 404, "not-found")
    assert_problem(stranger("GET", f"sessions/{booked.uid}/openings"), 404, "not-found")
    body = {"start": "2026-11-25T09:00:00Z"}
    assert_problem(stranger("PATCH", f"sessions/{booked.uid}", body, If_Match="*"), 404, "not-found")
    booked.refresh_from_db()
    assert booked.version == 0


def test_the_tag_of_a_compressed_answer_names_the_same_version(billing, booked):
    path = f"sessions/{booked.uid}"
    read = billing("GET", path, Accept_Encoding="gzip")
    assert (read["Content-Encoding"], read["ETag"][:2]) == ("gzip", "W/")

    start = billing("GET", f"{path}/openings?first=2026-11-25&limit=1").json()["openings"][0]["start"]
    moved = billing("PATCH", path, {"start": start}, If_Match=read["ETag"])

    assert moved.status_code == 200, moved.content
    assert_problem(billing("PATCH", path, {"start": start}, If_Match=read["ETag"]), 412, "stale")


def test_openings_can_be_booked(billing, booked):
    path = f"sessions/{booked.uid}"
    found = billing("GET", f"{path}/openings?first=2026-11-25&last=2026-11-25&limit=3").json()["openings"]
    assert 1 <= len(found) <= 3
    tag = billing("GET", path)["ETag"]

    body = {"start": found[0]["start"], "chair": found[0]["chair"]["id"], "why": "the bus"}
    moved = billing("PATCH", path, body, If_Match=tag)

    assert moved.status_code == 200, moved.content
    assert (moved.json()["id"], moved.json()["start"]) == (str(booked.uid), found[0]["start"])
    assert moved.json()["version"] == 1
    assert billing("GET", path)["ETag"] == moved["ETag"] != tag
    entry = AuditEntry.objects.get(action="session moved")
    assert (entry.actor, entry.why) == ("billing (system)", "the bus")


def test_a_move_names_the_version_it_changes(billing, booked):
    path, body = f"sessions/{booked.uid}", {"start": "2026-11-25T09:00:00Z"}

    assert_problem(billing("PATCH", path, body), 428, "if-match-missing")
    assert_problem(billing("PATCH", path, body, If_Match='"old"'), 412, "stale")
    booked.refresh_from_db()
    assert booked.version == 0


def test_a_time_that_is_taken_is_refused_with_reasons_and_openings(billing, booked, pia, chairs, technicians):
    there = booked.starts_at + timedelta(days=1)
    make_session(make_course(pia, booked.course.protocol), chairs[1], technicians[1], there)
    body = {"start": there.isoformat(), "chair": str(chairs[1].uid)}

    refused = assert_problem(
        billing("PATCH", f"sessions/{booked.uid}", body, If_Match="*"), 409, "session-does-not-fit"
    )

    assert {"code", "sentence"} == set(refused["reasons"][0])
    assert refused["alternatives"]
    again = {"start": refused["alternatives"][0]["start"], "chair": refused["alternatives"][0]["chair"]["id"]}
    assert billing("PATCH", f"sessions/{booked.uid}", again, If_Match="*").status_code == 200


@pytest.mark.parametrize(
    "body, status",
    [
        ({"start": "2026-11-20T08:00:00Z"}, 409),
        ({"start": "2026-11-25T09:02:00Z"}, 409),
        ({"start": "9999-12-31T23:59:00+00:00"}, 400),
        ({"start": "0001-01-01T00:00:00+14:00"}, 400),
        ({"start": "tomorrow"}, 400),
        ({}, 400),
        ({"start": "2026-11-25T09:00:00Z", "chair": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"start": "2026-11-25T09:00:00Z", "why": "x" * 10_000}, 400),
        ({"start": "2026-11-25T09:00:00Z", "force": True}, 400),
    ],
)
def test_a_move_that_cannot_be_is_refused(billing, booked, body, status):
    response = billing("PATCH", f"sessions/{booked.uid}", body, If_Match="*")

    assert response.status_code == status, response.content
    booked.refresh_from_db()
    assert booked.version == 0


def test_a_chair_of_another_site_does_not_exist_for_a_move(billing, booked, other_site):
    chair = Chair.objects.create(site=other_site, name="Elsewhere")
    body = {"start": "2026-11-25T09:00:00Z", "chair": str(chair.uid)}

    assert_problem(billing("PATCH", f"sessions/{booked.uid}", body, If_Match="*"), 404, "not-found")


def test_a_session_that_is_done_cannot_be_moved(billing, booked):
    Session.objects.update(status="fulfilled")
    body = {"start": "2026-11-25T09:00:00Z"}

    assert (
        "done"
        in assert_problem(billing("PATCH", f"sessions/{booked.uid}", body, If_Match="*"), 409, "not-possible")["detail"]
    )


@pytest.mark.parametrize(
    "query",
    [
        "first=2026-11-25&last=2026-11-24",
        "first=2026-11-25&last=2028-01-01",
        "first=2026-11-19",
        "last=9999-12-31",
        "first=9999-12-31",
        "first=0001-01-01&last=0001-01-02",
        "limit=51",
    ],
)
def test_a_search_for_openings_has_bounds(billing, booked, query):
    assert_problem(billing("GET", f"sessions/{booked.uid}/openings?{query}"), 400, "invalid-request")
