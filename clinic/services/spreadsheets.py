"""Tables that people bring: CSV in the encodings and with the separators that their programs write."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import islice
from typing import Any

ENCODINGS = ("utf-8-sig", "cp1252")
WORKBOOK = b"PK\x03\x04"
LONGEST_SHOWN = 40
WRITE_DATES = "Write 2026-11-30 or 30/11/2026."
LARGEST_FILE = 50_000_000
MOST_ROWS = 20_000  # the diary waits while a file is taken over


class UnreadableTable(Exception):
    """A file that is no table with the columns that are needed; its text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold one row: its first and last line in the file, its values by column, and what is wrong with it.

    In a torn row a cell holds the next line and its separators, because nothing closes a quotation mark.
    """

    line: int
    last_line: int
    values: Mapping[str, str]
    cells_over: int = 0
    is_torn: bool = False

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


class BadRow(Exception):
    """A row that cannot be taken over; its text says why."""


def read_table(data: bytes, *, needed: tuple[str, ...], optional: tuple[str, ...]) -> tuple[Row, ...]:
    """Read a CSV file, separated by commas, semicolons or tabs, with the names of its columns in the first line.

    Values stay text, whatever they look like. Raises UnreadableTable.
    """
    text = _decoded(data)
    first_line = re.split(r"[\r\n]", text, maxsplit=1)[0]
    separator = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header = _header(reader)
    _judge_header(header, needed, optional)
    rows = tuple(islice(_rows(reader, header), MOST_ROWS + 1))
    if not rows:
        raise UnreadableTable(
            "The file names its columns and has no rows below them. Save the sheet with the rows again."
        )
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
        if year >= 1000:  # of two digits nobody can tell the century
            return date(year, month, day)
    except (ValueError, TypeError, OverflowError):
        pass
    raise BadRow(f"{what} {shown(text)} {_no_date(text)}" if text else f"{what} is missing. {WRITE_DATES}")


def read_time(text: str, what: str) -> time:
    """Read 08:30, 8:30 or 08:30:00."""
    if read := re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(:00)?", text):
        return time(int(read[1]), int(read[2]))
    raise BadRow(f"{what} {shown(text)} is no time. Write 08:30, or 14:30 in the afternoon.")


def shown(text: str) -> str:
    """Quote what a cell says, shortened when it says a lot."""
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")


def _no_date(text: str) -> str:
    """Say why a text is no date, and what to write."""
    parts = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2}|\d{4})", text)
    if parts and len(parts[3]) == 2:
        return "has a year of two digits. Write all four, such as 2026-11-30 or 30/11/2026."
    if parts and 12 < int(parts[2]) < 32 and 0 < int(parts[1]) < 13:
        return (
            f"is no date, because the day comes first here and there is no month {int(parts[2])}. If the months come "
            "first in this file, write all of its dates like 2026-11-30; others would be read wrongly."
        )
    return f"is no date. {WRITE_DATES}"


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        raise UnreadableTable("The file is larger than 50 MB. Divide it.")
    if data.startswith(WORKBOOK):
        raise UnreadableTable("This is a workbook of a spreadsheet program. Open it there, and save the sheet as CSV.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableTable("The file is neither UTF-8 nor Windows (cp1252) text. Save the table as CSV, UTF-8.")


def _header(reader: Iterator[list[str]]) -> list[str]:
    """Read the names of the columns; those without a name at the end are none."""
    try:
        header = [name.strip().lower().replace(" ", "_") for name in next(reader, [])]
    except csv.Error as wrong:
        raise _unreadable(1, wrong) from None
    while header and not header[-1]:
        header.pop()
    return header


def _judge_header(header: list[str], needed: tuple[str, ...], optional: tuple[str, ...]) -> None:
    if not header:
        raise UnreadableTable(f"The file is empty. Its first line names the columns: {', '.join(needed + optional)}.")
    if missing := [name for name in needed if name not in header]:
        raise UnreadableTable(
            f"The first line must name the columns; missing: {', '.join(missing)}. "
            f"The columns are: {', '.join(needed + optional)}."
        )
    if unknown := [name for name in header if name not in needed + optional]:
        raise UnreadableTable(
            f"Unknown column {shown(unknown[0])}. Remove it; the columns are: {', '.join(needed + optional)}."
        )
    if len(set(header)) < len(header):
        raise UnreadableTable("Two columns have the same name. Remove one of them.")


def _rows(reader: Any, header: list[str]) -> Iterator[Row]:
    separator = reader.dialect.delimiter
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as wrong:
            raise _unreadable(line, wrong) from None
        if cells is None:
            return
        if any(cells):
            yield Row(
                line=line,
                last_line=reader.line_num,
                values=dict(zip(header, (cell.strip() for cell in cells), strict=False)),
                is_torn=any(re.search(r"[\r\n]", cell) and separator in cell for cell in cells),
                cells_over=sum(bool(cell.strip()) for cell in cells[len(header) :]),
            )


def _unreadable(line: int, wrong: csv.Error) -> UnreadableTable:
    """Say what is wrong with the row that begins on a line; most often a quotation mark opens it and none closes it."""
    if "field larger" in str(wrong):
        what = f"a cell has more than {csv.field_size_limit():,} characters. A quotation mark may lack its partner"
    else:
        what = "a quotation mark lacks its partner, or stands inside of a text in quotation marks"
    return UnreadableTable(
        f"Line {line}: {what}. Correct that row, or save the table as CSV again. Nothing was written."
    )
