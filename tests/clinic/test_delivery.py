"""What comes back: delivery reports, answers, returned mail, the end of messages; signed, or not at all."""

import base64
import hashlib
import hmac
import io
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEntry, Confirmation, ContactWishes, DeskTask, OutboundMessage
from clinic.models.messages import MessageStatus
from clinic.notifications import channels
from clinic.services import contacts, outbox
from clinic.services.audit import Actor

from .builders import at, make_course_of_three, make_patient
from .lines import FakeLine

SUNDAY = at("2026-11-22", "16:00")
HELD = timedelta(seconds=185)
KEY = "s@cret"


@pytest.fixture(autouse=True)
def service(settings, clock):
    settings.SMS_URL = "https://AC1:s%40cret@sms.example?from=%2B441632960000"
    settings.BASE_URL = "https://clinic.example"
    clock[0] = SUNDAY
    return settings


@pytest.fixture
def course(pia, protocol, chairs, technicians):
    pia.phone = "0117 496 0011"
    pia.save()
    return make_course_of_three(pia, protocol, chairs[0], technicians[0])


@pytest.fixture
def texted(course, monkeypatch):
    """Pia was reminded of Monday's visit by text message."""
    sent = []
    monkeypatch.setitem(channels.LINES, "sms", lambda: FakeLine(lambda letter: sent.append(letter) or "SM1"))
    outbox.plan_due_reminders(SUNDAY)
    outbox.deliver_due(SUNDAY)
    assert [letter.to for letter in sent] == ["0117 496 0011"]
    return OutboundMessage.objects.get(status=MessageStatus.SENT)


def signed(name, data, key=KEY, address=None, client=None):
    """Post a form as the text message service does."""
    path = reverse(name)
    text = (address or f"https://clinic.example{path}") + "".join(k + data[k] for k in sorted(data))
    signature = base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()
    return (client or Client(enforce_csrf_checks=True)).post(path, data, headers={"X-Twilio-Signature": signature})


def answer(text, sender="+441174960011", sid="SM100"):
    return signed("replies:text", {"From": sender, "Body": text, "MessageSid": sid})


def report(status, sid="SM1", **more):
    return signed("replies:report", {"MessageSid": sid, "MessageStatus": status} | more)


def test_a_delivery_report_is_noted(texted):
    assert report("delivered").status_code == 204

    texted.refresh_from_db()
    assert (texted.status, texted.delivered_at) == (MessageStatus.SENT, SUNDAY)


def test_a_message_that_the_network_lost_comes_before_the_desk_and_a_late_report_changes_nothing(texted):
    report("undelivered", ErrorCode="30003")
    texted.refresh_from_db()
    assert (texted.status, texted.last_error) == (MessageStatus.FAILED, "The network reported undelivered (30003).")

    report("delivered")
    report("failed")
    texted.refresh_from_db()
    assert texted.status == MessageStatus.SENT


@pytest.mark.parametrize("code", ["30003<script>", "x" * 400, ""])
def test_only_a_code_of_digits_is_kept_of_a_report(texted, code):
    report("failed", ErrorCode=code)

    texted.refresh_from_db()
    assert texted.last_error == "The network reported failed."


@pytest.mark.parametrize("name", ["replies:report", "replies:text"])
@pytest.mark.parametrize(
    "forgery", [{"key": "guessed"}, {"key": ""}, {"address": "https://clinic.example/replies/other/"}]
)
def test_what_is_not_signed_by_the_service_is_refused(texted, name, forgery):
    data = {"From": "+441174960011", "Body": "STOP", "MessageSid": "SM1", "MessageStatus": "failed"}

    assert signed(name, data, **forgery).status_code == 403

    texted.refresh_from_db()
    assert texted.status == MessageStatus.SENT
    assert not ContactWishes.objects.exists()


