"""A replan as the desk reads it: by how much work each patient is, before and after, and who has no place."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.models import Absence, Closure, Course, Disruption, Patient, Replan, ReplanChange, Session, Site
from clinic.models.disruptions import CallState, ChangeState, Contact

from .words import names_at, told
from .written import moment, written

ORDER = list(Contact.values)
SEARCHING = "still-searching"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Hold one session before and after, by the clock of its site; `size` says how far apart in words."""

    number: int
    before: datetime
    after: datetime
    chair_before: str
    chair_after: str
    size: str
    level: str  # "ok", "warn" or "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Hold one course that a replan changes; `contact` is that of its change that is most work."""

    course: Course
    patient: Patient
    contact: str
    call: str
    state: str
    shifts: tuple[Shift, ...]
    ends_before: datetime
    ends_after: datetime

    @property
    def call_said(self) -> str:
        """Say what came of calling the patient."""
        return str(CallState(self.call).label)

    @property
    def ends_elsewhere(self) -> bool:
        """Tell whether the course ends on another date."""
        return self.ends_before.date() != self.ends_after.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nowhere:
    """Hold courses that have no place for the same reasons; some only because nobody has looked for one yet."""

    reasons: tuple[str, ...]
    is_searching: bool
    courses: tuple[Course, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanView:
    """Hold a replan for a page: groups in order of work, courses without a place by their reasons, and counts."""

    replan: Replan
    groups: tuple[tuple[str, str, tuple[Touched, ...]], ...]
    nowhere: tuple[Nowhere, ...]

    @property
    def unplaced(self) -> tuple[Course, ...]:
        """Return every course without a place."""
        return tuple(course for group in self.nowhere for course in group.courses)

    @property
    def is_searching(self) -> bool:
        """Tell whether there are courses for which nobody has looked for a place yet."""
        return any(group.is_searching for group in self.nowhere)

    @property
    def courses(self) -> tuple[Touched, ...]:
        """Return every course that changes."""
        return tuple(row for _other, _other, rows in self.groups for row in rows)

    @property
    def waiting(self) -> int:
        """Return how many courses can still be applied."""
        return sum(row.state == ChangeState.PROPOSED for row in self.courses)

    @property
    def applied(self) -> int:
        """Return how many courses were applied."""
        return sum(row.state == ChangeState.APPLIED for row in self.courses)

    @property
    def sessions(self) -> int:
        """Return how many sessions change."""
        return sum(len(row.shifts) for row in self.courses)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many patients there are of each kind of contact."""
        return {contact: len(rows) for contact, _other, rows in self.groups}


def disruptions_at(site: Site) -> list[Disruption]:
    """List what happened at a site, the latest first."""
    rows = Disruption.objects.filter(site=site).select_related(
        "site", "chair", "absence__technician", "absence__prescriber"
    )
    return list(rows[:50])


def replan_view(replan: Replan) -> ReplanView:
    """Read a replan in a fixed number of queries."""
    site = replan.disruption.site
    names = names_at(site)
    by_course: dict[int, list[ReplanChange]] = {}
    changes = replan.changes.select_related("course__patient", "course__protocol", "session")
    for change in changes.order_by("pk"):
        by_course.setdefault(change.course_id, []).append(change)
    ends = _ends(list(by_course))
    rows = [_touched(group, ends, names, site) for group in by_course.values()]
    rows.sort(key=lambda row: (ORDER.index(row.contact), row.shifts[0].before))
    return ReplanView(
        replan=replan,
        groups=tuple(
            (value, str(label), found)
            for value, label in Contact.choices
            if (found := tuple(row for row in rows if row.contact == value))
        ),
        nowhere=_nowhere(replan, names, site),
    )


def _nowhere(replan: Replan, names: dict[str, str], site: Site) -> tuple[Nowhere, ...]:
    """Put the courses without a place together that lack it for the same reasons, in order of the first name."""
    lost = {item["course"]: item["reasons"] for item in replan.unplaced}
    rows = Course.objects.filter(uid__in=lost).select_related("patient", "protocol")
    groups: dict[tuple[tuple[str, ...], bool], list[Course]] = {}
    for course in rows.order_by("patient__family_name", "pk"):
        reasons = lost[str(course.uid)]
        is_searching = any(reason["code"] == SEARCHING for reason in reasons)
        groups.setdefault((tuple(told(reasons, names, site)), is_searching), []).append(course)
    return tuple(
        Nowhere(reasons=reasons, is_searching=is_searching, courses=tuple(courses))
        for (reasons, is_searching), courses in groups.items()
    )


def _ends(courses: list[int]) -> dict[int, dict[int, datetime]]:
    """Return when each session of the courses starts, follow-ups not counted."""
    found: dict[int, dict[int, datetime]] = {course: {} for course in courses}
    rows = Session.objects.filter(course__in=courses).exclude(kind="follow-up")
    for course, pk, start in rows.order_by().values_list("course", "pk", "starts_at"):
        found[course][pk] = start
    return found


def _touched(
    changes: list[ReplanChange], ends: dict[int, dict[int, datetime]], names: dict[str, str], site: Site
) -> Touched:
    first = changes[0]
    starts = ends[first.course_id]
    before, after = dict(starts), dict(starts)
    for change in changes:
        if change.session_id in starts:
            before[change.session_id] = _start(change.was)
            after[change.session_id] = _start(change.becomes)
    # That a session counts for another phase now is nothing that anybody sees.
    seen = [change for change in changes if _place(change.was) != _place(change.becomes)] or changes
    shifts = sorted((_shift(change, names, site) for change in seen), key=lambda shift: shift.before)
    latest = [max(moments.values(), default=first.session.starts_at) for moments in (before, after)]
    return Touched(
        course=first.course,
        patient=first.course.patient,
        contact=min((change.contact for change in changes), key=ORDER.index),
        call=first.call,
        state=first.state,
        shifts=tuple(shifts),
        ends_before=latest[0].astimezone(site.zone),
        ends_after=latest[1].astimezone(site.zone),
    )


def _shift(change: ReplanChange, names: dict[str, str], site: Site) -> Shift:
    before, after = (_start(place).astimezone(site.zone) for place in (change.was, change.becomes))
    size, level = _size(before, after)
    return Shift(
        number=change.session.number,
        before=before,
        after=after,
        chair_before=names.get(str(change.was["chair_id"]), ""),
        chair_after=names.get(str(change.becomes["chair_id"]), ""),
        size=size,
        level=level,
    )


def _size(before: datetime, after: datetime) -> tuple[str, str]:
    """Say how far a session moves, as the clock on the wall shows it."""
    days = (after.date() - before.date()).days
    if days:
        if days > 0:
            said = ngettext("%(count)s day later", "%(count)s days later", days)
        else:
            said = ngettext("%(count)s day earlier", "%(count)s days earlier", -days)
        return said % {"count": abs(days)}, "bad"
    by = after.replace(tzinfo=None) - before.replace(tzinfo=None)
    if not by:
        return _("same time"), "ok"
    hours, minutes = divmod(abs(by) // timedelta(minutes=1), 60)
    amount = " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)
    said = _("%(amount)s later") if by > timedelta() else _("%(amount)s earlier")
    return said % {"amount": amount}, "bad" if hours or minutes > 20 else "warn"


def _start(place: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(place["starts_at"])


def _place(place: dict[str, Any]) -> tuple[Any, Any]:
    return place["starts_at"], place["chair_id"]


def span(disruption: Disruption) -> str:
    """Say from when until when a disruption lasts."""
    return lasting(disruption, disruption.site)


def lasting(row: Disruption | Closure | Absence, site: Site) -> str:
    """Say from when until when something lasts by the clock of a site; whole days without the clock."""
    first, last = row.starts_at.astimezone(site.zone), row.ends_at.astimezone(site.zone)
    if first.time() == last.time() == time():
        ends = list(dict.fromkeys(written(day, "D j M") for day in (first, last - timedelta(days=1))))
    else:
        ends = [moment(first), moment(last)]
    return _("%(first)s to %(last)s") % {"first": ends[0], "last": ends[1]} if len(ends) > 1 else ends[0]
