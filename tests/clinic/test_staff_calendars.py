"""Calendars of a chair and of a technician: what they tell, to whom, and when they stop."""

import re
from datetime import timedelta

import pytest
import vobject
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEntry, StaffCalendar, User
from clinic.services import staff_calendars

from .builders import at, make_course, make_session
from .pages import page_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def course(margaret, protocol, chairs, technicians):
    """One visit on chair 1 with Ana, one on chair 2 with Ben, one on chair 1 with Ben."""
    course = make_course(margaret, protocol)
    for day, chair, technician in (("23", 0, 0), ("24", 1, 1), ("25", 0, 1)):
        make_session(course, chairs[chair], technicians[technician], at(f"2026-11-{day}", "08:30"))
    return course


@pytest.fixture
def manager(desk, imogen):
    User.objects.filter(pk=imogen.pk).update(role="manager")
    return desk


@pytest.fixture
def make(manager):
    def made(kind, place, **data):
        name = {"chair": "chair-calendars", "technician": "technician-calendars"}[kind]
        return manager.post(reverse(f"frontdesk:setup:{name}", args=[place.uid]), {"do": "make"} | data)

    return made


def address_in(answer):
    found = re.search(r"/calendar/[\w-]{43}\.ics", page_of(answer))
    return found and found[0]


def events(address):
    return vobject.readOne(Client().get(address).content.decode()).contents.get("vevent", [])


def test_a_chair_and_a_technician_have_calendars_with_initials_and_numbers_alone(make, course, chairs, technicians):
    chair = address_in(make("chair", chairs[0]))
    technician = address_in(make("technician", technicians[1]))

    assert [event.summary.value for event in events(chair)] == ["MO 1", "MO 3"]
    assert [(event.summary.value, event.location.value) for event in events(technician)] == [
        ("MO 2", "Chair 2"),
        ("MO 3", "Chair 1"),
    ]
    text = Client().get(chair).content
    for absent in (b"Okonjo", b"Margaret", b"10042", b"Ten daily", b"acute", b"rtms", b"treatment", b"Harbour"):
        assert absent not in text
    assert b"X-WR-CALNAME:Clinic diary" in text


def test_what_is_moved_to_another_chair_leaves_one_calendar_and_enters_the_other(make, course, chairs):
    first, second = (address_in(make("chair", chair)) for chair in chairs[:2])
    seen = Client().get(first)["ETag"]

    course.sessions.filter(number=1).update(chair=chairs[1], version=1)

    assert [event.summary.value for event in events(first)] == ["MO 3"]
    assert [event.summary.value for event in events(second)] == ["MO 1", "MO 2"]
    assert Client().get(first, headers={"If-None-Match": seen}).status_code == 200


def test_only_some_weeks_are_told(make, course, chairs):
    for number, days in ((1, -15), (3, 121)):
        start = at("2026-11-20", "09:00") + timedelta(days=days)
        end = start + timedelta(minutes=30)
        course.sessions.filter(number=number).update(starts_at=start, ends_at=end, chair_until=end)

    assert not events(address_in(make("chair", chairs[0])))


def test_an_address_is_shown_once_replaced_and_ended(make, manager, course, chairs, clock):
    made = make("chair", chairs[0], label="screen at the desk")
    first = address_in(made)
    page = reverse("frontdesk:setup:chair", args=[chairs[0].uid])
    assert Client().get(first).status_code == 200
    assert first not in page_of(manager.get(page))
    assert "screen at the desk" in page_of(manager.get(page))
    assert "read " in page_of(manager.get(page))

    second = address_in(make("chair", chairs[0], do="replace", calendar=StaffCalendar.objects.get().uid))
    assert [Client().get(each).status_code for each in (first, second)] == [404, 200]
    left = StaffCalendar.objects.get(revoked_at=None)
    assert left.label == "screen at the desk"

    make("chair", chairs[0], do="end", calendar=left.uid)
    assert Client().get(second).status_code == 404
    actions = AuditEntry.objects.filter(action__startswith="staff calendar").order_by("pk")
    assert [entry.action.rpartition(" ")[2] for entry in actions] == ["made", "revoked", "made", "revoked"]


def test_the_calendar_of_a_closed_chair_and_of_somebody_who_left_is_gone(make, course, chairs, technicians):
    addresses = [address_in(make("chair", chairs[0])), address_in(make("technician", technicians[1]))]

    for row in (chairs[0], technicians[1]):
        type(row).objects.filter(pk=row.pk).update(is_active=False)

    assert [Client().get(address).status_code for address in addresses] == [404, 404]


def test_there_are_ten_addresses_at_most(make, chairs):
    for _ in range(staff_calendars.MOST_CALENDARS):
        make("chair", chairs[0])

    answer = make("chair", chairs[0])

    assert address_in(answer) is None
    assert "End one of them first." in page_of(answer)


def test_an_address_of_another_chair_is_not_ended_from_here(make, chairs):
    make("chair", chairs[1])
    other = StaffCalendar.objects.get()

    for uid in (other.uid, "x"):
        for do in ("end", "replace"):
            assert make("chair", chairs[0], do=do, calendar=uid).status_code == 404
    other.refresh_from_db()
    assert other.revoked_at is None


def test_the_front_desk_and_another_clinic_make_no_calendar_of_a_chair(desk, other_desk, paul, chairs):
    address = reverse("frontdesk:setup:chair-calendars", args=[chairs[0].uid])
    User.objects.filter(pk=paul.pk).update(role="manager")

    assert desk.post(address, {"do": "make"}).status_code == 403
    assert other_desk.post(address, {"do": "make"}).status_code == 404
    assert not StaffCalendar.objects.exists()
