"""Long work, shared among workers: each piece is taken by one of them, and by another when that one has died."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

LEASE = timedelta(minutes=1)


def take(due: QuerySet[Any], *, now: datetime) -> int | None:
    """Take the first piece of work that is due and that no other worker has; return its key, or None without any."""
    free = due.filter(Q(lease_until=None) | Q(lease_until__lte=now))
    for key in free.values_list("pk", flat=True)[:5]:
        if free.filter(pk=key).update(lease_until=now + LEASE):
            return int(key)
    return None
