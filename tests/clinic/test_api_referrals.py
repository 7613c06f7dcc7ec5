"""The waiting list for other systems."""

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
