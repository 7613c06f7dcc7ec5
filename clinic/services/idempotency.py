"""Repeated requests: the answer is kept in the transaction of the work itself, so that the work is done once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, OperationalError, transaction

from clinic.models import ApiClient, IdempotencyKey

from .booking.lock import is_transient

KEPT_FOR = timedelta(hours=24)


class KeyUsedBefore(Exception):
    """The key came with another request before."""


class RequestInFlight(Exception):
    """The first request with this key has not ended yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Hold what a request was answered: status, body and headers."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    is_repeated: bool = False


def once(
    act: Callable[[], Answer], *, client: ApiClient, key: str, request: tuple[str, str, Any], now: datetime
) -> Answer:
    """Do the work of a request once, however often it comes, and give every repetition the first answer.

    Key and answer are written in the transaction of the work. A refusal leaves neither, so that the same request may
    be tried again later. A second request waits for the first on the unique key.
    """
    digest = hashlib.sha256(json.dumps(request, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()
    with transaction.atomic():
        row = _claimed(client, key, digest, now)
        if row is None:
            return _first_answer(client, key, digest)
        answer = act()
        row.status, row.answer, row.headers = answer.status, _plain(answer.body), answer.headers
        row.save(update_fields=["status", "answer", "headers"])
        return answer


def forget_old_keys(*, now: datetime) -> int:
    """Delete the keys that are older than a day; return how many there were."""
    return IdempotencyKey.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]


def _claimed(client: ApiClient, key: str, digest: str, now: datetime) -> IdempotencyKey | None:
    """Write the key's row, waiting for whoever is writing it; None means that it was used before."""
    IdempotencyKey.objects.filter(client=client, key=key, created_at__lt=now - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(client=client, key=key, request_hash=digest, created_at=now)
    except IntegrityError:
        return None
    except OperationalError as problem:
        if is_transient(problem):
            raise RequestInFlight from problem
        raise


def _first_answer(client: ApiClient, key: str, digest: str) -> Answer:
    row = IdempotencyKey.objects.get(client=client, key=key)
    if row.request_hash != digest:
        raise KeyUsedBefore
    return Answer(status=row.status or 200, body=row.answer, headers=row.headers, is_repeated=True)


def _plain(body: Any) -> Any:
    return json.loads(json.dumps(body, cls=DjangoJSONEncoder))
