"""Courses at risk: the desk's work list and what other systems read of it."""

import json
from base64 import b64decode
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AuditEntry, Closure, Course, Session
from clinic.selectors.risks import courses_at_risk
from clinic.services import decisions
from clinic.services.audit import Actor
from scheduler import Phase, Visit

from .builders import NOW, at, make_course, make_patient, make_protocol, make_recipe, make_session, make_user
from .calling import Caller, assert_problem
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")

HELD = ["2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12"]
AHEAD = ["2026-11-20", "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"]


def running(patient, protocol, chair, technician, held=HELD, ahead=AHEAD, clock="09:30", **fields):
    """Book ten sessions of a course that began on Monday 9 November; it is now Friday the 20th."""
    course = make_course(patient, protocol, **{"request": {"earliest_date": "2026-11-09"}} | fields)
    for day in (*held, *ahead):
        status = "fulfilled" if day in held else "booked"
        make_session(course, chair, technician, at(day, clock), status=status)
    return course


@pytest.fixture
def late(clinic, margaret, protocol, chairs, technicians):
    """Margaret's course: nothing between 12 and 20 November, eight days where seven are allowed."""
    return running(margaret, protocol, chairs[0], technicians[0])


@pytest.fixture
def steady(clinic, pia, protocol, chairs, technicians):
    """Pia's course, of which there is nothing to tell."""
    held = [*HELD, "2026-11-13", "2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"]
    course = running(pia, protocol, chairs[1], technicians[1], held=held, ahead=["2026-11-20"])
    make_session(
        course, chairs[1], technicians[1], at("2026-12-21", "09:30"), kind="follow-up", phase="one month", minutes=20
    )
    return course


def codes(row):
    return [line.code for line in row.lines]


def test_only_courses_in_danger_are_on_the_list(site, late, steady):
    (row,) = courses_at_risk(site, NOW)

    assert row.course == late
    assert row.level == "red"
    assert codes(row) == ["gap-ahead", "follow-up-missing"]
    assert (row.watch.done, row.watch.to_come, row.total) == (4, 6, 10)


def test_red_courses_come_before_amber_ones_and_those_that_lack_most_first(
    site, late, pia, protocol, chairs, technicians
):
    other = running(pia, protocol, chairs[1], technicians[1])
    other.sessions.filter(number=6).update(status="noshow")
    calm = running(make_patient(site), protocol, chairs[2], technicians[2], held=[], ahead=AHEAD)

    assert [row.course for row in courses_at_risk(site, NOW)] == [other, late, calm]


def test_cancelled_and_forgotten_courses_are_not_watched(site, late):
    Course.objects.update(status="revoked")
    assert courses_at_risk(site, NOW) == ()

    Course.objects.update(status="active")
    assert courses_at_risk(site, NOW + timedelta(days=600)) == ()


def test_an_authorisation_of_the_request_is_watched(site, pia, protocol, chairs, technicians):
    allowed = {"first_date": "2026-11-01", "last_date": "2026-11-26", "units": 10}
    request = {"earliest_date": "2026-11-09", "authorisation": allowed}
    running(pia, protocol, chairs[1], technicians[1], request=request)

    (row,) = courses_at_risk(site, NOW)

    assert "authorisation-too-short" in codes(row)
    assert any("Ask the insurer to extend it to Fri 27 Nov 2026." in line.sentence for line in row.lines)


def test_days_on_which_the_clinic_was_shut_are_nobody_s_fault(site, late):
    monday = NOW + timedelta(days=3)
    assert "weeks-trailing" in codes(courses_at_risk(site, monday)[0])
    Closure.objects.create(
        site=site, starts_at=at("2026-11-16", "00:00"), ends_at=at("2026-11-20", "00:00"), cause="Water damage"
    )

    assert "weeks-trailing" not in codes(courses_at_risk(site, monday)[0])


def test_a_request_that_cannot_be_read_any_more_hides_no_other_course(site, late, pia, protocol, chairs, technicians):
    broken = running(pia, protocol, chairs[1], technicians[1])
    Course.objects.filter(pk=broken.pk).update(request={"earliest_date": "whenever"})

    assert [row.course for row in courses_at_risk(site, NOW)] == [late]


def test_a_hundred_courses_cost_as_many_queries_as_one(
    site, late, protocol, chairs, technicians, django_assert_num_queries
):
    with django_assert_num_queries(6):
        assert len(courses_at_risk(site, NOW)) == 1
    patients = [make_patient(site) for _ in range(100)]
    Course.objects.bulk_create(
        Course(
            patient=patient,
            protocol=protocol,
            site=site,
            request={"earliest_date": "2026-11-09", "chair": str(chairs[0].uid), "time": "09:30"},
            booked_at=NOW,
            updated_at=NOW,
        )
        for patient in patients
    )
    model = list(late.sessions.all())
    for course in Course.objects.exclude(pk=late.pk):
        Session.objects.bulk_create(
            Session(
                course=course,
                patient_id=course.patient_id,
                site=site,
                **{
                    name: getattr(row, name)
                    for name in ("number", "kind", "phase", "status", "starts_at", "ends_at", "chair_until")
                },
                updated_at=NOW,
            )
            for row in model
        )

    with django_assert_num_queries(6):
        assert len(courses_at_risk(site, NOW)) == 101


