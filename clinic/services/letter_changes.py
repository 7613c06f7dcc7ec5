"""What differs between the times at which a patient expects visits and how these stand, and how that is worded."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from clinic.models import OutboundMessage, Session
from clinic.models.courses import SessionStatus
from clinic.models.people import Channel
from clinic.planning import FREES_ITS_PLACE

OFF = (SessionStatus.CANCELLED, SessionStatus.ENTERED_IN_ERROR)
MOST_TOLD_BY_SMS = 2
Change = tuple[datetime | None, datetime | None]  # when a visit was expected and when it is; None where it is not


def changes_of(message: OutboundMessage, now: datetime) -> list[Change]:
    """Return what is to be told of visits to come, in order; one that was made up has moved to where it is made up.

    What stands as expected is said as well: it is kept only where another message may have told something else.
    """
    expected = {int(pk): start for pk, start in message.data["moves"].items()}
    rows = Session.objects.filter(pk__in=expected).order_by("starts_at", "pk")
    gone: dict[tuple[bool, int], datetime] = {}
    come: list[tuple[tuple[bool, int], Change]] = []
    for row in rows:
        was = datetime.fromisoformat(expected[row.pk]) if expected[row.pk] else None
        if row.status not in FREES_ITS_PLACE and row.starts_at > now:
            come.append((row.name, (was, row.starts_at)))
        elif row.status in OFF and (was or row.starts_at) > now:
            gone[row.name] = was or row.starts_at
    told: list[Change] = [(was or gone.pop(name, None), start) for name, (was, start) in come]
    told += [(was, None) for was in gone.values()]
    return sorted(told, key=lambda change: change[0] or change[1] or now)


def worded_as(template: str, facts: Mapping[str, Any], channel: str) -> tuple[str, dict[str, Any]]:
    """Return the kind of text that tells changes, and what it tells; other messages are told as what they are."""
    changes = facts.get("changes")
    if not changes:
        return template, dict(facts)
    gone = [was for was, start in changes if start is None]
    is_too_much = channel == Channel.SMS and len(changes) > MOST_TOLD_BY_SMS
    if is_too_much and "first" not in facts:
        return "cancelled", {"appointments": len(gone), "first": gone[0]}
    if is_too_much:
        return "changed", {**facts, "changes": []}
    if len(gone) == len(changes):
        return "dropped", {"appointments": len(gone), "visits": gone}
    if all(was and start and was != start for was, start in changes):
        return "moved", {"appointments": len(changes), "changes": changes}
    return "changed", dict(facts)
