"""Other systems try out, book, read and cancel whole courses."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import AuditEntry, Chair, Course, Occupancy, Proposal, Session
from clinic.services import diary_check

from .builders import make_patient
from .calling import Caller, assert_problem


@pytest.fixture(autouse=True)
def clock(monkeypatch, now):
    """The clock that the doors look at; a test may set it on."""
    moment = [now]
    monkeypatch.setattr(timezone, "now", lambda: moment[0])
    return moment


@pytest.fixture
def billing(site):
    return Caller(site)


@pytest.fixture
def wanted(clinic, protocol, margaret):
    """Ten sessions for Margaret from Monday on."""
    return {"patient": str(margaret.uid), "protocol": protocol.slug, "request": {"earliest_date": "2026-11-23"}}


def written() -> list[int]:
    return [model.objects.count() for model in (Course, Session, Occupancy, Proposal)]


def test_a_course_is_tried_out_without_a_trace(billing, wanted):
    plans = billing("POST", "courses/quote", wanted).json()["plans"]

    assert len(plans[0]["sessions"]) >= 10
    first = plans[0]["sessions"][0]
    assert first["start"].endswith("+00:00")
    assert first["chair"]["name"].startswith("Chair")
    assert first["reasons"][0]["sentence"]
    assert written() == [0] * 4
    assert AuditEntry.objects.get().action == "read by another system"


def test_a_course_is_booked_whole(billing, wanted, clinic, now, margaret):
    response = billing("POST", "courses", wanted)

    assert response.status_code == 201, response.content
    course = response.json()
    assert [session["number"] for session in course["sessions"]][:10] == list(range(1, 11))
    assert response["Location"] == f"/api/v1/courses/{course['id']}"
    read = billing("GET", f"courses/{course['id']}")
    assert read.json() == course
    assert read["ETag"] == response["ETag"]
    assert AuditEntry.objects.get(action="course booked").actor == "billing (system)"
    assert not diary_check.broken_rules(clinic, now=now)
    assert not diary_check.wrong_cells(now=now)


def test_the_plan_that_is_named_is_booked(billing, wanted):
    kinds = [plan["kind"] for plan in billing("POST", "courses/quote", wanted).json()["plans"]]

    course = billing("POST", "courses", {**wanted, "plan": kinds[-1]}).json()

    assert course["plan_kind"] == kinds[-1]
    refused = billing("POST", "courses", {**wanted, "plan": "cheapest"})
    assert [one["field"] for one in assert_problem(refused, 422, "impossible-request")["errors"]] == ["plan"]


def test_a_proposal_holds_its_times_and_is_booked_once(billing, wanted, margaret):
    proposal = billing("POST", "proposals", wanted).json()
    body = {"proposal": proposal["id"], "plan": proposal["plans"][0]["kind"]}

    first, second = billing("POST", "courses", body), billing("POST", "courses", body)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    starts = [session["start"] for session in first.json()["sessions"]]
    assert starts == [session["start"] for session in proposal["plans"][0]["sessions"]]
    assert Course.objects.count() == 1


def test_an_expired_proposal_is_answered_with_a_fresh_one(billing, wanted, clock):
    proposal = billing("POST", "proposals", wanted).json()
    clock[0] += timedelta(hours=1)

    lost = assert_problem(billing("POST", "courses", {"proposal": proposal["id"]}), 409, "times-taken")

    assert not Course.objects.exists()
    assert len(lost["alternatives"][0]["sessions"]) >= 10
    assert billing("POST", "courses", {"proposal": lost["proposal"]}).status_code == 201


def test_a_course_that_cannot_fit_is_refused_with_reasons_and_changes_that_help(billing, wanted):
    wanted["request"]["latest_date"] = "2026-11-27"

    refused = assert_problem(billing("POST", "courses", wanted), 409, "course-does-not-fit")

    assert all(reason["code"] and reason["sentence"] for reason in refused["reasons"])
    assert refused["reasons"]
    assert written() == [0] * 4
    (change,) = [item["change"] for item in refused["alternatives"] if "latest_date" in item["change"]]
    assert billing("POST", "courses", {**wanted, "request": {**wanted["request"], **change}}).status_code == 201


@pytest.mark.parametrize(
    "change, status, field",
    [
        ({"earliest_date": "2026-11-01"}, 422, "request.earliest_date"),
        ({"earliest_date": "9999-12-31"}, 422, "request.earliest_date"),
        ({"earliest_date": "soon"}, 400, "request.earliest_date"),
        ({"latest_date": "2026-11-20"}, 422, "request.latest_date"),
        ({"availability": "Mon-Fri 25:00-26:00"}, 422, "request.availability"),
        ({"availability": ""}, 422, "request.availability"),
        ({"availability": "x" * 10_000}, 400, "request.availability"),
        ({"chair": "00000000-0000-4000-8000-000000000000"}, 422, "request.chair"),
        ({"authorisation": {"first_date": "2026-11-23"}}, 400, "request.authorisation.last_date"),
        (
            {"authorisation": {"first_date": "2026-11-23", "last_date": "2026-11-22"}},
            422,
            "request.authorisation.last_date",
        ),
        ({"phases": ["no such phase"]}, 422, "request.phases"),
        ({"dose": 120}, 400, "request.dose"),
        ({"fixed": [{"start": "2026-11-23T09:00:00"}]}, 400, "request.fixed.0.start"),
        ({"away": ["2026-11-24"] * 1000}, 400, "request.away"),
        ({"time": "8.30"}, 400, "request.time"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_field(billing, wanted, change, status, field):
    body = {**wanted, "request": {**wanted["request"], **change}}
    kind = "invalid-request" if status == 400 else "impossible-request"

    for path in ("courses", "courses/quote", "proposals"):
        assert field in [one["field"] for one in assert_problem(billing("POST", path, body), status, kind)["errors"]]
    assert written() == [0] * 4


@pytest.mark.parametrize(
    "change",
    [{"patient": None}, {"protocol": None}, {"request": None}, {"request": []}, {"proposal": "x"}, {"extra": 1}],
)
def test_a_body_of_another_shape_is_refused(billing, wanted, change):
    body = {name: value for name, value in {**wanted, **change}.items() if value is not None}

    assert_problem(billing("POST", "courses", body), 400, "invalid-request")


def test_a_proposal_and_a_new_request_together_are_refused(billing, wanted):
    body = {**wanted, "proposal": str(wanted["patient"])}

    assert_problem(billing("POST", "courses", body), 400, "invalid-request")


def test_patients_courses_and_proposals_of_another_site_do_not_exist(billing, wanted, other_site):
    course = billing("POST", "courses", wanted).json()["id"]
    stranger = Caller(other_site)

    for method, path, body in (
        ("POST", "courses", wanted),
        ("POST", "courses/quote", wanted),
        ("POST", "proposals", wanted),
        ("POST", "courses", {"proposal": str(Proposal.objects.get().uid)}),
        ("GET", f"courses/{course}", None),
        ("POST", f"courses/{course}/cancel", {"why": "moved away"}),
    ):
        assert_problem(stranger(method, path, body, If_Match="*"), 404, "not-found")
    assert stranger("GET", "courses").json()["items"] == []
    assert Course.objects.get().status == "active"


def test_courses_are_listed_without_their_sessions(billing, wanted, clinic, protocol):
    first = billing("POST", "courses", wanted).json()
    with CaptureQueriesContext(connection) as one:
        (item,) = billing("GET", f"courses?patient={wanted['patient']}&status=active").json()["items"]
    for _ in range(3):
        other = {**wanted, "patient": str(make_patient(clinic).uid)}
        assert billing("POST", "courses", other).status_code == 201

    with CaptureQueriesContext(connection) as many:
        assert len(billing("GET", "courses").json()["items"]) == 4

    assert item == {name: value for name, value in first.items() if name != "sessions"}
    assert len(many) == len(one)


def test_a_course_is_cancelled_once_its_version_is_named(billing, wanted):
    booked = billing("POST", "courses", wanted)
    path = f"courses/{booked.json()['id']}/cancel"

    assert_problem(billing("POST", path, {"why": "moved away"}), 428, "if-match-missing")
    assert_problem(billing("POST", path, {"why": "moved away"}, If_Match='"x"'), 412, "stale")
    assert_problem(billing("POST", path, {}, If_Match=booked["ETag"]), 400, "invalid-request")
    cancelled = billing("POST", path, {"why": "moved away"}, If_Match=booked["ETag"])

    assert cancelled.json()["status"] == "revoked"
    assert {session["status"] for session in cancelled.json()["sessions"]} == {"cancelled"}
    assert not Occupancy.objects.exists()
    assert AuditEntry.objects.get(action="course cancelled").why == "moved away"
    assert_problem(billing("POST", path, {"why": "again"}, If_Match=booked["ETag"]), 412, "stale")


def test_a_chair_that_is_gone_is_not_booked(billing, wanted):
    proposal = billing("POST", "proposals", wanted).json()
    Chair.objects.update(is_active=False)

    lost = assert_problem(billing("POST", "courses", {"proposal": proposal["id"]}), 409, "times-taken")

    assert not lost["alternatives"][0]["sessions"]
    assert not Course.objects.exists()