def test_the_desk_reads_what_is_wrong_and_what_to_do_next(desk, late, steady):
    page = page_of(desk.get(reverse("frontdesk:risks")))

    assert "1 running course needs somebody, 1 of them now." in page
    assert "OKONJO, Margaret" in page
    assert "LINDQVIST" not in page
    assert "4 of 10 done, 6 to come" in page
    assert "From Thu 12 Nov 2026 to Fri 20 Nov 2026 there are 8 days without a session" in page
    move = reverse("frontdesk:move", args=[late.sessions.get(number=5).uid])
    assert f'href="{move}"' in page


def test_a_technician_who_may_not_move_is_led_to_the_course(client, site, late):
    client.force_login(make_user(site, role="technician"))

    page = page_of(client.get(reverse("frontdesk:risks")))

    assert "Bring it forward" not in page
    assert "Look at the course" in page


def test_past_sessions_lead_to_their_day(desk, steady):
    steady.sessions.filter(number=8).update(status="booked")

    page = page_of(desk.get(reverse("frontdesk:risks")))

    assert "Say what became of it" in page
    assert reverse("frontdesk:day", args=["2026-11-18"]) in page


def test_when_nothing_is_wrong_the_page_says_so(desk, steady):
    assert "No course is at risk." in page_of(desk.get(reverse("frontdesk:risks")))


def test_a_decision_that_is_due_is_on_the_list_until_it_is_noted(desk, site, pia, imogen, chairs, technicians):
    weekly = Phase(name="weekly", visit=Visit(minutes=30), sessions=4, per_week_max=1, condition="if pain eased")
    recipe = make_recipe(slug="responders", follow_ups=())
    protocol = make_protocol(make_recipe(slug="responders", follow_ups=(), phases=(*recipe.phases, weekly)))
    held = [*HELD, "2026-11-13", "2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"]
    course = running(pia, protocol, chairs[1], technicians[1], held=held, ahead=["2026-11-20"])

    page = page_of(desk.get(reverse("frontdesk:risks")))
    decisions.decline(course=course, phase="weekly", by=Actor.of_user(imogen), now=NOW)

    assert "goes on with “weekly” is to be decided by Fri 20 Nov 2026" in page
    assert reverse("frontdesk:decisions", args=[course.uid]) in page
    assert courses_at_risk(site, NOW) == ()


def test_paul_of_another_clinic_sees_nobody_of_this_one(other_desk, site, late):
    assert "OKONJO" not in page_of(other_desk.get(reverse("frontdesk:risks")))
    assert other_desk.get(reverse("frontdesk:risks"), {"site": str(site.uid)}).status_code == 404


def test_somebody_of_two_clinics_chooses_between_them(client, site, other_site, late):
    client.force_login(make_user(site, other_site))

    here = page_of(client.get(reverse("frontdesk:risks"), {"site": str(site.uid)}))
    there = page_of(client.get(reverse("frontdesk:risks"), {"site": str(other_site.uid)}))

    assert "OKONJO" in here
    assert "OKONJO" not in there


def test_other_systems_read_the_risks(site, late, steady):
    (item,) = Caller(site)("GET", "risks").json()["items"]

    assert item["course"] == str(late.uid)
    assert (item["level"], item["done"], item["missing"], item["longest_gap"]) == ("red", 4, 0, 8)
    assert (item["days_since"], item["forecast_end"]) == (8, "2026-11-27")
    assert item["risks"][0]["code"] == "gap-ahead"
    assert item["risks"][0]["session"] == str(late.sessions.get(number=5).uid)
    assert AuditEntry.objects.get(action="read by another system").patient == late.patient


def test_risks_are_chosen_by_level_and_number(site, late, pia, protocol, chairs, technicians):
    running(pia, protocol, chairs[1], technicians[1], held=[], ahead=AHEAD)
    billing = Caller(site)

    assert len(billing("GET", "risks").json()["items"]) == 2
    assert [item["level"] for item in billing("GET", "risks?level=amber").json()["items"]] == ["amber"]
    assert [item["level"] for item in billing("GET", "risks?limit=1").json()["items"]] == ["red"]
    assert_problem(billing("GET", "risks?level=green"), 400, "invalid-request")


def test_risks_are_read_in_pages_without_a_name_in_the_address(site, late, pia, protocol, chairs, technicians):
    running(pia, protocol, chairs[1], technicians[1], held=[], ahead=AHEAD)
    billing = Caller(site)

    first = billing("GET", "risks?limit=1").json()
    rest = billing("GET", f"risks?limit=1&cursor={first['next']}").json()

    assert [page["items"][0]["level"] for page in (first, rest)] == ["red", "amber"]
    assert rest["next"] is None
    assert all(type(number) is int for number in json.loads(b64decode(first["next"] + "==")))
    for cursor in ("x", "WyJhIl0", "W1tbXV1d", "MQ"):
        assert_problem(billing("GET", f"risks?cursor={cursor}"), 400, "invalid-request")


def test_another_site_s_risks_do_not_exist(site, other_site, late):
    stranger = Caller(other_site)

    assert stranger("GET", "risks").json()["items"] == []
    assert_problem(stranger("GET", f"risks?site={site.uid}"), 404, "not-found")
    assert not AuditEntry.objects.filter(action="read by another system").exists()


def test_reading_risks_costs_a_fixed_number_of_queries(site, late, pia, protocol, chairs, technicians):
    billing = Caller(site)
    billing("GET", "risks")
    with CaptureQueriesContext(connection) as one:
        billing("GET", "risks")
    running(pia, protocol, chairs[1], technicians[1])

    with CaptureQueriesContext(connection) as two:
        assert len(billing("GET", "risks").json()["items"]) == 2
    assert len(two) == len(one)
