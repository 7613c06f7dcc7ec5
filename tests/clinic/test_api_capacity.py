"""Other systems ask how full the clinic is, how soon a course could begin, and what if the clinic were changed."""

from datetime import datetime
from uuid import uuid4

import pytest

from clinic.models import AuditEntry, Proposal
from clinic.selectors.what_if import Question
from clinic.services import what_if
from clinic.services.audit import Actor

from .builders import NOW, make_protocol, make_recipe
from .calling import Caller, assert_problem

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def billing(clinic):
    """Another system that works with this clinic only."""
    return Caller(clinic)


def test_other_systems_read_the_load(billing, clinic, busy, chairs):
    found = billing("GET", "capacity?weeks=2").json()
    alone = billing("GET", f"capacity?weeks=2&chair={chairs[0].uid}").json()

    eight = {"week": "2026-11-23", "hour": 8}
    assert found["site"] == str(clinic.uid)
    assert eight | {"booked_minutes": 90, "open_minutes": 1200, "percent": 8} in found["items"]
    assert eight | {"booked_minutes": 90, "open_minutes": 300, "percent": 30} in alone["items"]


def test_other_systems_get_quotes_without_naming_a_patient(billing, busy, protocol):
    body = {"protocol": protocol.slug, "request": {"earliest_date": "2026-11-23", "time": "08:30"}}

    found = billing("POST", "quotes", body).json()

    assert [offer["kind"] for offer in found["offers"]][:2] == ["soonest", "wished time"]
    assert found["offers"][0] | {"plan": None} == {
        "kind": "soonest",
        "first_date": "2026-11-23",
        "days_later": 0,
        "plan": None,
    }
    assert len(found["offers"][0]["plan"]["sessions"]) == 11
    assert found["reasons"] == []
    assert not Proposal.objects.exists()
    assert not AuditEntry.objects.filter(action="read by another system").exists()


def test_a_quote_for_a_patient_minds_their_other_sessions_and_is_recorded(billing, busy, margaret, protocol):
    body = {"protocol": protocol.slug, "patient": str(margaret.uid), "request": {"earliest_date": "2026-11-23"}}

    (first, *_) = billing("POST", "quotes", body).json()["offers"]

    taken = {session.starts_at for session in busy.sessions.all()}
    assert not taken & {datetime.fromisoformat(session["start"]) for session in first["plan"]["sessions"]}
    assert AuditEntry.objects.get(action="read by another system").patient == margaret


def test_where_no_course_fits_the_quotes_say_why(billing, chairs, protocol):
    for chair in chairs:
        chair.is_active = False
        chair.save()

    found = billing("POST", "quotes", {"protocol": protocol.slug, "request": {"earliest_date": "2026-11-23"}}).json()

    assert found["offers"] == []
    assert found["reasons"][0]["sentence"]


@pytest.mark.usefixtures("patience")
def test_other_systems_ask_what_if(billing, protocol, technicians):
    make_protocol(make_recipe(slug="other"))
    body = {
        "weeks": 2,
        "people_a_week": 2,
        "mix": [{"protocol": protocol.slug, "share": 1}],
        "more_chairs": 1,
        "more_hours": "Sat 09:00-13:00",
        "part_time": {"technician": str(technicians[0].uid), "hours": "Mon 08:00-12:00"},
        "switch": {"instead_of": protocol.slug, "give": "other"},
    }

    answer = billing("POST", "what-if", body)

    found = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"/api/v1/what-if/{found['id']}")
    assert (found["first_date"], found["weeks"], found["is_running"]) == ("2026-11-23", 2, False)
    assert billing("GET", f"what-if/{found['id']}").json() == found
    for side in ("before", "after"):
        assert sum(month["courses"] for month in found[side]["starts"]) + found[side]["turned_away"] == 4
        assert [load["week"] for load in found[side]["loads"]] == ["2026-11-23", "2026-11-30"]


def test_other_systems_see_an_answer_grow_and_can_stop_it(billing, protocol, monkeypatch):
    monkeypatch.setattr(what_if, "SECONDS", 0)
    mix = [{"protocol": protocol.slug, "share": 1}]
    asked = [billing("POST", "what-if", {"weeks": weeks, "people_a_week": 1, "mix": mix}).json() for weeks in (3, 26)]

    stopped = billing("POST", f"what-if/{asked[0]['id']}/stop").json()
    what_if.go_on_due(now=NOW)
    done = billing("GET", f"what-if/{asked[1]['id']}").json()

    assert (asked[1]["weeks"], asked[1]["weeks_asked"], asked[1]["is_running"]) == (1, 26, True)
    assert (stopped["weeks"], stopped["weeks_asked"], stopped["is_running"]) == (1, 3, False)
    assert (done["weeks"], done["is_running"], len(done["after"]["loads"])) == (26, False, 26)


@pytest.mark.parametrize(
    "wrong, status, kind",
    [
        ({"mix": []}, 400, "invalid-request"),
        ({"people_a_week": 1000}, 400, "invalid-request"),
        ({"more_hours": "often"}, 400, "invalid-request"),
        ({"more_hours": ""}, 400, "invalid-request"),
        ({"part_time": {"technician": str(uuid4()), "hours": "Mon 08:00-12:00"}}, 404, "not-found"),
        ({"switch": {"instead_of": "ten-daily", "give": "nothing"}}, 404, "not-found"),
        ({}, 422, "impossible-request"),
    ],
)
def test_a_what_if_that_cannot_be_is_refused(billing, protocol, wrong, status, kind):
    assert_problem(billing("POST", "what-if", {"weeks": 1} | wrong), status, kind)


def test_another_clinic_s_capacity_does_not_exist(site, other_site, margaret, protocol, chairs):
    stranger = Caller(other_site)
    asked = {"protocol": protocol.slug, "request": {"earliest_date": "2026-11-23"}}

    assert_problem(stranger("GET", f"capacity?site={site.uid}"), 404, "not-found")
    assert_problem(stranger("GET", f"capacity?chair={chairs[0].uid}"), 404, "not-found")
    assert_problem(stranger("POST", "quotes", asked | {"site": str(site.uid)}), 404, "not-found")
    assert_problem(stranger("POST", "quotes", asked | {"patient": str(margaret.uid)}), 404, "not-found")
    assert_problem(stranger("POST", "what-if", {"site": str(site.uid)}), 404, "not-found")
    mix = ((protocol.slug, 1),)
    row = what_if.ask(site=site, question=Question(a_week=1, mix=mix), weeks=1, by=Actor.of_command("test"), now=NOW)
    assert_problem(stranger("GET", f"what-if/{row.uid}"), 404, "not-found")
    assert_problem(stranger("POST", f"what-if/{row.uid}/stop"), 404, "not-found")


def test_a_token_of_two_clinics_names_the_one_it_means(site, other_site):
    both = Caller(site, other_site)

    assert_problem(both("GET", "capacity"), 400, "invalid-request")
    assert both("GET", f"capacity?site={site.uid}").status_code == 200
