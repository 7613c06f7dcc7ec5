"""What messages to patients say, and what they are silent about."""

import base64
import json
import re
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from django.core import mail

from clinic.models import AuditEntry, OutboundMessage, PatientLink
from clinic.models.courses import CourseStatus
from clinic.models.messages import MessageStatus
from clinic.notifications import texts
from clinic.notifications.gsm import MOST_UNITS, units
from clinic.services import access, letter_facts, letters, outbox

from .builders import at, make_course, make_course_of_three, make_session

TREATMENT_WORDS = re.compile(
    r"\btms\b|magnet|stimulat|brain|depress|\bpain\b|neuro|psych|\bcoil|session|treat|therap|diagnos|course|chair|protocol",
    re.IGNORECASE,
)
HELD = timedelta(seconds=185)  # three minutes for the undo, and some seconds by which clocks may differ


@pytest.fixture
def course(margaret, protocol, chairs, technicians):
    return make_course_of_three(margaret, protocol, chairs[0], technicians[0])


@pytest.fixture
def message(course, now):
    (message,) = outbox.plan_course_messages(course=course, now=now)
    return message


def test_an_email_names_clinic_date_time_phone_and_a_link_that_opens(message, margaret, now):
    outbox.deliver_due(now + HELD)

    (letter,) = mail.outbox
    assert letter.to == ["margaret@example.org"]
    assert letter.subject == "Your appointments at The Harbour Rooms"
    for words in ("3 appointments", "Monday 23 November 2026, 8:30am", "0117 496 0123", "The Harbour Rooms"):
        assert words in letter.body
    secret = re.search(r"/my/([\w-]{43})/", letter.body)[1]
    assert access.open_patient_link(secret, margaret.date_of_birth, now + HELD, address="192.0.2.1").patient == margaret
    sent = letter.message()
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["Message-ID"] == f"<message-{message.pk}@localhost>"
    assert sent.get_content_type() == "text/plain"


def test_the_secret_of_a_link_is_stored_nowhere(message, now):
    outbox.deliver_due(now + HELD)

    secret = re.search(r"/my/([\w-]{43})/", mail.outbox[0].body)[1]
    rows = [
        *OutboundMessage.objects.values_list(),
        *PatientLink.objects.values_list(),
        *AuditEntry.objects.values_list(),
    ]
    assert secret not in str(rows)


def test_no_message_says_what_the_visits_are_for():
    written = [text for language in texts.LANGUAGES.values() for text in (*language.TEXTS.values(), language.SUBJECT)]
    foreign = ("estimul", "cerebr", "terapia", "tratami")

    assert len(written) == 2 * (2 * len(letter_facts.FACTS) + 1)
    assert set(texts.OWN) == set(letter_facts.FACTS)
    assert not [text for text in written if TREATMENT_WORDS.search(text) or any(word in text for word in foreign)]


def test_a_clinic_name_with_a_line_break_and_markup_cannot_bend_a_message(message, site, now):
    site.public_name = "Rooms <b>&\r\nBcc: all@example.org"
    site.save()

    outbox.deliver_due(now + HELD)

    (letter,) = mail.outbox
    assert letter.subject == "Your appointments at Rooms <b>& Bcc: all@example.org"
    assert letter.recipients() == ["margaret@example.org"]
    assert "Rooms <b>& Bcc" in letter.body


def test_a_message_tells_the_times_as_they_are_when_it_is_sent(message, course, now):
    first = course.sessions.first()
    first.starts_at, first.ends_at = at("2026-11-23", "12:00"), at("2026-11-23", "12:30")
    first.chair_until = first.ends_at
    first.save()

    outbox.deliver_due(now + HELD)

    assert "Monday 23 November 2026, 12 noon" in mail.outbox[0].body


def moved(session, start, now):
    """Move a session as the booking does, and plan what is to be told about it."""
    was, session.starts_at, session.ends_at = session.starts_at, start, start + timedelta(minutes=30)
    session.chair_until, session.version = session.ends_at, session.version + 1
    session.save()
    return outbox.plan_move_message(session=session, was=was, now=now)


@pytest.fixture
def told(message, now):
    """The booking message has been sent."""
    outbox.deliver_due(now + HELD)
    mail.outbox.clear()
    return message


def test_a_moved_session_is_told_with_the_old_and_the_new_time(told, course, now):
    moved(course.sessions.get(number=2), at("2026-11-24", "15:15"), now)

    outbox.deliver_due(now + HELD)

    (letter,) = mail.outbox
    assert "Until now: Tuesday 24 November 2026, 8:30am" in letter.body
    assert "From now on: Tuesday 24 November 2026, 3:15pm" in letter.body


def test_of_several_moves_the_whole_way_is_told_once(told, course, now):
    session = course.sessions.get(number=2)
    moved(session, at("2026-11-24", "15:15"), now)
    moved(session, at("2026-11-24", "16:00"), now + timedelta(minutes=1))

    outbox.deliver_due(now + timedelta(hours=1))

    (letter,) = mail.outbox
    assert "8:30am" in letter.body
    assert "4:00pm" in letter.body


def test_a_session_that_is_moved_five_times_in_three_minutes_is_told_once_as_it_is_in_the_end(told, course, now):
    session = course.sessions.get(number=2)
    for seconds, clock in enumerate(("15:15", "16:00", "08:30", "10:00", "11:45")):
        at_that_moment = now + timedelta(seconds=40 * seconds)
        moved(session, at("2026-11-24", clock), at_that_moment)
        assert outbox.deliver_due(at_that_moment) == 0

    for minutes in (5, 6, 60):
        outbox.deliver_due(now + timedelta(minutes=minutes))

    (letter,) = mail.outbox
    assert "Until now: Tuesday 24 November 2026, 8:30am\nFrom now on: Tuesday 24 November 2026, 11:45am" in letter.body
    assert letter.body.count("November 2026") == 2


