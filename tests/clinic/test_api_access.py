"""Who gets into the API, and how it refuses."""

from datetime import UTC, datetime

import pytest
from django.db import OperationalError
from django.test import Client

from clinic.models import ApiClient, Protocol
from clinic.services import api_clients

from .builders import NOW
from .calling import Caller, assert_problem


@pytest.fixture
def billing(site):
    return Caller(site)


def test_a_request_without_a_token_is_asked_for_one(db):
    response = Client().get("/api/v1/patients")

    assert_problem(response, 401, "not-signed-in")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer mtn_wrong", "Bearer", "Basic aW1vZ2VuOng=", "Bearer \xff", "Token x y"])
def test_a_wrong_token_opens_nothing(db, header):
    assert_problem(Client().get("/api/v1/patients", headers={"Authorization": header}), 401, "not-signed-in")


def test_a_token_in_the_address_is_not_read(billing):
    assert_problem(Client().get(f"/api/v1/patients?token={billing.token}"), 401, "not-signed-in")


def test_a_revoked_token_opens_nothing(billing):
    assert billing("GET", "patients").status_code == 200

    assert api_clients.revoke(billing.client.uid, now=NOW)

    assert_problem(billing("GET", "patients"), 401, "not-signed-in")
    assert not api_clients.revoke(billing.client.uid, now=NOW)


def test_an_expired_token_opens_nothing(billing):
    ApiClient.objects.update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert_problem(billing("GET", "patients"), 401, "not-signed-in")


def test_a_token_is_kept_as_a_hash_only_and_its_use_is_noted(billing):
    billing("GET", "patients")

    row = ApiClient.objects.get()
    assert billing.token not in str(vars(row))
    assert billing.token.startswith(row.prefix)
    assert row.last_used_at is not None


def test_a_token_does_only_what_its_scopes_name(site, margaret):
    reader = Caller(site, scopes=["patients:read"])

    assert reader("GET", f"patients/{margaret.uid}").status_code == 200
    assert "courses:read" in assert_problem(reader("GET", "courses"), 403, "not-allowed")["detail"]
    assert_problem(reader("POST", "patients", {}), 403, "not-allowed")


def test_every_operation_asks_for_a_token_and_a_scope(site, db):
    powerless = Caller(site, scopes=[])
    uid = "00000000-0000-4000-8000-000000000000"
    addresses = [
        ("GET", "patients"), ("POST", "patients"), ("GET", f"patients/{uid}"), ("PATCH", f"patients/{uid}"),
        ("GET", "protocols"), ("GET", "protocols/x"), ("GET", "courses"), ("POST", "courses"),
        ("POST", "courses/quote"), ("GET", f"courses/{uid}"), ("POST", f"courses/{uid}/cancel"),
        ("POST", "proposals"), ("GET", "sessions"), ("GET", f"sessions/{uid}"), ("PATCH", f"sessions/{uid}"),
        ("GET", f"sessions/{uid}/openings"), ("GET", "risks"),
        ("GET", "capacity"), ("GET", "gaps"), ("GET", "gaps/fits"), ("POST", "quotes"), ("POST", "what-if"),
        ("GET", f"what-if/{uid}"), ("POST", f"what-if/{uid}/stop"),
        ("GET", "referrals"), ("POST", "referrals"), ("POST", "referrals/admit"),
        ("GET", f"sessions/{uid}/make-ups"), ("POST", f"sessions/{uid}/make-ups"),
        ("GET", f"courses/{uid}/decisions"), ("POST", f"courses/{uid}/decisions"),
        ("POST", f"courses/{uid}/changes"), ("POST", f"courses/{uid}/changes/quote"),
        ("GET", f"courses/{uid}/follow-ups"), ("POST", f"courses/{uid}/follow-ups/0"),
        ("GET", f"courses/{uid}/follow-ups/0/openings"),
        ("GET", f"courses/{uid}/decisions/preview"), ("POST", f"repairs/{uid}/undo"),
    ]  # fmt: skip

    for method, path in addresses:
        assert_problem(powerless(method, path), 403, "not-allowed")
        assert_problem(Client().generic(method, f"/api/v1/{path}"), 401, "not-signed-in")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/patients/17", "/api/", "/api/v2/patients"])
def test_an_unknown_address_is_a_problem_document(db, path):
    assert_problem(Client().get(path), 404, "not-found")
    assert_problem(Client().post(path, "{}", content_type="application/json"), 404, "not-found")


def test_an_unknown_address_elsewhere_is_a_page(db):
    assert "text/html" in Client().get("/nothing-here/").headers["Content-Type"]


def test_a_wrong_method_is_told_the_right_ones(billing):
    response = billing("DELETE", "patients")

    assert_problem(response, 405, "method-not-allowed")
    assert response["Allow"] == "GET, HEAD, POST"
    assert_problem(billing("OPTIONS", "patients"), 405, "method-not-allowed")


@pytest.mark.parametrize("body", ["{", b"\xff", "[" * 100_000, '{"a": NaN}', "[1]", '"x"', "null", "1" * 5000])
def test_a_body_that_cannot_be_read_is_refused(billing, body):
    assert_problem(billing("POST", "patients", body), 400, "invalid-request")


def test_a_body_that_is_not_json_is_refused(billing):
    headers = {"Authorization": f"Bearer {billing.token}"}

    response = Client().post("/api/v1/patients", "a=1", content_type="text/plain", headers=headers)

    assert_problem(response, 415, "unsupported-media-type")


def test_an_answer_in_another_form_than_json_is_not_given(billing):
    assert_problem(billing("GET", "patients", Accept="text/html"), 406, "not-acceptable")


def test_a_failure_is_a_problem_document_without_its_cause(billing, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("secret cause")

    monkeypatch.setattr(Protocol.objects.__class__, "filter", fail)
    response = billing("GET", "protocols/x")

    assert_problem(response, 500, "failure")
    assert b"secret" not in response.content


@pytest.mark.parametrize(
    "said, status, kind", [("database is locked", 503, "busy"), ("no such column: secret", 500, "failure")]
)
def test_only_a_database_that_is_busy_is_called_busy(billing, monkeypatch, said, status, kind):
    def refuse(*args, **kwargs):
        raise OperationalError(said)

    monkeypatch.setattr(Protocol.objects.__class__, "filter", refuse)
    response = billing("GET", "protocols/x")

    assert_problem(response, status, kind)
    assert b"secret" not in response.content
    assert ("Retry-After" in response) is (status == 503)


def test_too_many_requests_a_minute_are_refused_for_a_while(billing, monkeypatch):
    monkeypatch.setattr("clinic.api.throttling.REQUESTS", 2)

    answers = [billing("GET", "protocols") for _ in range(3)]

    assert answers[0]["RateLimit-Policy"] == '"client";q=2;w=60'
    assert_problem(answers[2], 429, "too-many-requests")
    assert 1 <= int(answers[2]["Retry-After"]) <= 61
