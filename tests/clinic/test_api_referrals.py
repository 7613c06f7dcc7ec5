"""The waiting list for other systems."""

from datetime import timedelta

import pytest

from clinic.models import AuditEntry, Proposal, Referral

from .builders import make_patient
from .calling import Caller, assert_problem

pytestmark = pytest.mark.usefixtures("clock")


def asked(patient, **more):
    request = {"earliest_date": "2026-11-23"}
    return {"patient": str(patient.uid), "protocol": "ten-daily", "request": request} | more


@pytest.fixture
def intake(clinic, protocol):
    return Caller(clinic, name="intake")


def test_a_referral_is_put_on_the_list_and_read_back(intake, margaret):
    made = intake("POST", "referrals", asked(margaret, priority="urgent", authorisation="granted"))

    assert made.status_code == 201
    (item,) = intake("GET", "referrals").json()["items"]
    assert item == made.json()
    assert (item["priority"], item["authorisation"], item["state"]) == ("urgent", "granted", "waiting")
    assert item["proposal"] is None
    assert AuditEntry.objects.filter(action="read by another system", patient=margaret).count() == 1


def test_sending_a_referral_twice_with_its_key_adds_it_once(intake, margaret):
    first = intake("POST", "referrals", asked(margaret), Idempotency_Key="r-1")
    again = intake("POST", "referrals", asked(margaret), Idempotency_Key="r-1")

    assert again.json() == first.json()
    assert Referral.objects.count() == 1
    assert_problem(intake("POST", "referrals", asked(margaret)), 409, "not-possible")


def test_a_referral_that_cannot_be_is_refused(intake, margaret):
    wrong = asked(margaret, request={"earliest_date": "2026-11-23", "availability": "whenever"})
    assert_problem(intake("POST", "referrals", wrong), 422, "impossible-request")
    assert_problem(intake("POST", "referrals", asked(margaret, priority="now")), 400, "invalid-request")


def test_a_dry_run_says_what_each_would_get_and_holds_nothing(intake, clinic, margaret, pia):
    intake("POST", "referrals", asked(margaret))
    impossible = {"earliest_date": "2026-11-23", "latest_date": "2026-11-27"}
    intake("POST", "referrals", asked(pia, request=impossible))

    answer = intake("POST", "referrals/admit", {"site": str(clinic.uid)}).json()

    one, other = answer["items"]
    assert (answer["applied"], one["fits"], other["fits"]) == (False, True, False)
    assert len(one["plan"]["sessions"]) == 11
    assert other["why_not"]
    assert not Proposal.objects.exists()


def test_what_is_offered_can_be_booked_as_a_course(intake, clinic, margaret):
    intake("POST", "referrals", asked(margaret))
    given = intake("POST", "referrals/admit", {"site": str(clinic.uid), "apply": True}).json()["items"][0]
    (item,) = intake("GET", "referrals?state=offered").json()["items"]

    course = intake("POST", "courses", {"proposal": item["proposal"]})

    assert course.status_code == 201
    starts = {session["start"] for session in course.json()["sessions"]}
    assert starts == {session["start"] for session in given["plan"]["sessions"]}
    assert intake("GET", "referrals?state=offered").json()["items"] == []
    assert [row["state"] for row in intake("GET", "referrals").json()["items"]] == ["booked"]


def test_another_site_s_waiting_list_does_not_exist(intake, clinic, other_site, margaret):
    intake("POST", "referrals", asked(margaret))
    stranger = Caller(other_site)

    assert stranger("GET", "referrals").json()["items"] == []
    assert_problem(stranger("GET", f"referrals?site={clinic.uid}"), 404, "not-found")
    assert_problem(stranger("POST", "referrals", asked(margaret)), 404, "not-found")
    assert_problem(stranger("POST", "referrals/admit", {"site": str(clinic.uid), "apply": True}), 404, "not-found")
    assert not Proposal.objects.exists()