def test_thirty_sessions_that_are_booked_at_once_are_one_message(margaret, protocol, chairs, technicians, now):
    course = make_course(margaret, protocol)
    for day in range(30):
        make_session(course, chairs[0], technicians[0], at("2026-11-23", "08:30") + timedelta(days=day))
    outbox.plan_course_messages(course=course, now=now)

    for minutes in (4, 5, 60):
        outbox.deliver_due(now + timedelta(minutes=minutes))

    (letter,) = mail.outbox
    assert "30 appointments" in letter.body


def test_a_session_that_is_moved_back_at_once_is_not_worth_a_message(told, course, now):
    session = course.sessions.get(number=2)
    moved(session, at("2026-11-24", "15:15"), now)
    moved(session, at("2026-11-24", "08:30"), now)

    assert outbox.deliver_due(now + timedelta(hours=1)) == 0
    assert not mail.outbox


def test_a_session_that_only_changes_its_chair_is_not_worth_a_message(told, course, now):
    assert moved(course.sessions.get(number=2), at("2026-11-24", "08:30"), now) == []


def test_a_move_before_the_booking_was_told_is_told_with_the_booking(message, course, now):
    assert moved(course.sessions.get(number=1), at("2026-11-23", "15:15"), now) == []

    outbox.deliver_due(now + HELD)

    (letter,) = mail.outbox
    assert "Monday 23 November 2026, 3:15pm" in letter.body


def cancelled(course, now):
    course.status = CourseStatus.REVOKED
    course.save()
    outbox.plan_cancel_message(course=course, sessions=list(course.sessions.all()), now=now)


def test_a_cancelled_course_is_told(told, course, now):
    cancelled(course, now)

    outbox.deliver_due(now + HELD)

    (letter,) = mail.outbox
    assert "has cancelled your 3 appointments from Monday 23 November 2026, 8:30am, on." in letter.body


def test_a_patient_who_was_never_told_of_a_course_is_not_told_that_it_is_off(message, course, now):
    cancelled(course, now)

    assert outbox.deliver_due(now + timedelta(days=1)) == 0
    assert not mail.outbox


@pytest.fixture
def text_service(settings):
    """A service of Twilio's shape on this machine, with what it was sent and what it answers."""

    class Service(BaseHTTPRequestHandler):
        received, answer = [], (201, {"sid": "SM1", "status": "queued"})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.received.append((self.path, self.headers["Authorization"], parse_qs(body)))
            self.send_response(self.answer[0])
            self.end_headers()
            self.wfile.write(json.dumps(self.answer[1]).encode())

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.SMS_URL = f"http://AC1:s%40cret@127.0.0.1:{server.server_port}?from=%2B441632960000"
        yield Service
        server.shutdown()


def test_a_text_message_goes_through_a_service_of_twilios_shape(text_service, message, margaret, now):
    margaret.channel = "sms"
    margaret.phone = "+44 117 496-0000"
    margaret.save()

    outbox.deliver_due(now + HELD)

    ((path, authorisation, form),) = text_service.received
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert base64.b64decode(authorisation.removeprefix("Basic ")) == b"AC1:s@cret"
    assert (form["To"], form["From"]) == (["+441174960000"], ["+441632960000"])
    assert form["Body"][0].startswith(
        "The Harbour Rooms: 3 appointments booked. First: Mon 23 Nov 8:30am. See all: http"
    )
    assert form["Body"][0].isascii()
    assert len(form["Body"][0]) <= 160
    message.refresh_from_db()
    assert (message.status, message.channel) == (MessageStatus.SENT, "sms")


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (429, {}),
        (302, {}),
        (401, {}),
        (201, {"sid": "SM1", "status": "failed"}),
        (201, {}),
        (200, []),
        (200, "OK"),
    ],
)
def test_a_text_message_that_the_service_refuses_is_tried_again(text_service, message, margaret, now, answer):
    margaret.channel = "sms"
    margaret.save()
    text_service.answer = answer

    outbox.deliver_due(now + HELD)

    message.refresh_from_db()
    assert message.status == MessageStatus.DUE
    assert message.last_error.startswith("The text message service")


def test_a_number_that_the_service_refuses_is_not_tried_again(text_service, message, margaret, now):
    margaret.channel = "sms"
    margaret.save()
    text_service.answer = (400, {"code": 21211})

    outbox.deliver_due(now + HELD)

    message.refresh_from_db()
    assert (message.status, message.last_error) == (MessageStatus.FAILED, "The text message service answered 400.")


def test_a_text_message_that_cannot_name_all_visits_says_how_many_more_there_are(
    margaret, protocol, chairs, technicians
):
    margaret.channel, margaret.phone = "sms", "+441174960000"
    margaret.save()
    course = make_course(margaret, protocol)
    for day in range(23, 29):
        for hour in (8, 13):
            start = at(f"2026-11-{day}", f"{hour:02}:{day}")
            make_session(course, chairs[0], technicians[0], start)
    visits = {str(row.pk): row.starts_at.isoformat() for row in course.sessions.all()}
    message = OutboundMessage(patient=margaret, course=course, template="week", data={"visits": visits})
    now = at("2026-11-20", "16:00")

    text = letters.letter_of(message, letters.facts_of(message, now), "sms", str, now).text

    assert text == (
        "The Harbour Rooms: next week: Mon 23 Nov 8:23am (+1); Tue 24 Nov 8:24am (+1); Wed 25 Nov 8:25am (+1); "
        "Thu 26 Nov 8:26am (+1); Fri 27 Nov 8:27am (+1); +2."
    )
    assert units(text) <= MOST_UNITS
