"""What the import commands share: reading the file, and saying what became of each row."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone

from clinic.models import Site
from clinic.services import booking
from clinic.services.audit import Actor
from clinic.services.booking.lock import is_transient
from clinic.services.imports import Outcome
from clinic.services.spreadsheets import UnreadableTable, read_table

BUSY = "Nothing was written: somebody else is changing the diary. Wait a moment and import the file again."


class ImportCommand(BaseCommand):
    """Read a CSV file, hand its rows to a service and report every bad row by line."""

    what: ClassVar[str]
    needed: ClassVar[tuple[str, ...]]
    optional: ClassVar[tuple[str, ...]]
    take_over: ClassVar[Callable[..., Outcome]]

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read the file, the site and whether it is only a trial."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--site", help="name of the site; needed when there are several")
        parser.add_argument("--dry-run", action="store_true", help="judge every row and write nothing")

    def handle(self, *, file: Path, site: str | None, dry_run: bool, **options: Any) -> None:
        """Take over the file, or say why not."""
        try:
            rows = read_table(file.read_bytes(), needed=self.needed, optional=self.optional)
        except OSError as wrong:
            raise CommandError(f"Cannot read {file}: {wrong.strerror}.") from None
        except UnreadableTable as wrong:
            raise CommandError(str(wrong)) from None
        by = Actor.of_command(f"import_{self.what}")
        try:
            outcome = type(self).take_over(rows, site=_site(site), by=by, now=timezone.now(), keep=not dry_run)
        except booking.Busy:
            raise CommandError(BUSY) from None
        except OperationalError as problem:
            if not is_transient(problem):
                raise
            raise CommandError(BUSY) from None
        for line, reason in outcome.bad:
            self.stderr.write(f"Line {line}: {reason}")
        added, bad = _counted(outcome.added, f"new {self.what}"), _counted(len(outcome.bad), "bad rows")
        counts = f"{added}, {outcome.known:,} already known, {bad}."
        if outcome.bad:
            lines = "the line" if len(outcome.bad) == 1 else "the lines"
            raise CommandError(f"Nothing was written. {counts} Correct {lines} above and import the file again.")
        self.stdout.write(f"{counts} {'Written.' if outcome.is_written else 'A trial: nothing was written.'}")


def _site(name: str | None) -> Site:
    sites = Site.objects.filter(is_active=True)
    found = list((sites.filter(name=name) if name else sites)[:2])
    if len(found) == 1:
        return found[0]
    known = ", ".join(sites.values_list("name", flat=True)) or "none yet"
    raise CommandError(f"Say which site with --site NAME. The sites are: {known}.")


def _counted(number: int, plural: str) -> str:
    return f"{number:,} {plural.removesuffix('s') if number == 1 else plural}"