def test_a_token_that_may_only_read_puts_nobody_on_the_list(clinic, margaret, protocol):
    reader = Caller(clinic, scopes=["courses:read"])

    assert reader("GET", "referrals").status_code == 200
    assert_problem(reader("POST", "referrals", asked(margaret)), 403, "not-allowed")
    assert_problem(reader("POST", "referrals/admit", {"site": str(clinic.uid)}), 403, "not-allowed")


def test_the_list_is_read_in_pages(intake, clinic):
    for _ in range(3):
        intake("POST", "referrals", asked(make_patient(clinic)))

    first = intake("GET", "referrals?limit=2").json()
    rest = intake("GET", f"referrals?limit=2&cursor={first['next']}").json()

    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]


@pytest.fixture
def waits(intake, margaret):
    return intake("POST", "referrals", asked(margaret)).json()


def change(intake, waits, **changes):
    tag = intake("GET", f"referrals/{waits['id']}")["ETag"]
    return intake("PATCH", f"referrals/{waits['id']}", changes, If_Match=tag)


def test_a_referral_is_changed_by_whoever_has_read_it(intake, waits):
    assert_problem(intake("PATCH", f"referrals/{waits['id']}", {"priority": "urgent"}), 428, "if-match-missing")

    hours = {"earliest_date": "2026-12-01", "availability": "Mon-Fri 13:00-18:00"}
    changed = change(intake, waits, priority="urgent", authorisation="granted", request=hours).json()

    assert (changed["priority"], changed["authorisation"]) == ("urgent", "granted")
    assert changed["request"].items() >= hours.items()
    assert changed == intake("GET", f"referrals/{waits['id']}").json()
    stale = intake("PATCH", f"referrals/{waits['id']}", {"priority": "soon"}, If_Match='"old"')
    assert_problem(stale, 412, "stale")
    wrong = change(intake, waits, request={"earliest_date": "2026-12-01", "availability": "whenever"})
    assert_problem(wrong, 422, "impossible-request")


def test_times_held_for_other_hours_are_given_back(intake, waits):
    intake("POST", f"referrals/{waits['id']}/offer", {})

    changed = change(intake, waits, request={"earliest_date": "2026-12-01", "availability": "Mon-Fri 13:00-18:00"})

    assert changed.json()["state"] == "waiting"
    assert intake("POST", f"referrals/{waits['id']}/offer", {}).json()["state"] == "offered"


def test_one_person_is_offered_times_and_accepts(intake, waits):
    offered = intake("POST", f"referrals/{waits['id']}/offer", {}).json()
    assert (offered["state"], bool(offered["proposal"])) == ("offered", True)

    course = intake("POST", f"referrals/{waits['id']}/accept", Idempotency_Key="yes")

    assert course.status_code == 201
    assert len(course.json()["sessions"]) == 11
    assert intake("POST", f"referrals/{waits['id']}/accept", Idempotency_Key="yes").json() == course.json()
    assert intake("GET", f"referrals/{waits['id']}").json()["state"] == "booked"
    assert_problem(intake("POST", f"referrals/{waits['id']}/withdraw", {}), 409, "not-possible")


def test_a_course_is_offered_from_a_given_time_on(intake, waits, chairs):
    at = {"start": "2026-11-24T09:00:00Z", "chair": str(chairs[2].uid)}

    assert intake("POST", f"referrals/{waits['id']}/offer", at).json()["state"] == "offered"

    first = Proposal.objects.get().plans[0]["sessions"][0]
    assert (first["starts_at"], first["chair"]) == ("2026-11-24T09:00:00+00:00", str(chairs[2].pk))


def test_a_time_at_which_no_course_begins_is_refused(intake, waits, chairs):
    address = f"referrals/{waits['id']}/offer"
    refused = assert_problem(intake("POST", address, {"start": "2026-11-24T03:00:00Z"}), 409, "course-does-not-fit")
    assert refused["reasons"]
    assert_problem(intake("POST", address, {"chair": str(chairs[0].uid)}), 400, "invalid-request")
    assert not Proposal.objects.exists()


