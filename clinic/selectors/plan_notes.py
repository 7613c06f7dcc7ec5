"""What is worth saying about a plan: its facts, what is unusual, how it differs from the best one, why none fits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clinic.models import Site

from .courses import chairs_in
from .remedies import Remedy, remedy, warns
from .weeks import Visit
from .words import told

MOST_CHAIRS = MOST_UNUSUAL = 3
PlanData = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Hold one sentence about a plan and the one thing to do about it."""

    text: str
    is_warning: bool = False
    remedy: Remedy | None = None


def facts_of(data: PlanData, visits: Sequence[Visit]) -> Iterable[str]:
    """Say which chairs a plan uses, and how many days it has to spare."""
    counted = chairs_in(visits).most_common(MOST_CHAIRS)
    if len(counted) == 1:
        yield f"{counted[0][0]} for all {counted[0][1]}"
    elif counted:
        yield ", ".join(f"{name} for {count}" for name, count in counted)
    for reason in data["notes"]:
        if reason["code"] == "authorisation-slack":
            yield f"{days(reason['working_days'], 'working day')} spare"


def compared(best: Sequence[Visit], other: Sequence[Visit]) -> Iterable[str]:
    """Say how many days sooner or later a plan starts and ends than the best one."""
    for verb, end in (("Starts", 0), ("Ends", -1)):
        sooner = (best[end].starts_at.date() - other[end].starts_at.date()).days
        if sooner:
            yield f"{verb} {days(abs(sooner), 'day')} {'sooner' if sooner > 0 else 'later'}"


def notes_of(
    data: PlanData, visits: Sequence[Visit], letter: str, names: Mapping[str, str], site: Site
) -> Iterable[Note]:
    """Say what is unusual about a plan, each with one thing to do about it."""
    for reason in data["notes"]:
        yield note_of(reason, names, site, letter)
    why = {item["number"]: told(item["reasons"], names, site) for item in data["sessions"]}
    unusual = [visit for visit in visits if visit.minutes_off]
    for visit in sorted(unusual, key=lambda visit: -abs(visit.minutes_off))[:MOST_UNUSUAL]:
        when = f"{visit.starts_at:%a} {visit.starts_at.day} {visit.starts_at:%b}"
        because = " ".join(why[visit.number]) or f"At {visit.starts_at:%H:%M}."
        change = Remedy(label="Change", anchor=f"{letter}-{visit.starts_at:%Y-%m-%d}")
        yield Note(text=f"Session {visit.number}, {when}: {because}", remedy=change)
    for reason in lacking(data):
        yield note_of(reason, names, site, letter)


def lacking(data: PlanData) -> Iterable[Mapping[str, Any]]:
    """Yield why sessions have no place, each reason once.

    That all would fit says nothing; then a wish stands in the way, which has its own reason.
    """
    seen: list[Any] = []
    for item in data["unplaced"]:
        for reason in item["reasons"]:
            fits = reason["code"] == "no-place" and reason.get("placed") == reason.get("sessions")
            if reason not in seen and not fits:
                seen.append(reason)
                yield reason


def note_of(reason: Mapping[str, Any], names: Mapping[str, str], site: Site, letter: str = "") -> Note:
    """Put one reason into words, with what helps against it."""
    return Note(text=told([reason], names, site)[0], is_warning=warns(reason), remedy=remedy(reason, letter))


def days(count: int, word: str) -> str:
    """Count something in words: 1 day, 2 days."""
    return f"{count} {word}{'' if count == 1 else 's'}"
