"""One change of a site's diary at a time: lock the site, do everything, or nothing."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import F

from clinic.models import Site

from .errors import Busy

Result = TypeVar("Result")

TRIES = 4
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.05, 0.2
# Serialization failure, deadlock, lock not available: what PostgreSQL asks to try again.
TRANSIENT = {"40001", "40P01", "55P03"}


def under_lock(site: Site, work: Callable[[Site], Result]) -> Result:
    """Lock a site, and do a piece of work in one transaction; try again when the database asks for it.

    On SQLite the transaction itself is the lock, because it begins IMMEDIATE. Inside an outer transaction nothing is
    tried again, since the outer one has failed already.

    Raises Busy when the database refuses to the end.
    """
    tries = 1 if connection.in_atomic_block else TRIES
    for attempt in range(tries):
        try:
            with transaction.atomic():
                return work(Site.objects.select_for_update(no_key=True).get(pk=site.pk))
        except OperationalError as problem:
            if not is_transient(problem):
                raise
            if attempt == tries - 1:
                raise Busy from problem
            # Processes that collided once must not collide again at the same moment.
            time.sleep(random.uniform(SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS) * 2**attempt)
    raise AssertionError("unreachable")


def is_transient(problem: OperationalError) -> bool:
    """Tell whether the same work may succeed when it is tried again."""
    return getattr(problem.__cause__, "sqlstate", None) in TRANSIENT or "locked" in str(problem)


def note_change(site: Site) -> None:
    """Count one change of what is taken at a site, so that whoever has read it before knows."""
    Site.objects.filter(pk=site.pk).update(diary_version=F("diary_version") + 1)
