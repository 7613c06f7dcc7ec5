"""Sending what is due: look again whether a message is right, send it, say so."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import Any

from django.db.models import F

import scheduler
from clinic.models import OutboundMessage, PatientLink
from clinic.models.messages import MessageStatus, Outgoing
from clinic.models.people import Channel
from clinic.notifications.channels import Letter, Lines, NotDelivered, last_digits
from clinic.services import access, audit, letters

from .claiming import MOST_ATTEMPTS, claim, let_go, settle, without_waiting_for_the_disk
from .rules import rules_of

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
SCATTER = 0.1  # messages that failed together are not tried again at one moment
OTHERS_WAIT = timedelta(minutes=1)  # for a service that did not answer
SETS_OUT = timedelta(hours=1)  # before a visit the patient leaves home
WORKER = audit.Actor.of_command("work")


def deliver_due(now: datetime, *, limit: int = 50, seconds: float = inf) -> int:
    """Send what is due, at most `limit` messages; return how many were taken in hand.

    `now` is the database's clock, so that workers on machines whose clocks differ agree on leases. What was in hand for
    `seconds` is let go, to be read again: its patient may have said STOP meanwhile.
    """
    taken, begun = _read(claim(OutboundMessage, now, limit)), monotonic()
    with Lines() as lines, without_waiting_for_the_disk():
        round_ = Round(lines, now)
        for place, message in enumerate(taken):
            if place and monotonic() - begun > seconds:
                let_go(taken[place:])
                break
            round_.deliver(message)
    return len(taken)


def _read(pks: Sequence[int]) -> list[OutboundMessage]:
    """Read messages with all that is known of their patients and clinics."""
    sites = ("patient__site", "course__site")
    rows = OutboundMessage.objects.filter(pk__in=pks).order_by("due_at", "pk")
    rows = rows.select_related("patient__wishes", *sites, *(f"{site}__message_rules" for site in sites))
    return list(rows.prefetch_related(*(f"{site}__message_texts" for site in sites)))


class Round:
    """Send one message after the other; those of a service that is away wait until it may have come back."""

    def __init__(self, lines: Lines, now: datetime) -> None:
        self._lines, self._now = lines, now
        self._away: dict[str, timedelta] = {}

    def deliver(self, message: OutboundMessage) -> None:
        """Look again whether a message is right, send it, and note how that went."""
        wishes = letters.wishes_of(message.patient)
        channel = letters.channel_of(message.patient, wishes)
        if channel in self._away:
            later = self._now + self._away[channel]
            settle(message, status=MessageStatus.DUE, due_at=later, attempts=F("attempts") - 1)
        else:
            settle(message, **self._outcome(message, channel, wishes.timezone))

    def _outcome(self, message: OutboundMessage, channel: str, timezone: str) -> Mapping[str, Any]:
        links: list[PatientLink] = []

        def new_secret() -> str:
            # The link is made now, because its secret must not lie in a row until then.
            link, secret = access.new_patient_link(patient=message.patient, label="message", by=WORKER, now=self._now)
            links.append(link)
            return secret

        try:
            letter = self._letter(message, channel, timezone, new_secret)
            if not isinstance(letter, Letter):
                return letter
            told = self._lines.send(channel, letter)
        except Exception as error:  # whatever is wrong with one message, the next ones still leave
            for link in links:
                access.revoke_link(link=link, by=WORKER, now=self._now)
            if is_about_service(error):
                self._away[channel] = getattr(error, "wait", None) or OTHERS_WAIT
            return put_off(message, error, self._now)
        sent = {"channel": channel, "provider_id": told, "reached": last_digits(letter.to)}
        return {"status": MessageStatus.SENT, "sent_at": self._now, "last_error": "", **sent}

    def _letter(
        self, message: OutboundMessage, channel: str, timezone: str, new_secret: Callable[[], str]
    ) -> Letter | Mapping[str, Any]:
        """Write a message that is still right; else return how it ends."""
        if message.useless_at and message.useless_at <= self._now:
            return {"status": MessageStatus.LATE}
        facts = letters.facts_of(message, self._now) if channel != Channel.NONE else None
        if facts is None:
            return {"status": MessageStatus.CANCELLED}
        if (later := after_quiet_hours(message, timezone, self._now)) > self._now:
            return {"status": MessageStatus.DUE, "due_at": later, "attempts": F("attempts") - 1}
        return letters.letter_of(message, facts, channel, new_secret, self._now)


def is_about_service(error: Exception) -> bool:
    """Tell whether the other messages of a channel would meet the same: its service is away, or wants to rest."""
    return error.is_about_service if isinstance(error, NotDelivered) else isinstance(error, OSError)


def after_quiet_hours(message: OutboundMessage, timezone: str, now: datetime) -> datetime:
    """Return when a message may leave: not at night, unless the patient would then come at a wrong time."""
    site = letters.site_of(message)
    later = scheduler.spoken_at(now, rules_of(site), (site.timezone, *filter(None, [timezone])))
    needed = message.data.get("needed_by")
    return now if needed and now < datetime.fromisoformat(needed) <= later + SETS_OUT else later


def put_off(message: Outgoing, error: Exception, now: datetime) -> Mapping[str, Any]:
    """Try again later, each time after a longer while, and give up after the last or where it makes no sense."""
    refused = error if isinstance(error, NotDelivered) else None
    told = str(refused or type(error).__name__)[:200]
    if message.attempts >= MOST_ATTEMPTS or (refused and refused.is_final):
        return {"status": MessageStatus.FAILED, "last_error": told}
    wait = BACK_OFF[message.attempts - 1]
    if refused and refused.wait:
        wait = max(wait, refused.wait)
    due_at = now + wait * (1 + SCATTER * random.random())
    return {"status": MessageStatus.DUE, "due_at": due_at, "last_error": told}
