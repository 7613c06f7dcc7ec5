"""The first run: several chairs, and several people with their hours, in one go."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from clinic.models import Site
from clinic.services import audit
from scheduler import WeeklyHours

from .chairs import add_chair
from .errors import InvalidSetup
from .people import KINDS, add_person

Row = Mapping[str, Any]
LONGEST_HOURS = 300


def add_chairs(*, site: Site, rows: Sequence[Row], by: audit.Actor, now: datetime) -> int:
    """Add a chair for each row that has a name; return how many.

    Raises InvalidSetup with sentences at "<field>_<row>", after which none was added.
    """

    def add(row: Row) -> None:
        add_chair(site=site, data=row, by=by, now=now)

    return _each(rows, add, _("Give at least one chair a name, such as Chair 1."))


def add_people(*, site: Site, rows: Sequence[Row], by: audit.Actor, now: datetime) -> int:
    """Add a technician or prescriber for each row that has a name, with hours of every week; return how many.

    Raises InvalidSetup with sentences at "<field>_<row>", after which nobody was added.
    """

    def add(row: Row) -> None:
        if row.get("kind") not in KINDS:
            raise InvalidSetup({"kind": _("Choose technician or prescriber.")})
        hours = _hours(str(row.get("hours") or ""))
        add_person(kind=row["kind"], data={**row, "at_once": "1"}, by=by, now=now, site=site, hours=hours)

    return _each(rows, add, _("Give the name of at least one person who runs sessions."))


def _each(rows: Sequence[Row], add: Callable[[Row], None], nothing: str) -> int:
    errors: dict[str, str] = {}
    count = 0
    with transaction.atomic():
        for number, row in enumerate(rows):
            if not str(row.get("name") or "").strip():
                continue
            count += 1
            try:
                add(row)
            except InvalidSetup as wrong:
                errors |= {f"{field}_{number}": sentence for field, sentence in wrong.errors.items()}
        if not count:
            errors["name_0"] = nothing
        if errors:
            raise InvalidSetup(errors)
    return count


def _hours(text: str) -> str:
    try:
        hours = WeeklyHours.parse(text) if len(text) <= LONGEST_HOURS else None
    except ValueError as wrong:
        raise InvalidSetup({"hours": str(wrong)}) from None
    if not hours:
        raise InvalidSetup({"hours": _("Say when this person works, such as 'Mon-Fri 08:00-16:30'.")})
    return str(hours)
