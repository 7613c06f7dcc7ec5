"""The ways in which a running course can go on with what is asked of it now; nothing is written here."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

import scheduler
from clinic import planning
from clinic.models import Course, Session, Site
from clinic.planning import FREES_ITS_PLACE
from scheduler import Clinic, CourseRequest, Diary, VisitKind
from scheduler import Session as SessionValue

from .rules import TO_COME, newly_broken

FURTHER_DAY = "further day"
Versions = tuple[tuple[int, int], ...]


class NoWay(Exception):
    """The course cannot go on as asked; `reasons` says why (as data)."""

    def __init__(self, reasons: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(_("The course cannot go on as asked."))
        self.reasons = list(reasons)


class WayLost(Exception):
    """The diary has moved on since a way was shown; `reasons` says what stands in its way by now (as data)."""

    def __init__(self, reasons: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(_("The diary has moved on."))
        self.reasons = list(reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Hold one way to go on: the sessions to come, what changes, its effect, and the request of the course then.

    `price` are rules that the course breaks in this way because of what has happened, such as a make-up after the taper
    has begun; somebody has to say why. `seen` are the versions of the course and its sessions that it was made from.
    """

    kind: str
    plan: scheduler.Plan
    changes: tuple[scheduler.Change, ...]
    effect: scheduler.Effect
    request: dict[str, Any] = field(hash=False)
    price: tuple[scheduler.Reason, ...] = ()
    seen: Versions

    @property
    def key(self) -> str:
        """Return what a form sends to choose just this way; another plan has another key."""
        places = [[item.number, item.when.start.isoformat(), item.chair] for item in self.plan.sessions]
        return hashlib.sha256(json.dumps([self.kind, places]).encode()).hexdigest()[:24]

    def changed(self) -> tuple[SessionValue, ...]:
        """Return the sessions that are new or stand elsewhere than before."""
        return tuple(change.after for change in self.changes if change.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Hold a course with all its sessions, beside a clinic and a diary without them."""

    course: Course
    rows: tuple[Session, ...]
    request: CourseRequest
    clinic: Clinic
    diary: Diary

    @property
    def seen(self) -> Versions:
        """Return the version of the course, under 0, and of each session."""
        return ((0, self.course.version), *((row.pk, row.version) for row in self.rows))

    @property
    def values(self) -> tuple[SessionValue, ...]:
        """Return the sessions as values."""
        return tuple(planning.session_value(row, course=str(self.course.uid)) for row in self.rows)


def running(course: Course, asked: Mapping[str, Any], *, site: Site, now: datetime) -> Running:
    """Read a course as it stands, with what is asked of it.

    Raises InvalidRequest.
    """
    request = read_request(course, asked, site)
    rows = tuple(course.sessions.order_by("starts_at", "number"))
    standing = [row for row in rows if row.status not in FREES_ITS_PLACE]
    days = [now.astimezone(site.zone).date(), *(row.starts_at.astimezone(site.zone).date() for row in standing)]
    clinic, diary = planning.load(
        site=site,
        first=min(days),
        last=planning.horizon_from(request, max(days)),
        now=now,
        patient=course.patient,
        leaving_out=[row.pk for row in standing],
    )
    return Running(course=course, rows=rows, request=request, clinic=clinic, diary=diary)


def read_request(course: Course, asked: Mapping[str, Any], site: Site) -> CourseRequest:
    """Read what is asked of a course that is booked."""
    return planning.request_value(
        asked, patient=course.patient, protocol=course.protocol, site=site, course=str(course.uid)
    )


def ways_on(course: Course, asked: Mapping[str, Any], *, now: datetime, fixed: Iterable[Any] = ()) -> list[Way]:
    """Return the ways to go on with a course that differ: those without a price first, then by how much they change.

    `fixed` are places that must be part of every way.

    Raises NoWay, and InvalidRequest.
    """
    stands = running(course, asked, site=course.site, now=now)
    request = replace(stands.request, fixed=(*stands.request.fixed, *fixed))
    found = scheduler.repair_course(request, stands.clinic, stands.diary, stands.values, now=now)
    first = found[0]
    if not any(item.kind is not VisitKind.FOLLOW_UP for item in first.plan.sessions):
        raise NoWay(planning.reasons_data(reason for item in first.plan.unplaced for reason in item.reasons))
    ways = [_way(repair, stands, asked, now) for repair in found]
    return sorted(ways, key=lambda way: len(way.price))


def way_with(course: Course, added: SessionValue, *, kind: str, now: datetime) -> Way:
    """Return the way in which a course goes on as it is with one visit more.

    Raises InvalidRequest.
    """
    stands = running(course, course.request, site=course.site, now=now)
    to_come = tuple(value for value in stands.values if value.status in TO_COME and value.when.start > now)
    main = [value for value in stands.values if value.takes_its_place and value.kind is not VisitKind.FOLLOW_UP]
    days = sorted({value.when.start.astimezone(course.site.zone).date() for value in main})
    gap = max(((after - before).days for before, after in pairwise(days)), default=0)
    end = days[-1] if days else None
    plan = scheduler.Plan(kind=kind, sessions=(*to_come, added), timezone=course.site.timezone)
    asked = stands.request
    return Way(
        kind=kind,
        plan=plan,
        changes=(scheduler.Change(kind="added", after=added),),
        effect=scheduler.Effect(
            ends_before=end, ends_after=end, units_left=None, longest_gap=gap, moved_days=0, moved_times=0
        ),
        request=dict(course.request),
        price=newly_broken(plan, stands.values, stands.clinic, stands.diary, before=asked, after=asked, now=now),
        seen=stands.seen,
    )


def _way(repair: scheduler.Repair, stands: Running, asked: Mapping[str, Any], now: datetime) -> Way:
    course, site = stands.course, stands.course.site
    request = _with_hours(asked, repair.changes, site) if repair.kind == FURTHER_DAY else dict(asked)
    before, after = (read_request(course, data, site) for data in (course.request, request))
    plan = replace(repair.plan, sessions=(*repair.stay, *repair.plan.sessions))
    return Way(
        kind=repair.kind,
        plan=plan,
        changes=repair.changes,
        effect=repair.effect,
        request=request,
        price=newly_broken(plan, stands.values, stands.clinic, stands.diary, before=before, after=after, now=now),
        seen=stands.seen,
    )


def _with_hours(asked: Mapping[str, Any], changes: Iterable[scheduler.Change], site: Site) -> dict[str, Any]:
    """Return the request with the hours at which the patient would come as well, since that is then the truth."""
    if asked.get("availability") is None:
        return dict(asked)
    hours = [asked["availability"]]
    for change in changes:
        if change.after:
            start, end = (at.astimezone(site.zone) for at in (change.after.when.start, change.after.when.end))
            hours.append(f"{start:%a} {start:%H:%M}-{end:%H:%M}")
    return {**asked, "availability": ", ".join(dict.fromkeys(hours))}
