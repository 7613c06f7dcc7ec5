"""Other systems ask what is free of a day, and whom it would suit."""

from urllib.parse import urlencode

import pytest

from clinic.models import AuditEntry
from clinic.services import waiting_list
from clinic.services.audit import Actor

from .builders import NOW, at, make_course, make_patient, make_session
from .calling import Caller, assert_problem

pytestmark = pytest.mark.usefixtures("clock")
NINE, TEN = "2026-11-23T09:00:00+00:00", "2026-11-23T10:00:00+00:00"


@pytest.fixture
def billing(clinic):
    """Another system that works with this clinic only."""
    return Caller(clinic)


def fits(starts_at=NINE, ends_at=TEN, **more):
    return f"gaps/fits?{urlencode({'starts_at': starts_at, 'ends_at': ends_at, **more})}"


def test_a_gap_suits_make_ups_first_and_then_those_who_wait(
    billing, clinic, margaret, pia, protocol, chairs, technicians
):
    refers = {"protocol": protocol, "site": clinic, "request": {"earliest_date": "2026-11-23"}}
    waits = waiting_list.refer(patient=margaret, **refers, by=Actor.of_command("test"), now=NOW)
    course = make_course(pia, protocol)
    missed = make_session(course, chairs[0], technicians[0], at("2026-11-19", "09:00"), status="noshow")
    make_session(make_course(make_patient(clinic), protocol), chairs[1], technicians[1], at("2026-11-23", "10:00"))

    day = billing("GET", "gaps?date=2026-11-23").json()["items"]
    found = billing("GET", fits(chair=str(chairs[0].uid))).json()["items"]

    spans = [(gap["chair"]["name"], gap["starts_at"][11:16], gap["ends_at"][11:16], gap["fits"]) for gap in day]
    assert ("Chair 2", "08:00", "10:00", 2) in spans
    assert found == [
        {"patient": str(pia.uid), "starts_at": NINE, "minutes": 30, "session": str(missed.uid), "referral": None},
        {"patient": str(margaret.uid), "starts_at": NINE, "minutes": 60, "session": None, "referral": str(waits.uid)},
    ]
    assert set(
        AuditEntry.objects.filter(action="read by another system").values_list("patient__number", flat=True)
    ) == {
        pia.number,
        margaret.number,
    }


@pytest.mark.parametrize(
    "path",
    [
        "gaps?date=soon",
        "gaps?date=2099-01-01",
        "gaps/fits",
        fits(starts_at=TEN, ends_at=NINE),
        fits(ends_at="2026-11-25T10:00:00+00:00"),
        fits(starts_at="2099-11-23T09:00:00+00:00", ends_at="2099-11-23T10:00:00+00:00"),
        fits(starts_at="2026-11-23T09:00:00"),
    ],
)
def test_a_gap_that_cannot_be_is_refused(billing, path):
    assert_problem(billing("GET", path), 400, "invalid-request")


def test_the_gaps_of_another_clinic_do_not_exist(site, other_site, chairs):
    stranger = Caller(other_site)

    assert_problem(stranger("GET", f"gaps?site={site.uid}"), 404, "not-found")
    assert_problem(stranger("GET", fits(site=str(site.uid))), 404, "not-found")
    assert_problem(stranger("GET", fits(chair=str(chairs[0].uid))), 404, "not-found")
