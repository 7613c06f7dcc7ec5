"""Calendar entries in e-mails: of one visit alone, for a clinic that wants them, and silent about everything else."""

from datetime import timedelta

import pytest
import vobject
from django.core import mail
from django.urls import reverse
from icalendar import Calendar

from clinic.models import MessageRules
from clinic.services import access, letters, outbox
from clinic.services.attendance import set_status
from clinic.services.audit import Actor

from .builders import at, make_course, make_session, make_user
from .test_letters import TREATMENT_WORDS, cancelled, moved

HELD = timedelta(minutes=4)


@pytest.fixture
def wanted(site):
    return MessageRules.objects.create(site=site, sends_entries=True)


@pytest.fixture
def course(margaret, protocol, chairs, technicians):
    course = make_course(margaret, protocol)
    for day in (23, 24):
        make_session(course, chairs[0], technicians[0], at(f"2026-11-{day}", "08:30"))
    return course


@pytest.fixture
def told(course, now):
    """The patient knows of the course, and nothing was entered: it is more than one visit."""
    outbox.plan_course_messages(course=course, now=now)
    outbox.deliver_due(now + HELD)
    assert sent() == []
    return course


def sent():
    """Return method and text of each entry that has left, and empty the box."""
    parts = [part for letter in mail.outbox for part in letter.message().walk()]
    found = [part for part in parts if part.get_content_type() == "text/calendar"]
    mail.outbox.clear()
    return [(part.get_param("method"), part.get_payload(decode=True).decode()) for part in found]


def test_a_visit_that_moved_alone_comes_with_its_entry_and_two_libraries_read_it_alike(told, wanted, site, now):
    session = told.sessions.get(number=1)
    moved(session, at("2026-11-23", "15:15"), now)
    outbox.deliver_due(now + HELD)

    ((method, text),) = sent()
    calendar = Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    other = vobject.readOne(text)
    assert method == calendar["METHOD"] == other.method.value == "REQUEST"
    assert event["UID"] == other.vevent.uid.value == f"{session.uid}@appointments"
    assert (event["SEQUENCE"], other.vevent.sequence.value) == (session.version, str(session.version))
    assert event["DTSTART"].dt == other.vevent.dtstart.value == at("2026-11-23", "15:15")
    assert event["DTEND"].dt == other.vevent.dtend.value == at("2026-11-23", "15:45")
    assert event["ORGANIZER"] == other.vevent.organizer.value == "MAILTO:clinic@localhost"
    assert event["ATTENDEE"] == other.vevent.attendee.value == "MAILTO:margaret@example.org"
    assert event["ORGANIZER"].params["CN"] == site.public_name
    assert not TREATMENT_WORDS.search(text)
    assert "Margaret" not in text
    assert "Okonjo" not in text


def test_the_entry_and_the_calendar_feed_mean_the_same_visit(told, wanted, margaret, client, now):
    moved(told.sessions.get(number=1), at("2026-11-23", "15:15"), now)
    outbox.deliver_due(now + HELD)
    (event,) = Calendar.from_ical(sent()[0][1]).walk("VEVENT")
    _, secret = access.new_calendar_link(patient=margaret, by=Actor.of_patient(margaret), now=now)

    feed = Calendar.from_ical(client.get(reverse("feeds:calendar", args=[secret])).content)

    (same,) = [other for other in feed.walk("VEVENT") if other["UID"] == event["UID"]]
    assert (same["SEQUENCE"], same["DTSTART"].dt) == (event["SEQUENCE"], event["DTSTART"].dt)


def test_an_entry_is_taken_out_again_when_the_course_is_cancelled_and_no_other_is(told, wanted, now):
    session = told.sessions.get(number=1)
    moved(session, at("2026-11-23", "15:15"), now)
    outbox.deliver_due(now + HELD)
    mail.outbox.clear()
    told.sessions.update(status="cancelled", version=session.version + 1)
    cancelled(told, now + HELD)
    outbox.deliver_due(now + 2 * HELD)

    ((method, text),) = sent()
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert (method, event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", session.version + 1)
    assert event["UID"] == f"{session.uid}@appointments"


def test_the_entry_of_a_visit_that_is_off_is_taken_out_again_and_only_that(told, wanted, now):
    session = told.sessions.get(number=1)
    moved(session, at("2026-11-23", "15:15"), now)
    outbox.deliver_due(now + HELD)
    mail.outbox.clear()
    for number in (1, 2):
        session = told.sessions.get(number=number)
        set_status(session=session, status="cancelled", by=Actor.of_command("desk"), now=now + HELD)
    outbox.deliver_due(now + 2 * HELD)

    ((method, text),) = sent()
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert (method, event["UID"]) == ("CANCEL", f"{told.sessions.get(number=1).uid}@appointments")


def test_a_message_that_is_tried_again_carries_the_same_entry(told, wanted, now):
    moved(told.sessions.get(number=1), at("2026-11-23", "15:15"), now)
    message = told.messages.get(template="moved")

    texts = {
        letters.letter_of(message, letters.facts_of(message, at), "email", str, at).entries
        for at in (now, now + timedelta(days=1))
    }

    assert len(texts) == 1


@pytest.mark.parametrize("why", ["the clinic does not", "the feed has it", "two moved", "a text message"])
def test_no_entry_is_sent_to_whom_it_would_bother(told, wanted, margaret, now, why, monkeypatch):
    if why == "the clinic does not":
        MessageRules.objects.update(sends_entries=False)
    elif why == "the feed has it":
        access.new_calendar_link(patient=margaret, by=Actor.of_patient(margaret), now=now)
    elif why == "two moved":
        moved(told.sessions.get(number=2), at("2026-11-24", "16:00"), now)
    elif why == "a text message":
        margaret.channel, margaret.phone = "sms", "+441174960000"
        margaret.save()
    moved(told.sessions.get(number=1), at("2026-11-23", "15:15"), now)
    outbox.deliver_due(now + HELD)

    assert sent() == []


def test_a_clinic_name_with_a_line_break_adds_nothing_to_an_entry(told, wanted, site, now):
    type(site).objects.update(public_name="Rooms\r\nATTENDEE:MAILTO:all@example.org", address="1 Street\r\nURL:x")
    moved(told.sessions.get(number=1), at("2026-11-23", "15:15"), now)
    outbox.deliver_due(now + HELD)

    (event,) = Calendar.from_ical(sent()[0][1]).walk("VEVENT")
    assert event["ATTENDEE"] == "MAILTO:margaret@example.org"
    assert "URL" not in event


def test_a_manager_has_entries_sent_and_ends_it(client, site, clock):
    client.force_login(make_user(site, role="manager"))
    rules = {"leaves_at": "16:00", "opens": "8", "closes": "20", "most_a_week": "3", "notice_hours": "24",
             "most_moves": "0"}  # fmt: skip

    client.post("/messages/rules/", rules | {"sends_entries": "1"})
    assert MessageRules.objects.get(site=site).sends_entries
    assert 'name="sends_entries" value="1" checked' in client.get("/messages/texts/").content.decode()

    client.post("/messages/rules/", rules)
    assert not MessageRules.objects.get(site=site).sends_entries