def test_without_a_key_of_the_service_nothing_is_taken(texted, settings):
    settings.SMS_URL = "console:"

    assert signed("replies:report", {"MessageSid": "SM1", "MessageStatus": "failed"}, key="").status_code == 403
    assert Client().get(reverse("replies:report")).status_code == 405


@pytest.mark.parametrize("status", ["", "sent", "queued", "nonsense"])
def test_other_reports_change_nothing(texted, status):
    assert report(status).status_code == 204
    assert report("failed", sid="").status_code == 204
    assert report("failed", sid="SM9").status_code == 204

    texted.refresh_from_db()
    assert texted.status == MessageStatus.SENT


@pytest.mark.parametrize("text", ["YES", "yes.", " Yes! ", "Sí", "OK"])
def test_yes_confirms_the_visit_that_was_asked_about(texted, course, text):
    assert answer(text).content.endswith(b"<Response/>")
    answer(text)

    (confirmed,) = Confirmation.objects.all()
    assert (confirmed.session.number, confirmed.starts_at, confirmed.at) == (1, at("2026-11-23", "08:30"), SUNDAY)
    assert not DeskTask.objects.exists()


@pytest.mark.parametrize(
    "text, kind",
    [("NO", "cannot-come"), ("move", "move"), ("Cambiar", "move"), ("I have a cold, sorry", "answer"), ("", "answer")],
)
def test_other_answers_are_work_for_the_desk_and_nothing_is_lost(texted, course, pia, text, kind):
    answer(text)
    answer(text)  # the service brings it twice

    (task,) = DeskTask.objects.all()
    assert (task.kind, task.patient, task.session.number, task.words) == (kind, pia, 1, text)
    assert course.sessions.filter(status="booked").count() == 3


def test_yes_confirms_nothing_that_has_changed_since_it_was_asked(texted, course):
    course.sessions.filter(number=1).update(status="cancelled")
    for session in course.sessions.filter(number__gt=1):
        session.starts_at += timedelta(minutes=5)
        session.save()

    answer("YES")

    assert not Confirmation.objects.exists()
    assert DeskTask.objects.get().words == "YES"


def test_two_people_with_one_number_are_not_confirmed_by_guessing(texted, site):
    make_patient(site, phone="+44 117 4960011", channel="sms")

    answer("YES")

    assert not Confirmation.objects.exists()
    assert DeskTask.objects.get().session is None


@pytest.mark.parametrize("sender", ["+441632960999", "", "11", "not a number"])
def test_an_unknown_number_is_nobody_s(texted, sender):
    assert answer("YES", sender=sender).status_code == 200

    assert not DeskTask.objects.exists()
    assert not Confirmation.objects.exists()


def test_stop_ends_text_messages_and_start_begins_them_again(texted, course, pia, monkeypatch):
    answer("STOP")
    assert ContactWishes.objects.get(patient=pia).sms_stopped_at == SUNDAY
    outbox.plan_due_reminders(SUNDAY + timedelta(days=1))
    outbox.plan_course_messages(course=course, now=SUNDAY)
    outbox.deliver_due(SUNDAY + timedelta(days=1))
    assert OutboundMessage.objects.filter(status=MessageStatus.SENT).count() == 1

    answer("Start")
    assert ContactWishes.objects.get(patient=pia).sms_stopped_at is None
    actions = list(AuditEntry.objects.filter(patient=pia).order_by("pk").values_list("action", flat=True))
    assert actions[-2:] == ["messages stopped", "messages agreed to"]


@pytest.fixture
def written(margaret, protocol, chairs, technicians):
    """Margaret was told of her course by e-mail."""
    course = make_course_of_three(margaret, protocol, chairs[1], technicians[1])
    (message,) = outbox.plan_course_messages(course=course, now=SUNDAY)
    outbox.deliver_due(SUNDAY + HELD)
    return message


