"""Take over tables that a clinic brings: every row is judged, and either all are written or none."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from django.db import IntegrityError

from clinic.models import Site

from .booking import Busy
from .booking.lock import under_lock
from .spreadsheets import BadRow, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Hold what became of a file: how many rows are new, how many were known, and which are bad and why."""

    added: int
    known: int
    bad: tuple[tuple[int, str], ...] = ()
    is_written: bool = False


class Ledger(Protocol):
    """What judges rows against everything that is there, and writes those that it took all at once.

    `about` says in words what two rows have in common that are about the same.
    """

    about: str

    def take(self, row: Row) -> tuple[Hashable, bool]:
        """Return what a row is about, and whether that is new. Raises BadRow."""

    def write(self) -> None:
        """Write every new row."""


def all_or_nothing(rows: Sequence[Row], open_ledger: Callable[[Site], Ledger], *, site: Site, keep: bool) -> Outcome:
    """Judge every row, then write all of them or, with a single bad row or without `keep`, nothing.

    The rows are judged before the site is locked, so that a file that cannot be written holds nobody up, and again
    under the lock, because the diary may have changed since. Raises Busy.
    """
    outcome = _judged(rows, open_ledger(site))
    if outcome.bad or not keep:
        return outcome

    def write(locked: Site) -> Outcome:
        ledger = open_ledger(locked)
        again = _judged(rows, ledger)
        if again.bad:
            return again
        ledger.write()
        return replace(again, is_written=True)

    try:
        return under_lock(site, write)
    except IntegrityError as clash:
        # Somebody at another site, whose lock is another one, took a number or a person at this very moment.
        raise Busy from clash


def _judged(rows: Iterable[Row], ledger: Ledger) -> Outcome:
    seen: dict[Hashable, Row] = {}
    added, known, bad = 0, 0, []
    for row in rows:
        try:
            if row.cells_over:
                raise BadRow("It has more cells than there are columns. Does a text with commas lack quotes?")
            if row.is_torn:
                raise BadRow(f"A quotation mark lacks its partner, so that the row goes on until line {row.last_line}.")
            about, is_new = ledger.take(row)
            first = seen.setdefault(about, row)
            if first.values != row.values and not is_new:
                raise BadRow(f"Line {first.line} is about the same {ledger.about} and says something else. Keep one.")
        except BadRow as why:
            bad.append((row.line, str(why)))
        else:
            added, known = added + is_new, known + (not is_new)
    return Outcome(added=added, known=known, bad=tuple(sorted(bad)))
