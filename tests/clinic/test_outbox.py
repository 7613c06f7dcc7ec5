"""Messages to patients: held, withdrawn, sent once, tried again."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command

from clinic.models import OutboundMessage, PatientLink
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.models.messages import MessageStatus
from clinic.services import outbox

from .builders import at, make_course, make_course_of_three, make_session

HELD = timedelta(seconds=185)  # three minutes for the undo, and some seconds by which clocks may differ


@pytest.fixture
def course(margaret, protocol, chairs, technicians):
    return make_course_of_three(margaret, protocol, chairs[0], technicians[0])


@pytest.fixture
def message(course, now):
    (message,) = outbox.plan_course_messages(course=course, now=now)
    return message


def failing(monkeypatch, error):
    def refuse(self, messages):
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)


def test_a_message_is_held_until_the_booking_can_no_longer_be_undone(message, now):
    assert outbox.deliver_due(now + HELD - timedelta(seconds=1)) == 0
    assert not mail.outbox

    assert outbox.deliver_due(now + HELD) == 1
    message.refresh_from_db()
    assert (message.status, message.sent_at, message.attempts) == (MessageStatus.SENT, now + HELD, 1)


def test_a_message_that_was_withdrawn_is_never_sent(message, course, now):
    assert outbox.withdraw(course) == 1

    assert outbox.deliver_due(now + timedelta(days=1)) == 0
    assert not mail.outbox


def test_planning_the_messages_of_a_course_twice_makes_one(message, course, now):
    outbox.plan_course_messages(course=course, now=now + HELD)

    assert OutboundMessage.objects.count() == 1


def test_a_sent_message_is_not_sent_again(message, now):
    outbox.deliver_due(now + HELD)
    outbox.deliver_due(now + timedelta(days=1))

    assert len(mail.outbox) == 1


@pytest.mark.parametrize("reason", ["revoked", "no messages", "no address", "all cancelled", "all over"])
def test_a_message_that_is_no_longer_right_is_not_sent(message, course, margaret, now, reason):
    later = now + HELD
    if reason == "revoked":
        course.status = CourseStatus.REVOKED
        course.save()
    elif reason == "all cancelled":
        course.sessions.update(status=SessionStatus.CANCELLED)
    elif reason == "all over":
        later = now + timedelta(days=30)
    else:
        margaret.channel, margaret.email = ("none", margaret.email) if reason == "no messages" else ("email", "")
        margaret.save()

    outbox.deliver_due(later)

    message.refresh_from_db()
    assert message.status == MessageStatus.CANCELLED
    assert not mail.outbox
    assert not PatientLink.objects.exists()


def test_a_patient_who_wants_no_messages_gets_no_row(pia, protocol, now):
    pia.channel = "none"
    pia.save()

    assert outbox.plan_course_messages(course=make_course(pia, protocol), now=now) == []


def test_a_refused_message_is_tried_again_later_and_given_up_after_eight_times(message, now, monkeypatch):
    failing(monkeypatch, smtplib.SMTPDataError(451, b"margaret@example.org is over quota"))
    now += HELD
    waits = []

    while message.status in (MessageStatus.DUE, MessageStatus.SENDING):
        assert outbox.deliver_due(now) == 1
        before = message.attempts
        message.refresh_from_db()
        if message.attempts > before:  # else it only waits for the morning
            waits.append(message.due_at - now)
        now = max(now, message.due_at)

    assert all(wait <= waited <= wait * 1.1 for wait, waited in zip(outbox.BACK_OFF, waits[:-1], strict=True))
    assert (message.status, message.attempts) == (MessageStatus.FAILED, 8)
    assert message.last_error == "The mail server answered 451."
    assert outbox.deliver_due(now + timedelta(days=9)) == 0
    assert not PatientLink.objects.filter(revoked_at=None).exists()


def test_one_bad_message_does_not_stop_the_next(message, pia, protocol, chairs, technicians, now, monkeypatch):
    pia.channel, pia.email = "email", "pia@example.org"
    pia.save()
    course = make_course(pia, protocol)
    make_session(course, chairs[1], technicians[1], at("2026-11-23", "08:30"))
    outbox.plan_course_messages(course=course, now=now)
    original = EmailBackend.send_messages

    def refuse_margaret(self, messages):
        if messages[0].to == ["margaret@example.org"]:
            raise smtplib.SMTPDataError(554, b"spam")
        return original(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuse_margaret)
    outbox.deliver_due(now + HELD)

    assert [letter.to for letter in mail.outbox] == [["pia@example.org"]]


def test_a_message_of_a_worker_that_died_is_sent_when_its_lease_has_run_out(message, now):
    claimed = OutboundMessage.objects.filter(pk=message.pk)
    claimed.update(status=MessageStatus.SENDING, attempts=1, due_at=now, lease_until=now + outbox.LEASE)

    assert outbox.deliver_due(now + outbox.LEASE - timedelta(seconds=1)) == 0
    assert outbox.deliver_due(now + outbox.LEASE) == 1
    message.refresh_from_db()
    assert (message.status, message.attempts) == (MessageStatus.SENT, 2)


def test_a_message_that_kills_every_worker_is_given_up(message, now):
    OutboundMessage.objects.update(status=MessageStatus.SENDING, attempts=outbox.MOST_ATTEMPTS, lease_until=now)

    assert outbox.deliver_due(now) == 0
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED


def test_of_two_workers_that_see_a_message_one_sends_it(message, now, monkeypatch):
    original = EmailBackend.send_messages

    def while_another_looks(self, messages):
        assert outbox.deliver_due(now + HELD) == 0
        return original(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", while_another_looks)
    outbox.deliver_due(now + HELD)

    assert len(mail.outbox) == 1


def test_a_message_of_an_unknown_kind_does_not_stop_the_others(message, margaret, now):
    OutboundMessage.objects.create(key="odd", patient=margaret, channel="email", template="odd", due_at=now)

    outbox.deliver_due(now + HELD)

    assert len(mail.outbox) == 1
    assert OutboundMessage.objects.get(key="odd").last_error == "KeyError"


def test_the_work_command_sends_what_is_due_by_the_database_clock(message):
    OutboundMessage.objects.update(due_at=at("2020-01-01", "00:00"))
    message.course.sessions.update(
        starts_at=at("2126-11-23", "08:30"), ends_at=at("2126-11-23", "09:00"), chair_until=at("2126-11-23", "09:00")
    )

    call_command("work", once=True)

    assert len(mail.outbox) == 1


def test_the_work_command_leaves_what_is_not_due_yet(message):
    OutboundMessage.objects.update(due_at=at("2126-01-01", "00:00"))

    call_command("work", once=True)

    assert not mail.outbox
