"""Whatever a program sends, it is told what is wrong, and what to send instead, in words that are ours."""

import pytest
from django.conf import settings
from django.test import Client

from .calling import Caller, assert_problem

TECHNICAL = (
    "JSON parse error",
    "dictionary",
    "codec",
    "Ensure this",
    "valid string",
    "UUID.",
    "wrong format",
    "credentials",
)
A_DATE = "Give a date such as 2026-11-24."


@pytest.fixture
def billing(clinic, protocol, margaret, clock):
    return Caller(clinic)


@pytest.fixture
def quote(billing, margaret, protocol):
    """Ask for a quote of a request that has one thing wrong, and return what is said about it."""

    def ask(status=400, **wrong):
        body = {"patient": str(margaret.uid), "protocol": protocol.slug, "request": {"earliest_date": "2026-11-23"}}
        body |= {name: wrong.pop(name) for name in body.keys() & wrong.keys()}
        if wrong:
            body["request"] |= wrong
        kind = {400: "invalid-request", 404: "not-found", 422: "impossible-request"}[status]
        found = assert_problem(billing("POST", "courses/quote", body), status, kind)
        assert not any(word in str(found) for word in TECHNICAL), found
        (error,) = found["errors"]
        return error["field"], error["detail"]

    return ask


@pytest.mark.parametrize(
    "body, words",
    [
        ('{"patient":', "no JSON from line 1, column 12 on"),
        ("a=1", "no JSON from line 1, column 1 on"),
        ('{"patient": NaN}', "a number that JSON does not know"),
        ('{"patient": -Infinity}', "a number that JSON does not know"),
        ('{"patient": ' + "9" * 5000 + "}", "one of thousands of digits"),
        ("[" * 100_000, "nested too deeply"),
        (b'{"a": "\xff"}', "no UTF-8 text from byte 8 on"),
        (b'\xef\xbb\xbf{"a": 1}', "byte order mark"),
        ("null", "Send names with values"),
        ("[]", "Send names with values"),
    ],
)
def test_a_body_that_cannot_be_read_is_told_where_and_why(billing, body, words):
    found = assert_problem(billing("POST", "courses/quote", body), 400, "invalid-request")

    assert words in str(found)
    assert not any(word in str(found) for word in TECHNICAL)


def test_a_body_that_is_too_large_is_told_how_large_it_may_be(billing):
    body = '{"patient": "' + "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + '"}'

    found = assert_problem(billing("POST", "courses/quote", body), 413, "too-large")

    assert "at most 2.6 MB" in found["detail"]


@pytest.mark.parametrize(
    "wrong, field, words",
    [
        ({"earliest_date": "23/11/2026"}, "earliest_date", A_DATE),
        ({"earliest_date": 20261123}, "earliest_date", A_DATE),
        ({"earliest_date": "10000-01-01"}, "earliest_date", A_DATE),
        ({"earliest_date": "2026-11-23T00:00:00Z"}, "earliest_date", A_DATE),
        ({"earliest_date": None}, "earliest_date", "It is null"),
        ({"availability": "Mon\0 08:00-09:00"}, "availability", "the character with the number 0"),
        ({"availability": "\ud800"}, "availability", "half a character (U+D800)"),
        ({"availability": ["Mon"]}, "availability", "Send a text"),
        ({"availability": "x" * 10_000}, "availability", "10000 characters, and 1000 is the most"),
        ({"away": "2026-12-24"}, "away", "Send a list"),
        ({"away": ["2026-13-24"]}, "away.0", A_DATE),
        ({"away": ["2026-12-24"] * 500}, "away", "500 entries, and 400 is the most"),
        ({"time": "25:00"}, "time", '"08:30"'),
        ({"chair": "Chair 1"}, "chair", "This is no id"),
        ({"fixed": [{"start": "2026-11-24T09:00:00"}]}, "fixed.0.start", "no offset from UTC"),
        ({"fixed": [{"start": "soon"}]}, "fixed.0.start", "with its offset"),
        ({"fixed": [{"start": "9999-12-31T23:59:59-14:00"}]}, "fixed.0.start", "Check the year"),
        ({"fixed": ["soon"]}, "fixed.0", "Send names with values"),
        ({"authorisation": "A1"}, "authorisation", "Send names with values"),
        ({"authorisation": {"first_date": "2026-11-01"}}, "authorisation.last_date", "It is missing"),
        ({"zone": "Mars/Olympus"}, "zone", "There is no such field. There are: earliest_date"),
    ],
)
def test_a_field_of_another_shape_is_told_what_to_send(quote, wrong, field, words):
    named, said = quote(**wrong)

    assert named == f"request.{field}"
    assert words in said


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"earliest_date": "1899-12-31"}, "The year 1899 does not lie between 1900 and 2199"),
        ({"earliest_date": "9999-12-31"}, "The year 9999 does not lie"),
        ({"earliest_date": "2026-11-19"}, "The earliest date has passed"),
        ({"latest_date": "9999-12-31"}, "The year 9999 does not lie"),
        ({"availability": ""}, "for any time, leave the availability out or send null"),
        ({"availability": 7}, "Write when the patient can come"),
    ],
)
def test_a_request_that_cannot_be_is_told_why(quote, wrong, words):
    named, said = quote(status=422, **wrong)

    assert named == f"request.{next(iter(wrong))}"
    assert words in said


