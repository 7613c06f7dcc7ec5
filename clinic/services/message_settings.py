"""What a clinic says in its own words, and when: its texts and its rules."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from clinic.models import MessageRules, MessageText, Site
from clinic.notifications import texts

from . import audit
from .outbox.rules import read_rules

CLOCK = re.compile(r"([01]?\d|2[0-4])[:.]?([0-5]\d)?")
DAYS = re.compile(r"\d{1,2}")
MOST_HOURS, MOST_MOVES = 14 * 24, 20


class RulesRefused(ValueError):
    """Rules that cannot be kept; the sentence says what is wrong."""


def save_text(
    *, site: Site, template: str, channel: str, language: str, text: str, by: audit.Actor, now: datetime
) -> None:
    """Say something in the clinic's own words from now on.

    Raises TextRefused.
    """
    own = texts.checked(text, template, channel, site.public_name)
    which: dict[str, Any] = {"site": site, "template": template, "channel": channel, "language": language}
    with transaction.atomic():
        MessageText.objects.update_or_create(**which, defaults={"text": own})
        data = {"site": site.name, "template": template, "channel": channel, "language": language}
        audit.record(by=by, now=now, action="message text written", data=data)


def use_standard(*, site: Site, template: str, channel: str, language: str, by: audit.Actor, now: datetime) -> None:
    """Go back to the text that comes with the program."""
    with transaction.atomic():
        which = {"site": site, "template": template, "channel": channel, "language": language}
        if MessageText.objects.filter(**which).delete()[0]:
            data = {"site": site.name, "template": template, "channel": channel, "language": language}
            audit.record(by=by, now=now, action="message text given up", data=data)


def save_rules(*, site: Site, said: Mapping[str, str], by: audit.Actor, now: datetime) -> MessageRules:
    """Keep what a clinic says when, and what patients may move themselves.

    Raises RulesRefused.
    """
    rules: dict[str, Any] = {
        "digest_weekday": _number(said, "digest_weekday", 6) if said.get("digest_weekday") else None,
        "most_a_week": _number(said, "most_a_week", 14),
        **{name: _minute(said.get(name, "")) for name in ("leaves_at", "opens", "closes")},
        "days_before_alone": _days(said.get("alone", "")),
        "days_before": {
            name.removeprefix("kind_"): _days(text) for name, text in said.items() if name.startswith("kind_")
        },
    }
    try:
        read_rules(rules)
    except ValueError as wrong:
        raise RulesRefused(str(wrong)) from None
    own = {
        "rules": rules,
        "notice_hours": _number(said, "notice_hours", MOST_HOURS),
        "most_moves": _number(said, "most_moves", MOST_MOVES),
        "sends_entries": said.get("sends_entries") == "1",
    }
    with transaction.atomic():
        row, _other = MessageRules.objects.update_or_create(site=site, defaults=own)
        audit.record(by=by, now=now, action="message rules changed", data={"site": site.name} | own)
    return row


def _number(said: Mapping[str, str], name: str, most: int) -> int:
    text = said.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= most):
        raise RulesRefused(_("“%(text)s” is no number from 0 to %(most)s.") % {"text": text[:20], "most": most})
    return int(text)


def _minute(text: str) -> int:
    found = CLOCK.fullmatch(text.strip())
    minute = int(found[1]) * 60 + int(found[2] or 0) if found else None
    if minute is None or minute > 24 * 60:
        raise RulesRefused(_("“%(text)s” is no time. Write it like 16:00.") % {"text": text[:20]})
    return minute


def _days(text: str) -> list[int]:
    parts = [part for part in re.split(r"[\s,;]+", text.strip()) if part]
    if any(not DAYS.fullmatch(part) for part in parts) or len(parts) > 5:
        raise RulesRefused(_("“%(text)s” are no days. Write them like 3, 1, or nothing at all.") % {"text": text[:20]})
    return sorted({int(part) for part in parts}, reverse=True)
