"""Another system says that something happened, tries a plan out, applies it and takes it back."""

import pytest

from clinic.models import AuditEntry, Closure, Disruption, Replan, Session
from clinic.services import booking
from clinic.services.audit import Actor

from .builders import make_patient
from .calling import Caller, assert_problem

WEDNESDAY = {"starts_at": "2026-11-25T00:00:00Z", "ends_at": "2026-11-26T00:00:00Z"}


@pytest.fixture(autouse=True)
def frozen(clock):
    """Friday 20 November 2026, 09:00."""


@pytest.fixture
def course(clinic, protocol, imogen, now):
    """Ten daily sessions, one of them on Wednesday."""
    by, request = Actor.of_user(imogen), {"earliest_date": "2026-11-23", "time": "08:30"}
    offer = booking.propose(
        patient=make_patient(clinic), protocol=protocol, site=clinic, request=request, by=by, now=now
    )
    return booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now)


@pytest.fixture
def call(site):
    return Caller(site)


@pytest.fixture
def shut(call, course, site):
    """The clinic is closed on Wednesday."""
    return call("POST", "disruptions", {"site": str(site.uid), "kind": "site", **WEDNESDAY}).json()


@pytest.fixture
def replan(call, shut):
    return call("POST", f"disruptions/{shut['id']}/replans", {}).json()


def test_a_disruption_is_tried_out_without_a_trace(call, course, site, chairs):
    answer = call("POST", "disruptions/quote", {"site": str(site.uid), "kind": "site", **WEDNESDAY})

    assert answer.status_code == 200
    (change, *_) = answer.json()["changes"]
    assert change["course"] == str(course.uid)
    assert change["before"]["start"] == "2026-11-25T08:30:00+00:00"
    assert answer.json()["bounds"]["people_bound"] == 1
    assert [Disruption.objects.count(), Closure.objects.count()] == [0, 0]


def test_a_disruption_is_reported_with_what_it_hits(call, course, site, shut):
    (session,) = course.sessions.filter(starts_at__date="2026-11-25")

    assert shut["affected"] == [str(session.uid)]
    assert (shut["state"], shut["replan"]) == ("open", None)
    assert Closure.objects.count() == 1
    assert AuditEntry.objects.filter(action="disruption reported", actor="billing (system)").exists()
    assert call("GET", f"disruptions/{shut['id']}").json() == shut
    assert [item["id"] for item in call("GET", "disruptions?state=open").json()["items"]] == [shut["id"]]


