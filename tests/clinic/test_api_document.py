"""The API does what its document says, whatever it is sent."""

import json
from pathlib import Path

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from clinic.api.schema import openapi
from clinic.models.courses import SessionStatus
from clinic.wsgi import application

from .builders import at, make_course, make_patient, make_session
from .calling import Caller

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
OPERATIONS = [
    (method, path, operation) for path, methods in openapi()["paths"].items() for method, operation in methods.items()
]


def test_the_document_is_valid_and_the_one_that_is_kept():
    made = openapi()

    validate(made)
    assert made["openapi"] == "3.1.1"
    assert made["info"]["license"]["identifier"] == "Apache-2.0"
    kept = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    assert made == kept, "run: manage.py spectacular --format openapi-json --file docs/openapi.json"


@pytest.mark.parametrize("method, path, operation", OPERATIONS, ids=[one[2]["operationId"] for one in OPERATIONS])
def test_every_operation_is_described_with_its_refusals(method, path, operation):
    assert operation["summary"]
    assert operation["description"]
    assert operation["security"] == [{"token": []}]
    refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
    assert {"400", "401", "403", "405", "406", "429", "500", "503"} <= set(refusals)
    assert all(list(answer["content"]) == ["application/problem+json"] for answer in refusals.values())
    headers = {
        one["name"]: one.get("required", False) for one in operation.get("parameters", ()) if one["in"] == "header"
    }
    if method == "patch" or path.endswith("/cancel"):
        assert headers["If-Match"] is True
        assert {"412", "428"} <= set(refusals)
    if method != "get" and not path.endswith(("/quote", "/quotes")) and "/what-if" not in path:
        assert "Idempotency-Key" in headers


def test_anybody_may_read_the_document_and_its_page(db):
    served = Client().get("/api/v1/openapi.json")
    page = Client().get("/api/v1/docs/")

    assert served.json() == json.loads(json.dumps(openapi()))
    assert page.status_code == 200
    text = page.content.decode()
    assert all(f'id="{operation["operationId"]}"' in text for _, _, operation in OPERATIONS)
    assert 'id="course-does-not-fit"' in text
    assert "<code>courses:write</code>" in text
    assert "`" not in text
    assert "unsafe-inline" not in page["Content-Security-Policy"]


@pytest.fixture
def world(clinic, chairs, technicians, protocol, margaret, monkeypatch, now):
    """A clinic with one of everything, and the ids by which it is known."""
    monkeypatch.setattr(timezone, "now", lambda: now)
    monkeypatch.setattr("clinic.api.throttling.REQUESTS", 10**6)
    course = make_course(margaret, protocol, request={"earliest_date": "2026-10-01"})
    session = make_session(course, chairs[0], technicians[0], at("2027-03-01", "09:00"), status=SessionStatus.BOOKED)
    caller = Caller(clinic)
    snow = {"kind": "site", "starts_at": "2027-03-01T00:00:00Z", "ends_at": "2027-03-02T00:00:00Z"}
    disruption = caller("POST", "disruptions", {"site": str(clinic.uid), **snow}).json()["id"]
    replan = caller("POST", f"disruptions/{disruption}/replans", {}).json()["id"]
    waiting = {"patient": str(make_patient(clinic).uid), "protocol": protocol.slug}
    referral = caller("POST", "referrals", waiting | {"request": {"earliest_date": "2027-01-04"}}).json()["id"]
    admission = caller("POST", "admissions", {"site": str(clinic.uid)}).json()["id"]
    return {
        "token": caller.token,
        "site": str(clinic.uid),
        "disruption": disruption,
        "replan": replan,
        "referral": referral,
        "admission": admission,
        "patient": str(margaret.uid),
        "course": str(course.uid),
        "session": str(session.uid),
        "slug": protocol.slug,
    }


@pytest.fixture
def one_connection(world):
    """Keep the connection of the test's transaction, which a real web server would close after each request.

    It comes after the world, because each call of Django's test client connects these signals anew.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


# A request of the right shape may still be impossible (422), and a missing If-Match is 428 here, as RFC 6585 has it.
NOT_MEANT = ["positive_data_acceptance", "missing_required_header"]


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("method, path, operation", OPERATIONS, ids=[one[2]["operationId"] for one in OPERATIONS])
def test_whatever_is_sent_gets_an_answer_that_the_document_has(method, path, operation, mode, world):
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    excluded = [check for name in NOT_MEANT for check in CHECKS.get_by_names([name])]

    @given(case=described[path][method].as_strategy(generation_mode=mode), about_what_exists=booleans())
    @settings(max_examples=12, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate])
    def send(case, about_what_exists):
        case.headers.update({"Authorization": f"Bearer {world['token']}", "Accept-Encoding": "identity"})
        if about_what_exists and mode is GenerationMode.POSITIVE:
            case.path_parameters.update({name: world[name] for name in case.path_parameters if name in world})
            if isinstance(case.body, dict) and "site" in case.body:
                case.body |= {"site": world["site"]}
            if isinstance(case.body, dict) and "patient" in case.body:
                case.body |= {"patient": world["patient"], "protocol": world["slug"]}
        case.validate_response(case.call(), excluded_checks=excluded)

    send()
