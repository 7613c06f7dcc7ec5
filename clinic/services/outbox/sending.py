"""Sending what is due: claim a row, look again whether it is right, send it, say so."""

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

import scheduler
from clinic.models import OutboundMessage, PatientLink
from clinic.models.messages import MessageStatus
from clinic.models.people import Channel
from clinic.notifications.channels import SEND, NotDelivered, last_digits
from clinic.services import access, audit, letters

from .rules import rules_of

LEASE = timedelta(minutes=2)  # longer than a mail server or a text message service may take to answer
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
MOST_ATTEMPTS = len(BACK_OFF) + 1
SCATTER = 0.1  # messages that failed together are not tried again at one moment
WORKER = audit.Actor.of_command("work")


def deliver_due(now: datetime, *, limit: int = 20) -> int:
    """Send what is due, at most `limit` messages; return how many were found, some of them perhaps by others too.

    `now` is the database's clock, so that workers on machines whose clocks differ agree on leases.
    """
    abandoned = Q(status=MessageStatus.SENDING, lease_until__lte=now)
    OutboundMessage.objects.filter(abandoned, attempts__gte=MOST_ATTEMPTS).update(status=MessageStatus.FAILED)
    ready = Q(status=MessageStatus.DUE, due_at__lte=now) | abandoned
    # Several workers that begin at different messages seldom want the same one.
    keys = list(OutboundMessage.objects.filter(ready).order_by("due_at", "pk").values_list("pk", flat=True)[:limit])
    random.shuffle(keys)
    for pk in keys:
        if message := _claim(pk, ready, now):
            _deliver(message, now)
    return len(keys)


def _claim(pk: int, ready: Q, now: datetime) -> OutboundMessage | None:
    """Take one message in hand, unless another worker was faster: the update finds the row only once."""
    won = OutboundMessage.objects.filter(ready, pk=pk).update(
        status=MessageStatus.SENDING, token=uuid.uuid4(), lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    rows = OutboundMessage.objects.select_related("patient__site", "course__site", "session")
    return rows.get(pk=pk) if won else None


def _deliver(message: OutboundMessage, now: datetime) -> bool:
    """Look again whether a claimed message is right, send it, and say how that went."""
    links: list[PatientLink] = []

    def new_secret() -> str:
        # The link is made now, because its secret must not lie in a row until then.
        link, secret = access.new_patient_link(patient=message.patient, label="message", by=WORKER, now=now)
        links.append(link)
        return secret

    try:
        wishes = letters.wishes_of(message.patient)
        channel = letters.channel_of(message.patient, wishes)
        if message.useless_at and message.useless_at <= now:
            return _settle(message, status=MessageStatus.LATE)
        facts = letters.facts_of(message, now) if channel != Channel.NONE else None
        if facts is None:
            return _settle(message, status=MessageStatus.CANCELLED)
        if (later := _after_quiet_hours(message, wishes.timezone, now)) > now:
            return _settle(message, status=MessageStatus.DUE, due_at=later, attempts=F("attempts") - 1)
        letter = letters.letter_of(message, facts, channel, new_secret)
        provider_id = SEND[channel](letter)
    except Exception as error:  # whatever is wrong with one message, the next ones still leave
        for link in links:
            access.revoke_link(link=link, by=WORKER, now=now)
        return _put_off(message, error, now)
    sent = {"channel": channel, "provider_id": provider_id, "reached": last_digits(letter.to)}
    return _settle(message, status=MessageStatus.SENT, sent_at=now, last_error="", **sent)


def _after_quiet_hours(message: OutboundMessage, timezone: str, now: datetime) -> datetime:
    """Return when a message may leave: not at night, unless the patient would then come at a wrong time."""
    site = letters.site_of(message)
    later = scheduler.spoken_at(now, rules_of(site), (site.timezone, *filter(None, [timezone])))
    needed = message.data.get("needed_by")
    return now if needed and now < datetime.fromisoformat(needed) <= later else later


def _put_off(message: OutboundMessage, error: Exception, now: datetime) -> bool:
    """Try again later, each time after a longer while, and give up after the last or where it makes no sense."""
    refused = error if isinstance(error, NotDelivered) else None
    told = str(refused or type(error).__name__)[:200]
    if message.attempts >= MOST_ATTEMPTS or (refused and refused.is_final):
        return _settle(message, status=MessageStatus.FAILED, last_error=told)
    wait = BACK_OFF[message.attempts - 1]
    if refused and refused.wait:
        wait = max(wait, refused.wait)
    due_at = now + wait * (1 + SCATTER * random.random())
    return _settle(message, status=MessageStatus.DUE, due_at=due_at, last_error=told)


def _settle(message: OutboundMessage, **outcome: Any) -> bool:
    """Write how a message ended, unless its lease ran out and another worker has it by now."""
    mine = OutboundMessage.objects.filter(pk=message.pk, token=message.token, status=MessageStatus.SENDING)
    return bool(mine.update(token=None, lease_until=None, **outcome))