def test_a_disruption_is_reported_once_however_often_it_is_sent(call, course, site):
    body = {"site": str(site.uid), "kind": "site", **WEDNESDAY}

    answers = [call("POST", "disruptions", body, Idempotency_Key="flood-1") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert Disruption.objects.count() == 1


def test_a_replan_is_applied_and_undone_as_one(call, course, shut, replan):
    before = list(course.sessions.order_by("pk").values_list("starts_at", "chair", "technician"))
    assert {change["course"] for change in replan["changes"]} == {str(course.uid)}

    done = call("POST", f"replans/{replan['id']}/apply", {"revision": 1}).json()

    assert (done["courses"], done["refused"]) == (1, [])
    assert {change["state"] for change in done["replan"]["changes"]} == {"applied"}
    assert call("GET", f"disruptions/{shut['id']}").json()["affected"] == []
    assert not Session.objects.filter(starts_at__date="2026-11-25").exists()

    back = call("POST", f"replans/{replan['id']}/undo")

    assert back.json()["state"] == "undone"
    assert list(course.sessions.order_by("pk").values_list("starts_at", "chair", "technician")) == before


def test_what_no_longer_fits_is_refused_with_a_fresh_plan(call, course, shut, replan):
    Session.objects.filter(starts_at__date="2026-11-25").update(version=4)

    done = call("POST", f"replans/{replan['id']}/apply", {"revision": 1, "courses": [str(course.uid)]}).json()

    assert [item["course"] for item in done["refused"]] == [str(course.uid)]
    assert done["sessions"] == 0
    assert done["replan"]["revision"] == 2
    assert call("POST", f"replans/{replan['id']}/apply", {"revision": 2}).json()["courses"] == 1


def test_an_answer_that_is_not_the_current_one_is_not_applied(call, replan):
    Replan.objects.update(revision=3)

    assert_problem(call("POST", f"replans/{replan['id']}/apply", {"revision": 1}), 412, "stale")


def test_undoing_what_was_not_applied_is_refused(call, replan):
    assert_problem(call("POST", f"replans/{replan['id']}/undo"), 409, "not-possible")


def test_what_came_of_a_call_is_noted_and_keeps_the_answer_as_it_is(call, course, replan):
    assert (replan["is_searching"], replan["searched_seconds"]) == (True, 0)

    noted = call("POST", f"replans/{replan['id']}/calls", {"course": str(course.uid), "call": "not-reached"}).json()

    assert {change["call"] for change in noted["changes"]} == {"not-reached"}
    assert noted["is_searching"] is False
    wrong = call("POST", f"replans/{replan['id']}/calls", {"course": str(course.uid), "call": "asleep"})
    assert_problem(wrong, 400, "invalid-request")
    stranger = {"course": "7d5a3c52-5a51-4f3b-9f0e-6f2b0c1d2e3f", "call": "agreed"}
    assert_problem(call("POST", f"replans/{replan['id']}/calls", stranger), 409, "not-possible")


def test_the_search_is_stopped_and_stopping_it_again_changes_nothing(call, replan):
    for _ in range(2):
        stopped = call("POST", f"replans/{replan['id']}/stop").json()
        assert (stopped["is_searching"], stopped["revision"]) == (False, 1)

    assert AuditEntry.objects.filter(action="replan search stopped").count() == 1


def test_disruptions_are_read_in_pages(call, site, shut):
    thursday = {"starts_at": "2026-11-26T00:00:00Z", "ends_at": "2026-11-27T00:00:00Z"}
    call("POST", "disruptions", {"site": str(site.uid), "kind": "site", **thursday})

    first = call("GET", "disruptions?limit=1").json()
    rest = call("GET", f"disruptions?limit=1&cursor={first['next']}").json()

    assert [item["id"] for item in first["items"]] == [shut["id"]]
    assert (len(rest["items"]), rest["next"]) == (1, None)


def test_a_mistake_is_withdrawn(call, shut):
    assert call("POST", f"disruptions/{shut['id']}/withdraw").json()["state"] == "withdrawn"
    assert not Closure.objects.exists()


def test_what_cannot_be_so_is_refused_with_its_field(call, site):
    body = {"site": str(site.uid), "kind": "site", "starts_at": WEDNESDAY["ends_at"], "ends_at": WEDNESDAY["starts_at"]}

    found = assert_problem(call("POST", "disruptions", body), 422, "impossible-request")

    assert [error["field"] for error in found["errors"]] == ["ends_at"]


def test_another_clinics_system_finds_nothing(other_site, site, shut, replan):
    stranger = Caller(other_site, name="stranger")

    assert stranger("GET", "disruptions").json()["items"] == []
    for method, path, body in (
        ("GET", f"disruptions/{shut['id']}", None),
        ("POST", f"disruptions/{shut['id']}/withdraw", None),
        ("POST", f"disruptions/{shut['id']}/replans", {}),
        ("GET", f"replans/{replan['id']}", None),
        ("POST", f"replans/{replan['id']}/apply", {"revision": 1}),
        ("POST", f"replans/{replan['id']}/undo", None),
        ("POST", f"replans/{replan['id']}/stop", None),
        ("POST", f"replans/{replan['id']}/calls", {"course": replan["changes"][0]["course"], "call": "agreed"}),
        ("POST", "disruptions", {"site": str(site.uid), "kind": "site", **WEDNESDAY}),
        ("POST", "disruptions/quote", {"site": str(site.uid), "kind": "site", **WEDNESDAY}),
    ):
        assert_problem(stranger(method, path, body), 404, "not-found")


def test_a_token_that_may_only_read_changes_nothing(site, shut, replan):
    reader = Caller(site, scopes=("disruptions:read",), name="reader")

    assert reader("GET", f"replans/{replan['id']}").status_code == 200
    assert_problem(reader("POST", f"replans/{replan['id']}/apply", {"revision": 1}), 403, "not-allowed")
