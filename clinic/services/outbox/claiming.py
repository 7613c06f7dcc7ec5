"""Taking messages in hand and putting them down again: what makes each leave once though many workers send."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from clinic.models import OutboundMessage
from clinic.models.messages import MessageStatus

LEASE = timedelta(minutes=3)  # longer than a mail server may take for the message that is being sent
MOST_ATTEMPTS = 8


def claim(now: datetime, limit: int) -> list[OutboundMessage]:
    """Take up to `limit` messages in hand that are due, or whose worker has died, the earliest first.

    Rows that another worker is just taking are passed over, so that workers neither wait nor take the same.
    """
    abandoned = Q(status=MessageStatus.SENDING, lease_until__lte=now)
    OutboundMessage.objects.filter(abandoned, attempts__gte=MOST_ATTEMPTS).update(status=MessageStatus.FAILED)
    due = OutboundMessage.objects.filter(Q(status=MessageStatus.DUE, due_at__lte=now) | abandoned)
    with transaction.atomic():
        free = due.select_for_update(skip_locked=True).order_by("due_at", "pk")
        pks = list(free.values_list("pk", flat=True)[:limit])
        if not pks:
            return []
        token = uuid.uuid4()
        OutboundMessage.objects.filter(pk__in=pks).update(
            status=MessageStatus.SENDING, token=token, lease_until=now + LEASE
        )
        rows = OutboundMessage.objects.filter(pk__in=pks).order_by("due_at", "pk")
        sites = ("patient__site", "course__site")
        return list(
            rows.select_related("patient__wishes", *sites, *(f"{site}__message_rules" for site in sites))
            .prefetch_related(*(f"{site}__message_texts" for site in sites))
        )  # fmt: skip


def begin(message: OutboundMessage) -> bool:
    """Count one more attempt before anything is done; tell whether the message is still in this worker's hands.

    A message that kills its worker is given up by this count, and those that were only taken along are not.
    """
    message.attempts += 1
    return bool(_mine([message]).update(attempts=F("attempts") + 1))


def settle(message: OutboundMessage, **outcome: Any) -> bool:
    """Write how a message ended, unless its lease ran out and another worker has it by now."""
    return bool(_mine([message]).update(token=None, lease_until=None, **outcome))


def let_go(messages: Sequence[OutboundMessage]) -> None:
    """Put down what has not been begun; it is due as before."""
    _mine(messages).update(status=MessageStatus.DUE, token=None, lease_until=None)


def _mine(messages: Sequence[OutboundMessage]) -> Any:
    pks = [message.pk for message in messages]
    return OutboundMessage.objects.filter(pk__in=pks, token=messages[0].token, status=MessageStatus.SENDING)


@contextmanager
def without_waiting_for_the_disk() -> Iterator[None]:
    """Let what is committed in here reach the disk a little later, together with the next thing that is committed.

    A commit outlives this process at once, however that ends. A power cut can take the last ones back, and then their
    messages are sent once more, as if the worker had died before it noted them.
    """
    lazy, sure = {
        "sqlite": ("PRAGMA synchronous=NORMAL", "PRAGMA synchronous=FULL"),
        "postgresql": ("SET synchronous_commit TO off", "RESET synchronous_commit"),
    }[connection.vendor]
    if connection.in_atomic_block:  # whoever began the transaction decides
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(lazy)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(sure)
