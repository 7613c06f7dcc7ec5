"""Taking messages in hand and putting them down again: what makes each leave once though many workers send."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from clinic.models.messages import MessageStatus, Outgoing

LEASE = timedelta(minutes=3)  # longer than a mail server may take for the message that is being sent
MOST_ATTEMPTS = 8


def claim(kind: type[Outgoing], now: datetime, limit: int) -> list[int]:
    """Take up to `limit` messages in hand that are due, the earliest first, or one whose worker has died.

    What a dead worker left is taken one by one, so that a message that kills its worker takes no other with it: it is
    tried as often as one that is refused, and given up. Rows that another worker is just taking are passed over.
    """
    rows: QuerySet[Any] = kind.objects.all()
    abandoned = rows.filter(status=MessageStatus.SENDING, lease_until__lte=now)
    abandoned.filter(attempts__gte=MOST_ATTEMPTS).update(status=MessageStatus.FAILED)
    with transaction.atomic():
        pks = _free(abandoned, 1) or _free(rows.filter(status=MessageStatus.DUE, due_at__lte=now), limit)
        rows.filter(pk__in=pks).update(
            status=MessageStatus.SENDING, token=uuid.uuid4(), lease_until=now + LEASE, attempts=F("attempts") + 1
        )
    return pks


def _free(rows: QuerySet[Any], limit: int) -> list[int]:
    free = rows.select_for_update(skip_locked=True).order_by("due_at", "pk")
    return list(free.values_list("pk", flat=True)[:limit])


def settle(message: Outgoing, **outcome: Any) -> bool:
    """Write how a message ended, unless its lease ran out and another worker has it by now."""
    return bool(_mine([message]).update(token=None, lease_until=None, **outcome))


def let_go(messages: Sequence[Outgoing]) -> None:
    """Put down what was not tried; it is due as before."""
    outcome = {"status": MessageStatus.DUE, "attempts": F("attempts") - 1}
    _mine(messages).update(token=None, lease_until=None, **outcome)


def _mine(messages: Sequence[Outgoing]) -> QuerySet[Any]:
    pks, rows = [message.pk for message in messages], type(messages[0]).objects
    return rows.filter(pk__in=pks, token=messages[0].token, status=MessageStatus.SENDING)


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
