"""`manage.py take_bounce`: read one returned mail, as a mail server pipes it, and note that it did not arrive."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from clinic.services import outbox

LONGEST = 1_000_000


class Command(BaseCommand):
    """Take a mail from standard input; one that is no report about a message of the clinic changes nothing."""

    help = "Read a returned mail from standard input. In a mail server's alias: |manage.py take_bounce"

    def handle(self, *args: Any, **options: Any) -> None:
        """Read it, and say what it was."""
        is_ours = outbox.take_bounce(sys.stdin.buffer.read(LONGEST))
        self.stdout.write("Noted that this message did not arrive." if is_ours else "This is about no sent message.")
