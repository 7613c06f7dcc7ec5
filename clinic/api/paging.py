"""Lists in pages: oldest change first, from a cursor that only this module can read."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from .errors import Problem

Item = TypeVar("Item")


def page(rows: QuerySet[Any], query: Mapping[str, Any], *, by: str = "updated_at") -> tuple[list[Any], str | None]:
    """Return the asked page of rows and the cursor of the next one.

    Rows are in order of their last change, so that a program that polls with `updated_since` meets every change.
    """
    if since := query.get("updated_since"):
        rows = rows.filter(**{f"{by}__gte": since})
    if cursor := query.get("cursor"):
        moment, pk = _read(cursor)
        rows = rows.filter(Q(**{f"{by}__gt": moment}) | Q(**{by: moment, "pk__gt": pk}))
    found = list(rows.order_by(by, "pk")[: query["limit"] + 1])
    shown = found[: query["limit"]]
    return shown, _written(shown[-1], by) if len(found) > len(shown) else None


def page_by(
    rows: Iterable[Item], query: Mapping[str, Any], key: Callable[[Item], tuple[int, ...]]
) -> tuple[list[Item], str | None]:
    """Return the asked page of what is worked out anew each time, in the order of a key, and the cursor of the next.

    Whatever changes its place meanwhile may be met twice or not at all.
    """
    ordered = sorted(rows, key=key)
    if cursor := query.get("cursor"):
        after = _numbers(_decoded(cursor))
        ordered = [row for row in ordered if key(row) > after]
    shown = ordered[: query["limit"]]
    return shown, _encoded(list(key(shown[-1]))) if len(ordered) > len(shown) else None


def _written(row: Model, by: str) -> str:
    return _encoded([getattr(row, by).isoformat(), row.pk])


def _read(cursor: str) -> tuple[datetime, int]:
    try:
        moment, pk = _decoded(cursor)
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None or type(pk) is not int or not 0 <= pk < 2**63:
            raise ValueError(cursor)
    except (ValueError, TypeError):
        raise _no_cursor() from None
    return read, pk


def _numbers(data: Any) -> tuple[int, ...]:
    if not isinstance(data, list) or any(type(number) is not int for number in data):
        raise _no_cursor()
    return tuple(data)


def _encoded(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def _decoded(cursor: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError, binascii.Error, UnicodeError):
        raise _no_cursor() from None


def _no_cursor() -> Problem:
    errors = [{"field": "cursor", "detail": "This is no cursor of ours."}]
    return Problem("invalid-request", "Take the cursor from `next` of a page.", errors=errors)
