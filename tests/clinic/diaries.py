"""Looking at a whole diary: what stands in it, and whether it is right."""

from typing import Any

from clinic.models import Occupancy, Session
from clinic.services import diary_check


def snapshot() -> dict[str, Any]:
    """Return every session, apart from how often it was changed, and every cell."""
    sessions = [
        {name: value for name, value in row.items() if name not in ("version", "updated_at")}
        for row in Session.objects.order_by("pk").values()
    ]
    cells = sorted(Occupancy.objects.values_list("resource", "lane", "cell", "session"))
    return {"sessions": sessions, "cells": cells}


def assert_diary_is_right(site, now):
    assert diary_check.broken_rules(site, now=now) == ()
    assert diary_check.wrong_cells(now=now) == ()
