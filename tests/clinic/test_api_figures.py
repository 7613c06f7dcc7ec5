"""Other systems read how the weeks went, and how much of each chair and technician is used."""

import pytest

from .builders import at, make_course, make_patient, make_session
from .calling import Caller, assert_problem

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def billing(clinic):
    """Another system that works with this clinic only."""
    return Caller(clinic)


@pytest.fixture
def tuesday(clinic, protocol, chairs, technicians):
    """A course that was booked on Monday 9 November and began a day later; then one session was missed."""
    course = make_course(make_patient(clinic), protocol, booked_at=at("2026-11-09", "07:00"))
    make_session(course, chairs[0], technicians[0], at("2026-11-10", "09:00"), status="fulfilled")
    make_session(course, chairs[0], technicians[0], at("2026-11-11", "09:00"), status="noshow")
    return course


def test_the_weeks_before_this_one_are_counted(billing, tuesday):
    items = billing("GET", "capacity/figures").json()["items"]

    assert [item["first_date"] for item in items] == ["2026-10-19", "2026-10-26", "2026-11-02", "2026-11-09"]
    assert items[-1] == {
        "first_date": "2026-11-09",
        "last_date": "2026-11-15",
        "done": 1,
        "missed": 1,
        "unnoted": 0,
        "freed": 0,
        "refilled": 0,
        "waits": [1],
    }


def test_each_chair_and_technician_has_its_minutes(billing, tuesday, chairs):
    items = billing("GET", "capacity/usage?first_date=2026-11-11&weeks=1").json()["items"]

    first = next(item for item in items if item["name"] == "Chair 1")
    assert first == {
        "first_date": "2026-11-09",
        "last_date": "2026-11-15",
        "kind": "chair",
        "id": str(chairs[0].uid),
        "name": "Chair 1",
        "used_minutes": 35,
        "open_minutes": 3000,
        "percent": 1,
    }
    assert {item["kind"] for item in items} == {"chair", "technician"}
    assert len(items) == 4 + 5


@pytest.mark.parametrize("address", ["capacity/usage", "capacity/figures"])
@pytest.mark.parametrize(
    "query", ["weeks=0", "weeks=27", "first_date=0001-01-01", "first_date=9999-12-31", "first_date=monday", "chair=1"]
)
def test_what_cannot_be_read_is_said(billing, address, query):
    assert_problem(billing("GET", f"{address}?{query}"), 400, "invalid-request")


@pytest.mark.parametrize("address", ["capacity/usage", "capacity/figures"])
def test_a_system_of_another_clinic_reads_nothing_of_this_one(clinic, other_site, tuesday, address):
    answer = Caller(other_site)("GET", f"{address}?site={clinic.uid}")

    assert answer.status_code in (400, 404)
    assert "Chair 1" not in str(Caller(other_site)("GET", address).json())