def test_times_that_are_declined_are_free_again(intake, waits):
    assert_problem(intake("POST", f"referrals/{waits['id']}/decline", {}), 409, "not-possible")
    intake("POST", f"referrals/{waits['id']}/offer", {})

    declined = intake("POST", f"referrals/{waits['id']}/decline", {"why": "too early"}).json()

    assert (declined["state"], declined["proposal"]) == ("waiting", None)
    assert AuditEntry.objects.get(action="times declined").why == "too early"


def test_somebody_is_taken_off_the_list(intake, waits):
    assert intake("POST", f"referrals/{waits['id']}/withdraw", {"why": "moved"}).json()["state"] == "withdrawn"
    assert_problem(intake("POST", f"referrals/{waits['id']}/accept"), 409, "not-possible")
    assert_problem(intake("POST", f"referrals/{waits['id']}/offer", {}), 409, "not-possible")


def test_an_offer_that_ran_out_is_not_booked(intake, waits, clock, now):
    intake("POST", f"referrals/{waits['id']}/offer", {})
    clock[0] = now + timedelta(hours=25)

    assert_problem(intake("POST", f"referrals/{waits['id']}/accept"), 409, "times-taken")
    assert intake("GET", f"referrals/{waits['id']}").json()["state"] == "waiting"


def test_the_list_is_planned_together_stopped_and_held_as_read(intake, clinic, waits):
    made = intake("POST", "admissions", {"site": str(clinic.uid)})
    plan = made.json()
    assert made["Location"] == f"/api/v1/admissions/{plan['id']}"
    assert (plan["is_searching"], plan["searched_seconds"], plan["search_seconds"]) == (True, 0, 30)
    assert [item["fits"] for item in plan["items"]] == [True]
    assert not Proposal.objects.exists()

    assert intake("POST", f"admissions/{plan['id']}/stop").json()["is_searching"] is False
    assert_problem(intake("POST", f"admissions/{plan['id']}/apply", {"revision": 2}), 412, "stale")
    done = intake("POST", f"admissions/{plan['id']}/apply", {"revision": 1}).json()

    assert done == {"held": [waits["id"]], "lost": []}
    after = intake("GET", f"admissions/{plan['id']}").json()
    assert (after["items"], bool(after["applied_at"])) == ([], True)
    assert_problem(intake("POST", f"admissions/{plan['id']}/apply", {"revision": 1}), 409, "not-possible")


def test_another_site_s_referrals_and_plans_are_not_there(intake, clinic, other_site, waits):
    plan = intake("POST", "admissions", {"site": str(clinic.uid)}).json()
    stranger = Caller(other_site)

    for method, path, body in (
        ("GET", f"referrals/{waits['id']}", None),
        ("PATCH", f"referrals/{waits['id']}", {"priority": "soon"}),
        ("POST", f"referrals/{waits['id']}/offer", {}),
        ("POST", f"referrals/{waits['id']}/accept", None),
        ("POST", f"referrals/{waits['id']}/decline", {}),
        ("POST", f"referrals/{waits['id']}/withdraw", {}),
        ("POST", "admissions", {"site": str(clinic.uid)}),
        ("GET", f"admissions/{plan['id']}", None),
        ("POST", f"admissions/{plan['id']}/stop", None),
        ("POST", f"admissions/{plan['id']}/apply", {"revision": 1}),
    ):
        assert_problem(stranger(method, path, body), 404, "not-found")
    reader = Caller(clinic, scopes=["courses:read"], name="reader")
    assert reader("GET", f"admissions/{plan['id']}").status_code == 200
    assert_problem(reader("POST", f"admissions/{plan['id']}/apply", {"revision": 1}), 403, "not-allowed")
