"""Who is written to, and how: the way that somebody chose, while they want it and it leads anywhere."""

from datetime import timedelta

import pytest
from django.core import mail

from clinic.models import ContactWishes, OutboundMessage
from clinic.models.messages import MessageStatus
from clinic.notifications import channels
from clinic.selectors.messages import unreached
from clinic.services import outbox

from .builders import at, make_course_of_three
from .lines import FakeLine

SUNDAY = at("2026-11-22", "16:00")
STOPPED = at("2026-11-10", "12:00")


@pytest.mark.parametrize(
    "chosen, address, stopped, left",
    [
        ("email", {"email": "m@example.org"}, {}, "email"),
        ("email", {"email": "m@example.org"}, {"sms_stopped_at": STOPPED}, "email"),
        ("email", {"email": "m@example.org", "phone": "+44117496"}, {"email_stopped_at": STOPPED}, None),
        ("email", {"email": "", "phone": "+44117496"}, {}, None),
        ("sms", {"phone": "+44117496"}, {}, "sms"),
        ("sms", {"phone": "+44117496"}, {"email_stopped_at": STOPPED}, "sms"),
        ("sms", {"phone": "+44117496", "email": "m@example.org"}, {"sms_stopped_at": STOPPED}, None),
        ("sms", {"phone": "", "email": "m@example.org"}, {}, None),
        ("none", {"phone": "+44117496", "email": "m@example.org"}, {}, None),
    ],
)
def test_whoever_is_not_reached_on_the_chosen_way_gets_a_letter_and_no_other_message(
    margaret, protocol, chairs, technicians, monkeypatch, chosen, address, stopped, left
):
    sent = []
    for channel in ("email", "sms"):
        line = FakeLine(lambda letter, channel=channel: sent.append(channel) or "")
        monkeypatch.setitem(channels.LINES, channel, lambda line=line: line)
    for name, value in {"channel": chosen, **address}.items():
        setattr(margaret, name, value)
    margaret.save()
    ContactWishes.objects.create(patient=margaret, **stopped)
    course = make_course_of_three(margaret, protocol, chairs[0], technicians[0])

    outbox.plan_course_messages(course=course, now=SUNDAY)
    outbox.plan_due_reminders(SUNDAY)
    outbox.deliver_due(SUNDAY + timedelta(minutes=4))

    assert sent == ([left] if left else [])
    assert not mail.outbox
    assert [item.patient for item in unreached(margaret.site, SUNDAY)] == ([] if left else [margaret])
    assert not OutboundMessage.objects.filter(status=MessageStatus.FAILED).exists()