def test_one_click_ends_the_e_mails(written, margaret):
    sent = mail.outbox[0].message()
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = re.fullmatch(r"<https://clinic\.example(/\S+)>", sent["List-Unsubscribe"])[1]
    browser = Client(enforce_csrf_checks=True)

    page = browser.get(path)
    assert page.status_code == 200
    assert b"Margaret" not in page.content
    assert not ContactWishes.objects.exists()  # looking changes nothing: mail scanners look too

    assert browser.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert browser.post(path).status_code == 200
    assert ContactWishes.objects.get(patient=margaret).email_stopped_at == SUNDAY


def test_a_forged_end_of_messages_is_not_found(written, margaret):
    path = mail.outbox[0].message()["List-Unsubscribe"].removeprefix("<https://clinic.example").rstrip(">")

    for forged in (path[:-2] + "x/", f"/replies/stop/{margaret.uid}/", "/replies/stop/x/"):
        assert Client().post(forged).status_code == 404
    assert not ContactWishes.objects.exists()


BOUNCE = """From: MAILER-DAEMON@example.org
To: clinic@localhost
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; margaret@example.org
Action: failed
Status: {status}
--b
Content-Type: {kind}

From: clinic@localhost
Message-ID: <message-{pk}@localhost>
Subject: Your appointments

--b--
"""


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_mail_that_comes_back_for_good_comes_before_the_desk(written, kind, monkeypatch):
    text = BOUNCE.format(status="5.1.1", kind=kind, pk=written.pk)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    call_command("take_bounce")

    written.refresh_from_db()
    assert (written.status, written.last_error) == (MessageStatus.FAILED, "The mail came back (5.1.1).")


@pytest.mark.parametrize(
    "text",
    [BOUNCE.format(status="4.2.2", kind="message/rfc822", pk=1), BOUNCE.format(status="5.1.1", kind="text/plain", pk=1),
     "Hello, what is <message-1@localhost>? Status: 5.1.1", "", "\x00\xff"],
)  # fmt: skip
def test_other_mail_changes_nothing(written, text):
    assert not outbox.take_bounce(text.replace("message-1@", f"message-{written.pk}@").encode("latin-1"))

    written.refresh_from_db()
    assert written.status == MessageStatus.SENT


def test_the_desk_tries_again_or_tells_by_phone(written, imogen):
    by = Actor.of_user(imogen)
    OutboundMessage.objects.update(status=MessageStatus.FAILED, attempts=8)

    assert outbox.try_again(message=written, by=by, now=SUNDAY)
    assert not outbox.try_again(message=written, by=by, now=SUNDAY)
    outbox.deliver_due(SUNDAY)
    assert len(mail.outbox) == 2

    OutboundMessage.objects.update(status=MessageStatus.FAILED)
    assert outbox.told_by_phone(message=written, by=by, now=SUNDAY)
    outbox.deliver_due(SUNDAY + timedelta(days=2))
    assert len(mail.outbox) == 2


def test_a_patient_chooses_a_way_and_a_language(pia):
    by = Actor.of_patient(pia)
    contacts.stop(patient=pia, channel="email", by=by, now=SUNDAY)

    wishes = contacts.choose(
        patient=pia, channel="email", language="es", timezone="America/New_York", by=by, now=SUNDAY
    )

    assert (pia.channel, wishes.language, wishes.timezone) == ("email", "es", "America/New_York")
    assert wishes.email_stopped_at is None


@pytest.mark.parametrize(
    "wish", [{"channel": "pigeon"}, {"language": "tlh"}, {"timezone": "Mars/Olympus"}, {"timezone": "../etc/passwd"},
             {"channel": "email"}],
)  # fmt: skip
def test_a_wish_that_cannot_be_kept_is_refused(pia, wish):
    pia.email = ""
    with pytest.raises(contacts.WishRefused):
        contacts.choose(
            **{"patient": pia, "channel": "sms", "language": "en", "timezone": ""} | wish,
            by=Actor.of_patient(pia),
            now=SUNDAY,
        )
