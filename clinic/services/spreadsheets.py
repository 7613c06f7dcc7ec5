"""Tables that people bring: CSV in the encodings and with the separators that their programs write."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import islice

ENCODINGS = ("utf-8-sig", "cp1252")
LARGEST_FILE = 50_000_000
MOST_ROWS = 50_000  # the diary waits while a file is taken over


class UnreadableTable(Exception):
    """A file that is no table with the columns that are needed; its text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one row: the line of the file on which it begins, its values by column, and how many cells are over."""

    line: int
    values: Mapping[str, str]
    cells_over: int = 0

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


class BadRow(Exception):
    """A row that cannot be taken over; its text says why."""


def read_table(data: bytes, *, needed: tuple[str, ...], optional: tuple[str, ...]) -> tuple[Row, ...]:
    """Read a CSV file, separated by commas, semicolons or tabs, with the names of its columns in the first line.

    Values stay text, whatever they look like. Raises UnreadableTable.
    """
    text = _decoded(data)
    first_line = text.partition("\n")[0]
    separator = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        header = [name.strip().lower().replace(" ", "_") for name in next(reader, [])]
        _judge_header(header, needed, optional)
        rows = tuple(islice(_rows(reader, header), MOST_ROWS + 1))
    except csv.Error as wrong:
        raise UnreadableTable(f"Line {reader.line_num} cannot be read: {wrong}. Save the table as CSV again.") from None
    if len(rows) > MOST_ROWS:
        raise UnreadableTable(
            f"The file has more than {MOST_ROWS:,} rows. Divide it, and import one part after another."
        )
    return rows


def read_date(text: str, what: str) -> date:
    """Read 2026-11-30, 30/11/2026 or 30.11.2026; the day comes first where the year is last."""
    try:
        parts = [int(part) for part in text.replace("/", "-").replace(".", "-").split("-")]
        year, month, day = parts if len(text.split("-")[0]) == 4 else reversed(parts)
        return date(year, month, day)
    except (ValueError, TypeError):
        raise BadRow(f"{what} {text!r} is no date. Write 2026-11-30 or 30/11/2026.") from None


def read_time(text: str, what: str) -> time:
    """Read 08:30 or 8:30."""
    try:
        hour, minute = (int(part) for part in text.split(":")[:2])
        return time(hour, minute)
    except ValueError:
        raise BadRow(f"{what} {text!r} is no time. Write 08:30.") from None


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        raise UnreadableTable("The file is larger than 50 MB. Divide it.")
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableTable("The file is neither UTF-8 nor Windows (cp1252) text. Save the table as CSV, UTF-8.")


def _judge_header(header: list[str], needed: tuple[str, ...], optional: tuple[str, ...]) -> None:
    if missing := [name for name in needed if name not in header]:
        raise UnreadableTable(f"The first line must name the columns; missing: {', '.join(missing)}.")
    if unknown := [name for name in header if name not in needed + optional]:
        raise UnreadableTable(f"Unknown column {unknown[0]!r}. The columns are: {', '.join(needed + optional)}.")
    if len(set(header)) < len(header):
        raise UnreadableTable("Two columns have the same name.")


def _rows(reader: Iterator[list[str]], header: list[str]) -> Iterator[Row]:
    line = reader.line_num + 1  # type: ignore[attr-defined]
    for cells in reader:
        values = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if any(cells):
            yield Row(line=line, values=values, cells_over=max(len(cells) - len(header), 0))
        line = reader.line_num + 1  # type: ignore[attr-defined]