@pytest.mark.parametrize("field, value", [("patient", "00000000-0000-4000-8000-000000000000"), ("protocol", "none")])
def test_what_a_request_names_and_is_not_there_is_told_by_its_field(quote, field, value):
    named, said = quote(status=404, **{field: value})

    assert named == field
    assert "There is none, or this token cannot see it" in said


def test_a_time_without_an_offset_is_never_guessed(billing, clinic):
    snow = {
        "site": str(clinic.uid),
        "kind": "site",
        "starts_at": "2027-03-01T00:00:00",
        "ends_at": "2027-03-02T00:00:00Z",
    }

    found = assert_problem(billing("POST", "disruptions/quote", snow), 400, "invalid-request")
    since = assert_problem(billing("GET", "courses?updated_since=2026-11-01T00:00:00"), 400, "invalid-request")

    assert [one["field"] for one in (*found["errors"], *since["errors"])] == ["starts_at", "updated_since"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/xml"])
def test_another_form_than_json_is_told_which_header_to_send(billing, kind):
    headers = {"Authorization": f"Bearer {billing.token}"}

    answer = Client().post("/api/v1/courses/quote", "a=1", content_type=kind, headers=headers)

    assert "Content-Type: application/json" in assert_problem(answer, 415, "unsupported-media-type")["detail"]


@pytest.mark.parametrize("path", ["openapi.json", "docs/"])
def test_a_page_that_is_only_read_refuses_to_be_changed_as_the_rest_does(db, path):
    answer = Client().post(f"/api/v1/{path}", "{}", content_type="application/json")

    assert_problem(answer, 405, "method-not-allowed")
    assert answer["Allow"] == "GET, HEAD"


def test_a_wrong_method_and_a_missing_token_are_told_what_to_send(billing, db):
    assert "GET, HEAD, POST" in assert_problem(billing("DELETE", "courses"), 405, "method-not-allowed")["detail"]
    assert "Bearer" in assert_problem(Client().get("/api/v1/courses"), 401, "not-signed-in")["detail"]
    assert (
        "application/json"
        in assert_problem(billing("GET", "courses", Accept="text/csv"), 406, "not-acceptable")["detail"]
    )


def test_nothing_is_written_of_a_patient_whose_details_cannot_be_kept(billing):
    details = {"family_name": "x" * 10_000, "given_name": "A\0", "date_of_birth": "1970-02-30", "channel": "fax"}

    found = assert_problem(billing("POST", "patients", details), 400, "invalid-request")

    assert {one["field"]: one["detail"] for one in found["errors"]} == {
        "family_name": "It has 10000 characters, and 120 is the most. Shorten it.",
        "given_name": "It holds the character with the number 0. Take that out.",
        "date_of_birth": A_DATE,
        "channel": "Choose one of: none, email, sms.",
    }
    assert len(billing("GET", "patients").json()["items"]) == 1
