"""What a clinic says when: the rules of a site as the scheduler reads them."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import scheduler
from clinic.models import MessageRules, Site

NAMES = frozenset(field.name for field in fields(scheduler.ReminderRules))


def rules_of(site: Site) -> scheduler.ReminderRules:
    """Return the rules of a site: those that come with the program, with what the clinic changed."""
    row: MessageRules | None = getattr(site, "message_rules", None)
    return read_rules(row.rules) if row else scheduler.ReminderRules()


def read_rules(data: Mapping[str, Any]) -> scheduler.ReminderRules:
    """Read rules from what is kept of them.

    Raises ValueError, in a sentence for the screen.
    """
    if unknown := sorted(set(data) - NAMES):
        raise ValueError(f"There is no rule {unknown[0]!r}.")
    given = dict(data)
    if "days_before" in given:
        kinds = dict(given["days_before"])
        if strange := sorted(set(kinds) - set(scheduler.VisitKind)):
            raise ValueError(f"There is no kind of visit {strange[0]!r}.")
        given["days_before"] = {scheduler.VisitKind(kind): tuple(days) for kind, days in kinds.items()}
    if "days_before_alone" in given:
        given["days_before_alone"] = tuple(given["days_before_alone"])
    return scheduler.ReminderRules(**given)
