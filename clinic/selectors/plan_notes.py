"""What is worth saying about a plan: its facts, what is unusual, how it differs from the best one, why none fits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Site
from clinic.selectors.written import written

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
        yield _("%(chair)s for all %(count)s") % {"chair": counted[0][0], "count": counted[0][1]}
    elif counted:
        yield ", ".join(_("%(chair)s for %(count)s") % {"chair": name, "count": count} for name, count in counted)
    for reason in data["notes"]:
        if reason["code"] == "authorisation-slack":
            spare = reason["working_days"]
            yield ngettext("%(count)s working day spare", "%(count)s working days spare", spare) % {"count": spare}


def compared(best: Sequence[Visit], other: Sequence[Visit]) -> Iterable[str]:
    """Say how many days sooner or later a plan starts and ends than the best one."""
    for end, starts in ((0, True), (-1, False)):
        days = (best[end].starts_at.date() - other[end].starts_at.date()).days
        if days:
            yield _difference(abs(days), starts=starts, sooner=days > 0) % {"count": abs(days)}


def _difference(days: int, *, starts: bool, sooner: bool) -> str:
    if starts and sooner:
        return ngettext("Starts %(count)s day sooner", "Starts %(count)s days sooner", days)
    if starts:
        return ngettext("Starts %(count)s day later", "Starts %(count)s days later", days)
    if sooner:
        return ngettext("Ends %(count)s day sooner", "Ends %(count)s days sooner", days)
    return ngettext("Ends %(count)s day later", "Ends %(count)s days later", days)


def notes_of(
    data: PlanData, visits: Sequence[Visit], letter: str, names: Mapping[str, str], site: Site
) -> Iterable[Note]:
    """Say what is unusual about a plan, each with one thing to do about it."""
    for reason in data["notes"]:
        yield note_of(reason, names, site, letter)
    why = {item["number"]: told(item["reasons"], names, site) for item in data["sessions"]}
    unusual = [visit for visit in visits if visit.minutes_off]
    for visit in sorted(unusual, key=lambda visit: -abs(visit.minutes_off))[:MOST_UNUSUAL]:
        when = written(visit.starts_at, "D j M")
        because = " ".join(why[visit.number]) or (_("At %(time)s.") % {"time": written(visit.starts_at, "H:i")})
        change = Remedy(label=_("Change"), anchor=f"{letter}-{visit.starts_at:%Y-%m-%d}")
        yield Note(
            text=_("Session %(number)s, %(when)s: %(because)s")
            % {"number": visit.number, "when": when, "because": because},
            remedy=change,
        )
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
