"""Lists in pages: oldest change first, from a cursor that only this module can read."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from .errors import Problem


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


def _written(row: Model, by: str) -> str:
    data = json.dumps([getattr(row, by).isoformat(), row.pk])
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, int]:
    try:
        data = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        moment, pk = json.loads(data)
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None or type(pk) is not int or not 0 <= pk < 2**63:
            raise ValueError(cursor)
    except (ValueError, TypeError, RecursionError, binascii.Error, UnicodeError):
        errors = [{"field": "cursor", "detail": "This is no cursor of ours."}]
        raise Problem("invalid-request", "Take the cursor from `next` of a page.", errors=errors) from None
    return read, pk
