"""`manage.py work`: send messages when they are due, search for better plans, throw away what has expired."""

import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session as BrowserSession
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections, connection

from clinic.services import admission_search, disruption, idempotency, occupancy, outbox, what_if

SECONDS_BETWEEN_LOOKS = 10
SECONDS_IN_HAND = 3
TIDIED_EVERY = timedelta(hours=1)


class Command(BaseCommand):
    """Work in the background until told to stop. Several may run: each thing to do is taken by one of them."""

    help = "Send the messages that are due. With --once: until nothing is due, then stop."

    def add_arguments(self, parser: CommandParser) -> None:
        """Offer one round instead of working for ever."""
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Start working."""
        if once:
            tidy(database_clock())
            while work_once(database_clock()):
                pass
        else:
            self.work_until_stopped()

    def work_until_stopped(self) -> None:
        """Look, send, rest; a database that is away for a moment is asked again after the rest."""
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        self.stdout.write("Working. To stop, press Ctrl-C.")
        next_tidy = datetime.min.replace(tzinfo=UTC)
        while not stop.is_set():
            try:
                now = database_clock()
                if now >= next_tidy:
                    tidy(now)
                    next_tidy = now + TIDIED_EVERY
                has_worked = work_once(now)
            except OperationalError as error:
                self.stderr.write(f"The database did not answer ({type(error).__name__}); trying again soon.")
                has_worked = False
            if not has_worked:
                close_old_connections()
                stop.wait(SECONDS_BETWEEN_LOOKS)


def work_once(now: datetime) -> bool:
    """Do the most urgent thing that is due; questions about a changed clinic come last, and let all others pass."""
    return urgent_once(now) or what_if.go_on_due(now=now, meanwhile=lambda: urgent_once(database_clock()))


def urgent_once(now: datetime) -> bool:
    """Do what somebody waits for: messages, then what patients are to be called about, then who waits."""
    return (
        bool(outbox.plan_due_reminders(now))
        or bool(outbox.deliver_due(now, seconds=SECONDS_IN_HAND))
        or bool(outbox.deliver_invitations(now))
        or disruption.improve_due(now=now)
        or admission_search.improve_due(now=now)
    )


def tidy(now: datetime) -> None:
    """Throw away what has expired: sessions of browsers, answers kept for repeated requests, cells of the past."""
    BrowserSession.objects.filter(expire_date__lt=now).delete()
    idempotency.forget_old_keys(now=now)
    occupancy.forget_past(now=now)


def database_clock() -> datetime:
    """Ask the database what time it is, because the clocks of several machines differ."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        (now,) = cursor.fetchone()
    # SQLite answers with a text in UTC.
    return datetime.fromisoformat(now).replace(tzinfo=UTC) if isinstance(now, str) else now
