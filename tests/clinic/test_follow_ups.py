"""A follow-up without a date gets one."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from clinic.models import AuditEntry, OutboundMessage
from clinic.services import booking, diary_check

from .builders import at, make_user
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clinic")


@pytest.fixture
def course(clinic, margaret, protocol, by, now):
    """Ten daily sessions, the last on 4 December, and the follow-up a month later was cancelled."""
    request = {"earliest_date": "2026-11-23", "time": "08:30"}
    offer = booking.propose(patient=margaret, protocol=protocol, site=clinic, request=request, by=by, now=now)
    course = booking.book(proposal=offer, plan_kind=offer.plans[0]["kind"], by=by, now=now)
    visit = course.sessions.get(kind="follow-up")
    visit.occupancy.all().delete()
    visit.status = "cancelled"
    visit.save()
    OutboundMessage.objects.update(status="sent")
    return course


@pytest.fixture
def december(clock, desk, imogen, course):
    """The day after the last session, which was held like all others."""
    course.sessions.exclude(kind="follow-up").update(status="fulfilled")
    clock[0] = at("2026-12-05", "09:00")
    desk.force_login(imogen)
    return clock


def address(course, position=0):
    return reverse("frontdesk:follow-up", args=[course.uid, position])


def keys(page):
    return re.findall(r'name="opening" value="([^"]+)"', page)


def test_the_patient_s_page_and_the_risks_lead_to_booking_it(desk, course, december, margaret):
    link = f'href="{address(course)}"'
    assert link in page_of(desk.get(reverse("frontdesk:patient", args=[margaret.uid])))
    assert link in page_of(desk.get(reverse("frontdesk:risks")))


def test_it_is_offered_inside_its_window_and_booked(desk, course, december, clinic):
    page = page_of(desk.get(address(course)))
    assert "Due Monday 4 January 2027, best between Mon 28 Dec and Mon 11 Jan" in page
    days = {key[:10] for key in keys(page)}
    assert "2026-12-28" <= min(days) <= max(days) <= "2027-01-11"

    done = desk.post(address(course), {"opening": keys(page)[0]}, follow=True)

    assert "is booked" in page_of(done)
    booked = course.sessions.get(kind="follow-up", status="booked")
    assert booked.starts_at.isoformat() == keys(page)[0].split("/")[0]
    assert booked.phase == "one month"
    assert AuditEntry.objects.filter(action="follow-up booked", session=None, course=course).exists()
    assert OutboundMessage.objects.filter(template="changed", status="due").exists()
    assert diary_check.wrong_cells(now=december[0]) == ()
    assert diary_check.broken_rules(clinic, now=december[0]) == ()
    assert "has a date already" in page_of(desk.get(address(course), follow=True))


def test_booking_it_is_undone_for_three_minutes(desk, course, december):
    done = desk.post(address(course), {"opening": keys(page_of(desk.get(address(course))))[0]})

    desk.post(done["Location"])

    assert not course.sessions.filter(kind="follow-up", status="booked").exists()
    assert keys(page_of(desk.get(address(course))))


def test_a_place_that_somebody_else_has_by_now_is_not_booked(desk, course, december):
    key = keys(page_of(desk.get(address(course))))[0]
    moment = key.split("/")[0].replace("T08", "T03").replace("T09", "T03")

    for wrong, sentence in ((f"{moment}/", "Somebody else has this time"), ("x", "Choose one"), ("", "Choose one")):
        answer = desk.post(address(course), {"opening": wrong})
        assert answer.status_code == 409
        assert sentence in page_of(answer)
    assert not course.sessions.filter(kind="follow-up", status="booked").exists()


def test_one_that_is_overdue_is_booked_when_somebody_says_why(desk, imogen, course, december):
    december[0] = at("2027-02-01", "09:00")
    desk.force_login(imogen)
    page = page_of(desk.get(address(course)))
    assert "That time is over." in page
    chosen = {"opening": keys(page)[0]}

    assert "Say why" in page_of(desk.post(address(course), chosen))
    desk.post(address(course), chosen | {"why": "was abroad"})

    assert course.sessions.filter(kind="follow-up", status="booked").exists()
    assert AuditEntry.objects.get(action="follow-up booked").why == "was abroad"


def test_other_dates_are_looked_at_and_nonsense_is_told(desk, course, december):
    assert "Cannot read" in page_of(desk.get(address(course), {"on": "someday"}))
    days = {key[:10] for key in keys(page_of(desk.get(address(course), {"on": "2027-01-20"})))}
    assert min(days) >= "2027-01-20"
    assert desk.get(address(course, 7)).status_code == 302


def test_beyond_the_rota_there_is_nothing_to_choose(desk, course, december, technicians):
    for technician in technicians:
        technician.shifts.update(last_date=(december[0] + timedelta(days=3)).date())

    page = page_of(desk.get(address(course)))

    assert keys(page) == []
    assert "nobody has shifts yet" in page


def test_only_the_desk_of_this_clinic_books_it(other_desk, paul, client, site, course, december):
    other_desk.force_login(paul)
    assert other_desk.get(address(course)).status_code == 404
    assert other_desk.post(address(course), {"opening": "x"}).status_code == 404
    client.force_login(make_user(site, role="technician"))
    assert client.get(address(course)).status_code == 403
