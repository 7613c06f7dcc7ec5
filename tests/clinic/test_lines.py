"""Lines that are kept from message to message, services that are away, and messages that were long in hand."""

from datetime import timedelta

import pytest

from clinic.models import OutboundMessage
from clinic.models.messages import MessageStatus
from clinic.notifications import channels
from clinic.notifications.letter import NotDelivered
from clinic.services import outbox
from clinic.services.outbox import sending

from .builders import at, make_course, make_patient, make_session
from .lines import FakeLine
from .mail_server import mail_server

NOW = at("2026-11-20", "10:00")


@pytest.fixture
def write(site, protocol, chairs, technicians):
    """Write a message to a new patient about a visit, due now."""

    def write(channel="email"):
        number = OutboundMessage.objects.count()
        patient = make_patient(site, channel=channel, email=f"p{number}@example.org", phone=f"+44117496{number:04}")
        start = at("2026-11-23", "08:30") + timedelta(days=number)
        make_session(make_course(patient, protocol), chairs[0], technicians[0], start)
        (message,) = outbox.plan_course_messages(course=patient.courses.get(), now=NOW - timedelta(hours=1))
        return message

    return write


def statuses():
    return list(OutboundMessage.objects.order_by("pk").values_list("status", flat=True))


def ids(*messages):
    return [f"<message-{message.pk}@localhost>" for message in messages]


def test_many_e_mails_leave_on_one_connection(write, settings):
    messages = [write() for _ in range(4)]

    with mail_server(settings) as server:
        assert outbox.deliver_due(NOW) == 4

    assert server.received == ids(*messages)
    assert server.connections == 1
    assert set(statuses()) == {MessageStatus.SENT}


def test_a_mail_server_that_takes_one_message_a_connection_gets_them_all(write, settings):
    messages = [write() for _ in range(3)]

    with mail_server(settings) as server:
        server.takes = 1
        outbox.deliver_due(NOW)

    assert server.received == ids(*messages)
    assert server.connections == 3
    assert set(statuses()) == {MessageStatus.SENT}


def test_a_mail_server_that_drops_the_line_after_data_may_get_a_message_twice_under_one_id(write, settings):
    first, second = write(), write()

    with mail_server(settings) as server:
        server.drops_after_data = 1
        outbox.deliver_due(NOW)
        assert statuses() == [MessageStatus.DUE, MessageStatus.DUE]
        for minutes in (1, 2):
            outbox.deliver_due(NOW + timedelta(minutes=minutes))

    assert server.received == ids(first, second, first)
    assert set(statuses()) == {MessageStatus.SENT}
    assert list(OutboundMessage.objects.order_by("pk").values_list("attempts", flat=True)) == [2, 1]


@pytest.mark.parametrize(
    "error, minutes",
    [
        (TimeoutError(), 1),
        (ConnectionRefusedError(), 1),
        (NotDelivered("It answered 429.", is_about_service=True, wait=timedelta(minutes=30)), 30),
    ],
)
def test_while_one_service_is_away_its_messages_wait_and_those_of_the_other_leave(write, monkeypatch, error, minutes):
    tried, left = [], []

    def away(letter):
        tried.append(letter)
        raise error

    monkeypatch.setitem(channels.LINES, "sms", lambda: FakeLine(away))
    monkeypatch.setitem(channels.LINES, "email", lambda: FakeLine(lambda letter: left.append(letter) or ""))
    for channel in ("sms", "sms", "email", "sms", "email"):
        write(channel)

    outbox.deliver_due(NOW)

    assert (len(tried), len(left)) == (1, 2)
    waiting = OutboundMessage.objects.filter(status=MessageStatus.DUE).order_by("pk")
    assert [message.attempts for message in waiting] == [1, 0, 0]
    assert [message.due_at - NOW for message in waiting[1:]] == [timedelta(minutes=minutes)] * 2


def test_what_was_long_in_hand_is_let_go_and_looked_at_again(write, monkeypatch):
    clock, left = iter(range(100)), []
    monkeypatch.setattr(sending, "monotonic", lambda: next(clock))
    monkeypatch.setitem(channels.LINES, "email", lambda: FakeLine(lambda letter: left.append(letter.key) or ""))
    messages = [write() for _ in range(4)]

    outbox.deliver_due(NOW, seconds=1)
    assert statuses() == [MessageStatus.SENT] * 2 + [MessageStatus.DUE] * 2
    outbox.deliver_due(NOW, seconds=1)

    assert left == [f"message-{message.pk}" for message in messages]
    assert set(OutboundMessage.objects.values_list("attempts", flat=True)) == {1}


def test_what_a_dead_worker_left_is_taken_one_by_one(write, monkeypatch):
    left = []
    monkeypatch.setitem(channels.LINES, "email", lambda: FakeLine(lambda letter: left.append(letter.key) or ""))
    messages = [write() for _ in range(3)]
    OutboundMessage.objects.update(status=MessageStatus.SENDING, attempts=7, lease_until=NOW)

    assert [outbox.deliver_due(NOW) for _ in range(4)] == [1, 1, 1, 0]

    assert left == [f"message-{message.pk}" for message in messages]
