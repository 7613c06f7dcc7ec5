"""A request that comes twice is done once."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from clinic.models import Course, IdempotencyKey, Patient
from clinic.services import idempotency
from clinic.services.idempotency import Answer

from .builders import NOW
from .calling import Caller, assert_problem

NEW = {"family_name": "Okafor", "given_name": "Ada", "date_of_birth": "1980-02-29"}
KEY = "0b6f1a52-6f0f-4d65-a5f7-1f4b8c3f3b11"


@pytest.fixture
def billing(site):
    return Caller(site)


def test_the_same_request_gives_the_same_answer_and_is_done_once(billing):
    first = billing("POST", "patients", NEW, Idempotency_Key=KEY)
    again = billing("POST", "patients", json.dumps(NEW, indent=3), Idempotency_Key=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json(), first["ETag"], first["Location"]) == (again.json(), again["ETag"], again["Location"])
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Patient.objects.count() == 1


def test_another_request_under_the_same_key_is_refused(billing):
    billing("POST", "patients", NEW, Idempotency_Key=KEY)

    other = billing("POST", "patients", {**NEW, "given_name": "Bea"}, Idempotency_Key=KEY)

    assert_problem(other, 422, "key-used-before")
    assert Patient.objects.count() == 1


def test_two_clients_may_use_the_same_key(billing, site):
    billing("POST", "patients", NEW, Idempotency_Key=KEY)

    other = Caller(site, name="desk")("POST", "patients", {**NEW, "given_name": "Bea"}, Idempotency_Key=KEY)

    assert other.status_code == 201


def test_a_refusal_leaves_no_trace_so_that_the_request_can_be_tried_again(billing, margaret):
    body = {**NEW, "number": margaret.number}

    assert billing("POST", "patients", body, Idempotency_Key=KEY).status_code == 422
    assert not IdempotencyKey.objects.exists()
    margaret.number = "1"
    margaret.save()
    assert billing("POST", "patients", body, Idempotency_Key=KEY).status_code == 201


def test_a_change_is_done_once_although_its_version_is_gone(billing, margaret):
    path = f"patients/{margaret.uid}"
    tag = billing("GET", path)["ETag"]

    for _ in range(2):
        answer = billing("PATCH", path, {"phone": "0117 496 0001"}, If_Match=tag, Idempotency_Key=KEY)
        assert answer.status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 201, "sch\u00f6n", "a\tb"])
def test_a_key_that_cannot_be_one_is_refused(billing, key):
    assert_problem(billing("POST", "patients", NEW, Idempotency_Key=key), 400, "invalid-request")


def test_a_key_is_forgotten_after_a_day(billing):
    def answer(now):
        return idempotency.once(
            lambda: Answer(status=200, body=str(now)),
            client=billing.client,
            key=KEY,
            request=("POST", "/", {}),
            now=now,
        )

    first = answer(NOW)
    assert answer(NOW + timedelta(hours=23)).body == first.body
    assert answer(NOW + timedelta(hours=25)).body != first.body
    assert idempotency.forget_old_keys(now=NOW + timedelta(hours=50)) == 1


@pytest.mark.django_db(transaction=True)
def test_five_requests_at_once_make_one_course(clinic, protocol, margaret, monkeypatch):
    monkeypatch.setattr("clinic.api.throttling.REQUESTS", 10**6)
    billing = Caller(clinic)
    body = {"patient": str(margaret.uid), "protocol": protocol.slug, "request": {"earliest_date": "2027-01-04"}}
    headers = {"Authorization": f"Bearer {billing.token}", "Idempotency-Key": KEY}
    answers = []

    def post():
        client = Client(raise_request_exception=False)
        for _ in range(5000):  # a busy database says so, and a client tries again
            answer = client.post("/api/v1/courses", body, content_type="application/json", headers=headers)
            if answer.status_code not in (409, 503):
                break
        answers.append(answer)
        connection.close()

    threads = [threading.Thread(target=post) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Course.objects.count() == 1
    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 4
