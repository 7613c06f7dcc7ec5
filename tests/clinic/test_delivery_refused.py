"""Mail servers and text message services that refuse, ask for patience, answer late, or break off."""

import smtplib
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from clinic.models import OutboundMessage
from clinic.models.messages import MessageStatus
from clinic.notifications import sms
from clinic.services import outbox

from .builders import at, make_course_of_three

SUNDAY = at("2026-11-22", "16:00")
HELD = timedelta(seconds=185)


@pytest.fixture
def course(pia, protocol, chairs, technicians):
    return make_course_of_three(pia, protocol, chairs[0], technicians[0])


REFUSED = {"margaret@example.org": (550, b"no such user")}
BUSY = {"margaret@example.org": (450, b"later")}


@pytest.mark.parametrize(
    "error, status",
    [
        (smtplib.SMTPRecipientsRefused(REFUSED), MessageStatus.FAILED),
        (smtplib.SMTPRecipientsRefused(BUSY), MessageStatus.DUE),
        (smtplib.SMTPDataError(554, b"spam"), MessageStatus.FAILED),
        (smtplib.SMTPDataError(451, b"greylisted"), MessageStatus.DUE),
        (smtplib.SMTPAuthenticationError(535, b"password"), MessageStatus.DUE),
        (smtplib.SMTPServerDisconnected("after DATA"), MessageStatus.DUE),
        (TimeoutError(), MessageStatus.DUE),
        (UnicodeEncodeError("idna", "x", 0, 1, "bad"), MessageStatus.FAILED),
    ],
)
def test_what_is_refused_for_good_goes_to_the_desk_at_once_and_the_rest_is_tried_again(
    margaret, protocol, chairs, technicians, monkeypatch, error, status
):
    def refuse(self, messages):
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    course = make_course_of_three(margaret, protocol, chairs[1], technicians[1])
    (message,) = outbox.plan_course_messages(course=course, now=SUNDAY)
    outbox.deliver_due(SUNDAY + HELD)

    message.refresh_from_db()
    assert message.status == status
    assert "margaret" not in message.last_error


def test_an_address_with_a_line_break_goes_to_the_desk(margaret, protocol, chairs, technicians):
    type(margaret).objects.update(email="margaret@example.org\nBcc: all@example.org")
    course = make_course_of_three(margaret, protocol, chairs[1], technicians[1])
    course.patient.refresh_from_db()
    (message,) = outbox.plan_course_messages(course=course, now=SUNDAY)

    outbox.deliver_due(SUNDAY + HELD)

    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    assert not mail.outbox


class Gateway(BaseHTTPRequestHandler):
    """A text message service that asks for patience, and perhaps takes its time to say so."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.is_slow:
            time.sleep(0.5)
        self.send_response(429)
        self.send_header("Retry-After", "1800")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def gateway(settings):
    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        server.is_slow = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.SMS_URL = f"http://AC1:key@127.0.0.1:{server.server_port}?from=1"
        yield server
        server.shutdown()


def test_a_service_that_asks_for_patience_is_left_alone_for_so_long(gateway, course):
    outbox.plan_due_reminders(SUNDAY)
    outbox.deliver_due(SUNDAY)

    message = OutboundMessage.objects.get(status=MessageStatus.DUE)
    assert timedelta(minutes=30) <= message.due_at - SUNDAY <= timedelta(minutes=34)


def test_a_service_that_does_not_answer_does_not_hold_the_worker(gateway, course, monkeypatch):
    gateway.is_slow = True
    monkeypatch.setattr(sms, "SECONDS_TO_ANSWER", 0.1)
    outbox.plan_due_reminders(SUNDAY)
    outbox.deliver_due(SUNDAY)

    message = OutboundMessage.objects.get(status=MessageStatus.DUE)
    assert message.last_error == "TimeoutError"
