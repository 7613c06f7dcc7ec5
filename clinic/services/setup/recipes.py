"""A protocol read from its form; the planner's own values judge it, in their own sentences."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from scheduler import Assessment, Blocks, FollowUp, Phase, Redetermination, Visit, VisitKind
from scheduler import Protocol as Recipe

from .errors import InvalidSetup
from .reading import Reader

MOST_PHASES = 8
MOST_FOLLOW_UPS = 8
MOST_ASSESSMENTS = 60


def read_recipe(data: Mapping[str, Any], *, slug: str, base: Recipe | None = None) -> Recipe:
    """Read a protocol; what the form does not show stays as it is in `base`.

    Raises InvalidSetup with a sentence at every field that is wrong.
    """
    read = Reader(data)
    name = read.text("name", _("name of the protocol"), 120, required=True)
    summary = read.text("summary", _("summary"), 240)
    source = read.text("source", _("source"), 400)
    phases = [_phase(read, f"p{number}-", base) for number in range(MOST_PHASES) if f"p{number}-name" in data]
    first, redo, follow_ups = _first(read, base), _redetermination(read, base), _follow_ups(read, base)
    ratings = _assessments(read, last=sum(phase.sessions for phase in phases if phase))
    read.done()
    try:
        return Recipe(
            slug=slug,
            name=name,
            phases=tuple(phase for phase in phases if phase),
            version=base.version if base else 1,
            first_visit=first,
            redetermination=redo,
            assessments=ratings,
            follow_ups=follow_ups,
            summary=summary,
            source=source,
        )
    except ValueError as wrong:
        raise InvalidSetup({"": str(wrong)}) from None


def _phase(read: Reader, at: str, base: Recipe | None) -> Phase | None:
    """Read one phase; None when something in it is wrong, which is noted."""
    of = str(read.data.get(f"{at}of", ""))
    old = base.phases[int(of)] if base and of.isdecimal() and len(of) < 3 and int(of) < len(base.phases) else None
    before = set(read.errors)
    taper = _taper(read, f"{at}taper")
    most = read.number(f"{at}week_max", _("most days a week"), 1, 7)
    visit: dict[str, Any] = {
        "minutes": read.number(f"{at}minutes", _("minutes of a session"), 1, 720),
        "turnaround_minutes": read.number(f"{at}turnaround", _("minutes until the next patient"), 0, 120),
        "chair_kinds": frozenset(_words(read.text(f"{at}kinds", _("kinds of chair"), 200))),
    }
    given: dict[str, Any] = {
        "name": read.text(f"{at}name", _("name of the phase"), 60, required=True),
        "taper": taper,
        "sessions": 0 if taper else read.number(f"{at}sessions", _("number of sessions"), 1, 200),
        "per_week_max": most,
        "per_week_min": read.number(f"{at}week_min", _("fewest days a week"), 0, 7),
        "per_week_target": old.per_week_target if old and old.per_week_target != old.per_week_max else None,
        "weekdays": frozenset(int(day) for day in read.data.get(f"{at}weekdays") or () if day in tuple("0123456")),
        "sessions_per_day": read.number(f"{at}per_day", _("sessions a day"), 1, 12),
        "minutes_between_starts": read.number(f"{at}between", _("minutes between two starts"), 0, 720),
        "min_days_between": read.number(f"{at}gap_min", _("shortest gap in days"), 1, 120),
        "max_days_between": read.number(f"{at}gap_max", _("longest gap in days"), 1, 120),
        "condition": read.text(f"{at}condition", _("condition"), 60),
        "blocks": _blocks(read, at),
    }
    if set(read.errors) - before:
        return None
    try:
        if old:
            return replace(old, visit=replace(old.visit, **visit), **given)
        return Phase(visit=Visit(**visit), **given)
    except ValueError as wrong:
        read.fault(f"{at}name", str(wrong))
        return None


def _blocks(read: Reader, at: str) -> Blocks | None:
    """Read days in a row such as "5" or "3-5", and the days off between two runs; without them there are no runs."""
    text = read.text(f"{at}block", _("days in a row"), 20)
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", text)
    if match is None:
        read.fault(f"{at}block", _("Write the days in a row as 5, or as 3-5."))
        return None
    most_off = read.number(f"{at}break", _("most days off between two runs"), 1, 14)
    try:
        return Blocks(min_days=int(match[1]), max_days=int(match[2] or match[1]), max_break_days=most_off or 1)
    except ValueError as wrong:
        read.fault(f"{at}block", str(wrong))
        return None


def _assessments(read: Reader, *, last: int) -> tuple[Assessment, ...]:
    """Read "PHQ-9: 1, 10, 20; Review: 30"; the numbers are sessions, those of conditional phases among them."""
    text = read.text("assessments", _("list of assessments"), 600)
    found = []
    for part in [part.strip() for part in text.split(";") if part.strip()]:
        name, _other, numbers = part.rpartition(":")
        sessions = [number for number in re.split(r"[,\s]+", numbers) if number]
        if not name.strip() or not sessions or not all(re.fullmatch(r"[1-9]\d{0,2}", number) for number in sessions):
            read.fault(
                "assessments", _("Cannot read %(part)s. Try PHQ-9: 1, 10, 20; Review: 30.") % {"part": repr(part[:20])}
            )
        elif late := [number for number in sessions if int(number) > last]:
            read.fault(
                "assessments",
                _("There is no session %(late)s: the protocol has %(last)s.") % {"late": late[0], "last": last},
            )
        else:
            found += [Assessment(name=name.strip()[:40], at_session=int(number)) for number in sessions]
    if len(found) > MOST_ASSESSMENTS or len(set(found)) < len(found):
        read.fault(
            "assessments",
            _("Name each assessment of a session once, and at most %(most_assessments)s.")
            % {"most_assessments": MOST_ASSESSMENTS},
        )
    return tuple(sorted(found, key=lambda item: (item.at_session, item.name)))


def _first(read: Reader, base: Recipe | None) -> Visit | None:
    """Read the first visit, which replaces the first session; without minutes there is none."""
    if not str(read.data.get("first_minutes") or "").strip():
        return None
    minutes = read.number("first_minutes", _("minutes of the first visit"), 1, 720)
    prescriber = _number_or_0(read, "first_prescriber", _("minutes with the prescriber"))
    offset = _number_or_0(read, "first_offset", _("minutes before the prescriber comes"))
    old = (base and base.first_visit) or Visit(kind=VisitKind.MAPPING)
    if not (base and base.first_visit) and (kinds := read.data.get("p0-kinds")):
        old = replace(old, chair_kinds=frozenset(_words(str(kinds)[:200])))
    return _visit(read, "first_minutes", old, minutes=minutes, prescriber_minutes=prescriber, prescriber_offset=offset)


def _redetermination(read: Reader, base: Recipe | None) -> Redetermination | None:
    if not str(read.data.get("redo_every") or "").strip():
        return None
    every = read.number("redo_every", _("days between two redeterminations"), 1, 120)
    minutes = read.number("redo_minutes", _("minutes of a redetermination"), 1, 720)
    old = base.redetermination.visit if base and base.redetermination else Visit(kind=VisitKind.REDETERMINATION)
    visit = _visit(read, "redo_minutes", old, minutes=minutes)
    try:
        return Redetermination(visit=visit or old, every_days=every)
    except ValueError as wrong:
        read.fault("redo_every", str(wrong))
        return None


def _follow_ups(read: Reader, base: Recipe | None) -> tuple[FollowUp, ...]:
    """Read "4 weeks, 1 month, 3 months"; one that the protocol has already keeps its window and its visit."""
    text = read.text("follow_ups", _("list of follow-ups"), 200)
    if not text:
        return ()
    minutes = read.number("follow_minutes", _("minutes of a follow-up"), 1, 240)
    known = {(item.months, item.days): item for item in (base.follow_ups if base else ())}
    found = []
    for part in [part.strip() for part in text.split(",") if part.strip()]:
        match = re.fullmatch(r"([1-9]\d{0,2})\s*(day|week|month)s?", part.casefold())
        number = int(match[1]) if match else 0
        if match is None or number > {"day": 730, "week": 104, "month": 24}[match[2]]:
            read.fault(
                "follow_ups",
                _("Cannot read %(part)s. Try 4 weeks, 1 month, 3 months; two years at most.")
                % {"part": repr(part[:20])},
            )
            continue
        key = (number, 0) if match[2] == "month" else (0, number * (7 if match[2] == "week" else 1))
        old = known.get(key) or FollowUp(name=part[:40], visit=_REVIEW, months=key[0], days=key[1])
        changed: dict[str, Any] = {"minutes": minutes}
        if old.visit.prescriber_minutes:
            changed["prescriber_minutes"] = min(old.visit.prescriber_minutes, minutes)
        found.append(replace(old, visit=replace(old.visit, prescriber_offset=0, **changed)))
    if len(found) > MOST_FOLLOW_UPS or len({(item.months, item.days) for item in found}) < len(found):
        read.fault(
            "follow_ups",
            _("Name each follow-up once, and at most %(most_follow_ups)s.") % {"most_follow_ups": MOST_FOLLOW_UPS},
        )
    return tuple(found)


_REVIEW = Visit(kind=VisitKind.FOLLOW_UP, minutes=30, needs_chair=False, needs_technician=False, prescriber_minutes=30)


def _visit(read: Reader, field: str, old: Visit, **changes: int) -> Visit | None:
    if field in read.errors:
        return None
    try:
        return replace(old, **changes)  # type: ignore[arg-type]
    except ValueError as wrong:
        read.fault(field, str(wrong))
        return None


def _taper(read: Reader, field: str) -> tuple[int, ...]:
    text = read.text(field, _("taper"), 80)
    parts = [part for part in re.split(r"[,\s]+", text) if part]
    if all(part in tuple("1234567") for part in parts) and len(parts) <= 26:
        return tuple(int(part) for part in parts)
    read.fault(field, _("A taper names the days of each week, such as 3, 2, 1. Leave it empty for a steady rhythm."))
    return ()


def _number_or_0(read: Reader, field: str, what: str) -> int:
    return read.number(field, what, 0, 720) if str(read.data.get(field) or "").strip() else 0


def _words(text: str) -> list[str]:
    return [word.strip().casefold() for word in text.split(",") if word.strip()]
