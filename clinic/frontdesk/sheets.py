"""Tables as files for a spreadsheet program, which must not take a cell for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpResponse

# A cell that begins like this is worked out by some programs, whoever wrote it.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")

Value = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Hold a table: the names of its columns, and its rows."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Value]]


def as_file(sheet: Sheet, name: str) -> HttpResponse:
    """Answer with a table as a CSV file; the mark in front tells spreadsheet programs that it is UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([_plain(value) for value in row] for row in (sheet.columns, *sheet.rows))
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _plain(value: Value) -> Value:
    """Return what stands in a cell: text stays text, numbers stay numbers, and nothing stays empty."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value
