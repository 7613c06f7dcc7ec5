"""A replan as the desk reads it: by how much work each patient is, before and after, and who has no place."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from clinic.models import Absence, Closure, Course, Disruption, Patient, Replan, ReplanChange, Session, Site
from clinic.models.disruptions import ChangeState, Contact

from .words import names_at, told

ORDER = list(Contact.values)


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
    def ends_elsewhere(self) -> bool:
        """Tell whether the course ends on another date."""
        return self.ends_before.date() != self.ends_after.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplanView:
    """Hold a replan for a page: groups in order of work, courses without a place with the reasons, and counts."""

    replan: Replan
    groups: tuple[tuple[str, str, tuple[Touched, ...]], ...]
    unplaced: tuple[tuple[Course, tuple[str, ...]], ...]

    @property
    def courses(self) -> tuple[Touched, ...]:
        """Return every course that changes."""
        return tuple(row for _, _, rows in self.groups for row in rows)

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
        return {contact: len(rows) for contact, _, rows in self.groups}


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
    lost = {item["course"]: item["reasons"] for item in replan.unplaced}
    nowhere = Course.objects.filter(uid__in=lost).select_related("patient", "protocol").order_by("patient__family_name")
    return ReplanView(
        replan=replan,
        groups=tuple(
            (value, label, found)
            for value, label in Contact.choices
            if (found := tuple(row for row in rows if row.contact == value))
        ),
        unplaced=tuple((course, tuple(told(lost[str(course.uid)], names, site))) for course in nowhere),
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
        return f"{abs(days)} day{'s' if abs(days) > 1 else ''} {_way(days > 0)}", "bad"
    by = after.replace(tzinfo=None) - before.replace(tzinfo=None)
    if not by:
        return "same time", "ok"
    hours, minutes = divmod(abs(by) // timedelta(minutes=1), 60)
    amount = " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)
    return f"{amount} {_way(by > timedelta())}", "bad" if hours or minutes > 20 else "warn"


def _way(is_later: bool) -> str:
    return "later" if is_later else "earlier"


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
        days = dict.fromkeys(f"{day:%a} {day.day} {day:%b}" for day in (first, last - timedelta(days=1)))
        return " to ".join(days)
    return " to ".join(f"{moment:%a} {moment.day} {moment:%b %H:%M}" for moment in (first, last))
