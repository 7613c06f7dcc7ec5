"""Other systems read, register and change patients."""

import pytest

from clinic.models import AuditEntry, Patient

from .builders import make_patient
from .calling import Caller, assert_problem

NEW = {"family_name": "Okafor", "given_name": "Ada", "date_of_birth": "1980-02-29"}


@pytest.fixture
def billing(site):
    return Caller(site)


def test_a_patient_is_found_by_number_and_read_and_both_are_written_down(billing, margaret, pia):
    (found,) = billing("GET", "patients?number=10042").json()["items"]
    read = billing("GET", f"patients/{found['id']}")

    assert read.json() == found
    assert found["family_name"] == "Okonjo"
    entries = AuditEntry.objects.filter(action="read by another system")
    assert [(entry.patient, entry.actor) for entry in entries] == [(margaret, "billing (system)")] * 2


def test_patients_of_another_site_do_not_exist_for_a_client(billing, other_site, margaret):
    stranger = make_patient(other_site)

    assert_problem(billing("GET", f"patients/{stranger.uid}"), 404, "not-found")
    assert_problem(billing("PATCH", f"patients/{stranger.uid}", {"phone": "1"}, If_Match="*"), 404, "not-found")
    assert [item["number"] for item in billing("GET", "patients").json()["items"]] == [margaret.number]
    assert not AuditEntry.objects.filter(patient=stranger)


def test_a_client_without_a_site_sees_nobody(margaret):
    assert Caller()("GET", "patients").json() == {"items": [], "next": None}


def test_a_new_patient_gets_a_number_and_an_address(billing):
    response = billing("POST", "patients", NEW)

    assert response.status_code == 201
    patient = Patient.objects.get()
    assert response["Location"] == f"/api/v1/patients/{patient.uid}"
    assert response.json()["number"] == patient.number
    assert billing("GET", f"patients/{patient.uid}")["ETag"] == response["ETag"]


def test_the_same_person_is_not_registered_twice_by_mistake(billing):
    first = billing("POST", "patients", NEW).json()

    known = assert_problem(billing("POST", "patients", NEW), 409, "patient-exists")

    assert known["alternatives"] == [{"patient": first["id"]}]
    assert billing("POST", "patients", {**NEW, "confirmed": True}).status_code == 201


@pytest.mark.parametrize(
    "change, field, status",
    [
        ({"date_of_birth": "1980-02-30"}, "date_of_birth", 400),
        ({"date_of_birth": "2380-02-28"}, "date_of_birth", 422),
        ({"family_name": "x" * 10_000}, "family_name", 400),
        ({"family_name": "\x00"}, "family_name", 400),
        ({"family_name": "\ud800"}, "family_name", 400),
        ({"channel": "pigeon"}, "channel", 400),
        ({"dose": 120}, "dose", 400),
        ({"number": "; drop"}, "number", 422),
    ],
)
def test_what_cannot_be_is_refused_by_field(billing, change, field, status):
    response = billing("POST", "patients", {**NEW, **change})

    kind = "invalid-request" if status == 400 else "impossible-request"
    assert [error["field"] for error in assert_problem(response, status, kind)["errors"]] == [field]
    assert not Patient.objects.exists()


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=HYPERLINK(1)", "O’Brien-Ωmega"])
def test_a_name_stays_the_text_that_it_is(billing, name):
    patient = billing("POST", "patients", {**NEW, "family_name": name}).json()

    assert patient["family_name"] == name


def test_a_change_names_the_version_it_changes(billing, margaret):
    path = f"patients/{margaret.uid}"
    tag = billing("GET", path)["ETag"]

    assert_problem(billing("PATCH", path, {"phone": "0117 496 0001"}), 428, "if-match-missing")
    changed = billing("PATCH", path, {"phone": "0117 496 0001"}, If_Match=tag)
    assert changed.json()["phone"] == "0117 496 0001"
    assert_problem(billing("PATCH", path, {"phone": "0117 496 0002"}, If_Match=tag), 412, "stale")
    assert billing("GET", path)["ETag"] == changed["ETag"]


def test_what_is_current_is_not_sent_again(billing, margaret):
    tag = billing("GET", f"patients/{margaret.uid}")["ETag"]

    again = billing("GET", f"patients/{margaret.uid}", If_None_Match=tag)

    assert (again.status_code, again.content) == (304, b"")


def test_pages_follow_one_another_without_gaps(billing, site):
    numbers = [make_patient(site).number for _ in range(5)]

    seen, path = [], "patients?limit=2"
    while path:
        page = billing("GET", path).json()
        seen += [item["number"] for item in page["items"]]
        path = page["next"] and f"patients?limit=2&cursor={page['next']}"

    assert seen == numbers


def test_only_what_changed_since_is_given(billing, margaret, pia):
    since = pia.updated_at.isoformat().replace("+", "%2B")

    assert [item["number"] for item in billing("GET", f"patients?updated_since={since}").json()["items"]] == ["10043"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "cursor=%00", "cursor=bnVsbA", "updated_since=soon", "nhs=1", "number="],
)
def test_a_parameter_that_does_not_exist_or_cannot_be_is_refused(billing, query):
    assert_problem(billing("GET", f"patients?{query}"), 400, "invalid-request")


def test_a_token_of_two_sites_says_where_to_register(site, other_site):
    both = Caller(site, other_site)

    assert_problem(both("POST", "patients", NEW), 400, "invalid-request")
    assert both("POST", "patients", {**NEW, "site": str(other_site.uid)}).json()["site"]["name"] == other_site.name
