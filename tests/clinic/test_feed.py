"""The calendar feed, read back by a library that did not write it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import ics
import pytest
import vobject
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from clinic.feeds import views
from clinic.feeds.calendar import calendar_text
from clinic.models import Session, Site
from clinic.services import access, contacts
from clinic.services.audit import Actor

from .builders import at, make_course, make_session

DESK = Actor(name="Imogen")


@pytest.fixture
def course(margaret, protocol, chairs, technicians):
    course = make_course(margaret, protocol)
    for day in ("2126-11-25", "2126-11-26", "2126-11-27"):
        make_session(course, chairs[0], technicians[0], at(day, "08:30"))
    return course


@pytest.fixture
def address(margaret, now):
    _, secret = access.new_calendar_link(patient=margaret, by=DESK, now=now)
    return reverse("feeds:calendar", args=[secret])


def events(client, address):
    """Read the feed with an independent library."""
    return vobject.readOne(client.get(address).content.decode()).contents.get("vevent", [])


def test_each_session_is_one_event_in_utc_with_neutral_words(client, address, course):
    found = events(client, address)

    assert len(found) == 3
    first, row = found[0], course.sessions.first()
    assert first.uid.value == f"{row.uid}@appointments"
    assert (first.dtstart.value, first.dtend.value) == (row.starts_at, row.ends_at)
    assert first.summary.value == "Clinic appointment"
    assert first.location.value == "12 Harbour Street, Bristol BS1 4RB"
    assert (first.status.value, first.getChildValue("class")) == ("CONFIRMED", "PRIVATE")
    assert first.dtstamp.value == first.last_modified.value == row.updated_at
    text = client.get(address).content
    for absent in (b"METHOD", b"ATTENDEE", b"VTIMEZONE", b"RRULE", b"Okonjo", b"session", b"testserver"):
        assert absent not in text
    for present in (
        b"REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        b"X-PUBLISHED-TTL:PT1H",
        b"X-WR-CALNAME:Clinic appointments",
        b"\r\nNAME:Clinic appointments",
        b"DTSTART:21261125T083000Z",
    ):
        assert present in text


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Sydney"])
def test_a_course_across_both_clock_changes_stays_at_its_local_time(
    client, address, margaret, protocol, chairs, technicians, zone
):
    course, day = make_course(margaret, protocol), datetime(2127, 2, 3, 9, tzinfo=ZoneInfo(zone))
    while day.month < 12:
        make_session(course, chairs[0], technicians[0], day.astimezone(UTC))
        day += timedelta(days=7)

    found = events(client, address)

    assert {event.dtstart.value.astimezone(ZoneInfo(zone)).time().isoformat() for event in found} == {"09:00:00"}
    assert len({event.dtstart.value.time() for event in found}) == 2
    assert len(found) == course.sessions.count() > 40


def test_a_moved_session_keeps_its_uid_and_counts_its_changes(client, address, course):
    row = course.sessions.first()
    before = events(client, address)[0]

    moved_at = row.updated_at + timedelta(hours=1)
    Session.objects.filter(pk=row.pk).update(
        starts_at=row.starts_at + timedelta(minutes=15), version=row.version + 1, updated_at=moved_at
    )
    after = events(client, address)[0]

    assert after.uid.value == before.uid.value
    assert int(after.sequence.value) == int(before.sequence.value) + 1
    assert after.dtstamp.value == moved_at


def test_a_cancelled_session_stays_struck_out_until_its_time_is_past(client, address, course):
    course.sessions.filter(number=1).update(
        status="cancelled", starts_at=at("2020-01-06", "08:30"), ends_at=at("2020-01-06", "09:00")
    )
    course.sessions.filter(number=2).update(status="cancelled")

    found = events(client, address)

    assert [(event.status.value, event.summary.value) for event in found] == [
        ("CANCELLED", "Cancelled: Clinic appointment"),
        ("CONFIRMED", "Clinic appointment"),
    ]


def test_what_is_only_proposed_or_was_entered_in_error_is_not_in_a_calendar(client, address, course):
    course.sessions.filter(number=1).update(status="proposed")
    course.sessions.filter(number=2).update(status="entered-in-error")

    assert len(events(client, address)) == 1


def test_a_calendar_that_has_not_changed_is_not_sent_again(client, address, course):
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    Session.objects.filter(course=course, number=1).update(version=5)
    changed = client.get(address, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_calendar_that_has_not_changed_is_not_even_built(client, address, course, monkeypatch):
    first = client.get(address)

    def built(*_):
        raise AssertionError("It was built.")

    monkeypatch.setattr(views, "calendar_text", built)

    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    with pytest.raises(AssertionError):
        client.get(address)


@pytest.mark.parametrize("change", [{"address": "3 Moor Lane"}, {"phone": "0117 496 9999"}])
def test_a_calendar_changes_with_the_address_and_the_phone_of_the_clinic(client, address, course, site, change):
    first = client.get(address)
    Site.objects.filter(pk=site.pk).update(**change)

    again = client.get(address, headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 200
    assert next(iter(change.values())).encode() in again.content


def test_a_patient_who_speaks_spanish_has_a_calendar_of_the_own_and_it_changes_with_the_language(
    client, address, course, margaret, now
):
    first = client.get(address)
    contacts.speak(patient=margaret, language="es", by=DESK, now=now)

    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_three_libraries_read_the_same_times_across_both_clock_changes(
    client, address, margaret, protocol, chairs, technicians
):
    course, day = make_course(margaret, protocol), datetime(2127, 3, 3, 9, tzinfo=ZoneInfo("Europe/London"))
    while day.month < 12:
        make_session(course, chairs[0], technicians[0], day.astimezone(UTC))
        day += timedelta(days=7)
    course.sessions.filter(number=5).update(status="cancelled")
    rows = [
        (f"{row.uid}@appointments", row.starts_at, row.ends_at, row.status == "cancelled")
        for row in course.sessions.order_by("starts_at")
    ]
    text = client.get(address).content.decode()

    assert {start.astimezone(ZoneInfo("Europe/London")).hour for _, start, _, _ in rows} == {9}
    assert len({start.hour for _, start, _, _ in rows}) == 2
    assert read_with_vobject(text) == read_with_icalendar(text) == read_with_ics(text) == rows


def read_with_vobject(text):
    found = vobject.readOne(text).vevent_list
    return [(e.uid.value, e.dtstart.value, e.dtend.value, e.status.value == "CANCELLED") for e in found]


def read_with_icalendar(text):
    found = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return [(str(e["uid"]), e.decoded("dtstart"), e.decoded("dtend"), e["status"] == "CANCELLED") for e in found]


def read_with_ics(text):
    found = sorted(ics.Calendar(text).events)
    return [(e.uid, e.begin.datetime, e.end.datetime, e.status == "CANCELLED") for e in found]


def test_a_calendar_that_travelled_compressed_is_recognised_too(client, address, course):
    compressed = client.get(address, headers={"Accept-Encoding": "gzip"})

    assert compressed["Content-Encoding"] == "gzip"
    assert client.get(address, headers={"If-None-Match": compressed["ETag"]}).status_code == 304


def test_the_answer_is_private_and_sets_no_cookie(client, address, course):
    got, head = client.get(address), client.head(address)

    assert got["Content-Type"] == "text/calendar; charset=utf-8"
    assert got["Cache-Control"] == "private, max-age=300"
    assert got["X-Robots-Tag"] == "noindex"
    assert got["Referrer-Policy"] == "no-referrer"
    assert not got.cookies
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])
    assert client.post(address).status_code == 405


def test_wrong_revoked_and_replaced_addresses_answer_alike(client, margaret, now):
    revoked, revoked_secret = access.new_calendar_link(patient=margaret, by=DESK, now=now)
    access.revoke_link(link=revoked, by=DESK, now=now)

    answers = [client.get(f"/calendar/{secret}.ics") for secret in ("x" * 43, revoked_secret, "%00", "é" * 99, "a")]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert not any(answer.cookies for answer in answers)


def test_pias_calendar_never_shows_margarets_visits(client, address, course, pia, now):
    _, secret = access.new_calendar_link(patient=pia, by=DESK, now=now)

    text = client.get(reverse("feeds:calendar", args=[secret])).content.decode()

    assert not [uid for uid in course.sessions.values_list("uid", flat=True) if str(uid) in text]


def test_a_calendar_without_visits_is_still_a_calendar(client, address):
    calendar = vobject.readOne(client.get(address).content.decode())

    assert "vevent" not in calendar.contents
    assert [component.name for component in calendar.components()] == ["VTIMEZONE"]


def test_the_number_of_queries_does_not_grow_with_the_visits(address, course, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        Client().get(address)


INSTANTS = st.integers(631_152_000, 5_680_281_600).map(lambda second: datetime.fromtimestamp(second, UTC))
TEXTS = st.text(max_size=120) | st.sampled_from(
    ["a\r\nATTENDEE:mailto:x", "a\nEND:VEVENT\nBEGIN:VEVENT", "é;,\\n" * 30]
)


@given(TEXTS, TEXTS, st.lists(st.tuples(INSTANTS, st.integers(1, 700), st.integers(0, 99)), min_size=1, max_size=5))
def test_whatever_stands_in_a_site_every_session_is_read_back_as_it_is(address_text, phone, visits):
    site = Site(address=address_text, phone=phone)
    rows = [
        Session(
            site=site,
            starts_at=start,
            ends_at=start + timedelta(minutes=minutes),
            version=version,
            updated_at=start,
        )
        for start, minutes, version in visits
    ]

    text = calendar_text(rows)

    assert text == calendar_text(rows)
    lines = text.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not [line for line in lines if b"\r" in line or b"\n" in line]
    assert not [line for line in lines if line.startswith((b"ATTENDEE", b"METHOD"))]
    read = vobject.readOne(text.decode()).vevent_list
    assert [(event.uid.value, event.dtstart.value, int(event.sequence.value)) for event in read] == [
        (f"{row.uid}@appointments", row.starts_at, row.version) for row in rows
    ]
