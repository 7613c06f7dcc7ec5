"""Looking again, under the lock: which courses can still change as a replan says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import scheduler
from clinic import planning
from clinic.models import Course, Disruption, ReplanChange, Session, Site
from clinic.planning import FREES_ITS_PLACE
from clinic.selectors.disruptions import TO_COME
from scheduler import Clinic, CourseRequest, Diary, Reason
from scheduler import Session as SessionValue

from . import places

Reasons = dict[int, list[dict[str, Any]]]  # by course
MOVED_ON: list[dict[str, Any]] = []  # somebody changed the course; there is nothing more to say


@dataclass(slots=True, kw_only=True)
class Group:
    """Hold the changes of one course beside all its sessions."""

    course: Course
    changes: list[ReplanChange]
    rows: list[Session] = field(default_factory=list)

    @property
    def uid(self) -> str:
        """Return the id of the course inside the scheduler."""
        return str(self.course.uid)

    def before(self) -> list[SessionValue]:
        """Return the sessions as they stand."""
        return [planning.session_value(row, course=self.uid) for row in self.rows]

    def after(self) -> list[SessionValue]:
        """Return the sessions as they would stand."""
        becomes = {change.session_id: change.becomes for change in self.changes}
        return [
            planning.session_value(places.stood(row, becomes[row.pk]) if row.pk in becomes else row, course=self.uid)
            for row in self.rows
        ]

    @property
    def changed(self) -> set[tuple[str, int]]:
        """Return course and number of each session that changes."""
        return {(self.uid, change.session.number) for change in self.changes}

    def has_moved_on(self, now: datetime) -> bool:
        """Tell whether a session is not what it was when the replan was made, or would have to begin in the past."""
        current = {row.pk: row for row in self.rows}
        return any(
            (row := current.get(change.session_id)) is None
            or row.version != change.version
            or row.status not in TO_COME
            or row.starts_at <= now
            or datetime.fromisoformat(change.becomes["starts_at"]) <= now
            for change in self.changes
        )


def groups_of(changes: Iterable[ReplanChange]) -> list[Group]:
    """Gather changes by course, each with all sessions of the course that take a place, locked and fresh."""
    by_course: dict[int, Group] = {}
    for change in changes:
        by_course.setdefault(change.course_id, Group(course=change.course, changes=[])).changes.append(change)
    rows = Session.objects.select_for_update().filter(course__in=by_course).exclude(status__in=FREES_ITS_PLACE)
    for row in rows.order_by("pk"):
        by_course[row.course_id].rows.append(row)
    return list(by_course.values())


def judge(groups: list[Group], *, site: Site, disruption: Disruption, now: datetime) -> Reasons:
    """Return the courses that cannot change as planned any more, with what they would break."""
    lost: Reasons = {group.course.pk: MOVED_ON for group in groups if group.has_moved_on(now)}
    standing = [group for group in groups if group.course.pk not in lost]
    if not standing:
        return lost
    clinic, diary = _around(standing, site, disruption, now)
    requests = {group.uid: _request(group, site) for group in standing}
    broken_before = _broken_courses([v for group in standing for v in group.before()], clinic, requests, diary)
    stay: list[SessionValue] = []
    # Whoever drops out goes back to where they stood, which may stand in the way of others.
    while standing:
        found = _broken(standing, stay, clinic, requests, diary, broken_before)
        if not found:
            return lost
        for group in [group for group in standing if group.uid in found]:
            standing.remove(group)
            stay += group.before()
            lost[group.course.pk] = planning.reasons_data(found[group.uid])
    return lost


def _around(groups: list[Group], site: Site, disruption: Disruption, now: datetime) -> tuple[Clinic, Diary]:
    values = [value for group in groups for value in (*group.before(), *group.after())]
    days = [value.when.start.astimezone(site.zone).date() for value in values]
    return planning.load(
        site=site,
        first=min(days),
        last=max(days),
        now=now,
        leaving_out=[row.pk for group in groups for row in group.rows],
        patients={group.course.patient_id for group in groups},
        disruption=disruption,
    )


def _request(group: Group, site: Site) -> CourseRequest:
    """Return what the course asks for; what is moved was fixed for nothing."""
    course = group.course
    request = planning.request_value(
        course.request, patient=course.patient, protocol=course.protocol, site=site, course=group.uid
    )
    left = {datetime.fromisoformat(change.was["starts_at"]) for change in group.changes}
    return replace(request, fixed=tuple(item for item in request.fixed if item.start not in left))


def _broken(
    standing: list[Group],
    stay: list[SessionValue],
    clinic: Clinic,
    requests: Mapping[str, CourseRequest],
    diary: Diary,
    broken_before: set[tuple[str, Reason]],
) -> dict[str, list[Reason]]:
    """Return what the courses would break that they do not break already: new places, and rules of the course."""
    changed = set().union(*(group.changed for group in standing))
    values = [value for group in standing for value in group.after()]
    # Of two that clash the later one is at fault, so those that stay come first.
    settled = [*stay, *(value for value in values if (value.course, value.number) not in changed)]
    moved = [value for value in values if (value.course, value.number) in changed]
    found: dict[str, dict[Reason, None]] = defaultdict(dict)
    for violation in scheduler.check([*settled, *moved], clinic, (), diary):
        if any((session.course, session.number) in changed for session in violation.sessions):
            found[violation.course][violation.reason] = None
    wanted = {group.uid: requests[group.uid] for group in standing}
    for course, reason in sorted(_broken_courses(values, clinic, wanted, diary) - broken_before, key=repr):
        found[course][reason] = None
    return {course: list(reasons) for course, reasons in found.items()}


def _broken_courses(
    values: list[SessionValue], clinic: Clinic, requests: Mapping[str, CourseRequest], diary: Diary
) -> set[tuple[str, Reason]]:
    """Return the rules of courses that are broken, apart from those of single places."""
    places_only = set(scheduler.check(values, clinic, (), diary))
    found = scheduler.check(values, clinic, list(requests.values()), diary)
    return {(violation.course, violation.reason) for violation in found if violation not in places_only}
