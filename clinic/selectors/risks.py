"""The running courses of a site that are in danger, worst first, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import scheduler
from clinic import planning
from clinic.messages import sentence
from clinic.models import Course, Decision, Patient, Session, Site
from clinic.models.courses import CourseStatus
from clinic.models.repairs import DecisionState
from clinic.planning import FREES_ITS_PLACE

from .weeks import closed_dates

LOOKS_BACK = timedelta(days=480)  # a last follow-up comes after a year, and is asked for until three months later
LOOKS_AHEAD = timedelta(days=730)
COLUMNS = ("course", "uid", "number", "kind", "phase", "status", "starts_at", "ends_at", "assessments")
# Wishes do not matter here, and reading them would ask the database anew for each course.
NO_WISHES: dict[str, Any] = {"chair": None, "technician": None, "fixed": []}


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLine:
    """Hold one risk in words, and the session that the next step is about."""

    level: str
    code: str
    sentence: str
    session: UUID | None = None
    day: date | None = None
    follow_up: int | None = None  # its position among those of the protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseAtRisk:
    """Hold a course that needs somebody, with its figures and its risks, worst first."""

    course: Course
    watch: scheduler.Watch
    lines: tuple[RiskLine, ...]

    @property
    def level(self) -> str:
        """Return the level of the worst risk."""
        return self.lines[0].level

    @property
    def reds(self) -> int:
        """Return how many limits are reached."""
        return sum(line.level == scheduler.Level.RED for line in self.lines)

    @property
    def total(self) -> int:
        """Return how many sessions the course has."""
        return self.watch.done + self.watch.to_come + self.watch.missing


def courses_at_risk(site: Site, now: datetime, *, patient: Patient | None = None) -> tuple[CourseAtRisk, ...]:
    """Judge every running course of a site, or those of one patient; those in danger come back, red before amber, then
    by what they lack.
    """
    today = now.astimezone(site.zone).date()
    recent = Session.objects.filter(site=site, starts_at__gte=now - LOOKS_BACK).values("course")
    courses = Course.objects.filter(site=site, status=CourseStatus.ACTIVE, pk__in=recent)
    if patient:
        courses = courses.filter(patient=patient)
    rows = _sessions_by_course(courses.order_by().values("pk"))
    declined = _declined(courses.order_by().values("pk"))
    closed = frozenset(closed_dates(site, today - timedelta(days=60), today + LOOKS_AHEAD))
    value = scheduler.Site(
        id=planning.site_id(site.pk),
        name=site.name,
        timezone=site.timezone,
        hours=scheduler.WeeklyHours.parse(site.hours),
        week_starts_on=site.week_starts_on,
    )
    found = []
    for course in courses.select_related("patient", "protocol", "site"):
        request = _request(course, site)
        if request is not None:
            sessions = [_session(row, value.id) for row in rows[course.pk]]
            known = frozenset(declined[course.pk])
            seen = scheduler.watch_course(request, sessions, value, today=today, closed=closed, declined=known)
            if seen.risks:
                found.append(_at_risk(course, seen, rows[course.pk], site, request.protocol))
    return tuple(sorted(found, key=_urgency))


def _sessions_by_course(courses: Any) -> dict[int, list[dict[str, Any]]]:
    gathered: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in Session.objects.filter(course__in=courses).order_by().values(*COLUMNS):
        gathered[row["course"]].append(row)
    return gathered


def _declined(courses: Any) -> dict[int, set[str]]:
    """Return the phases with which courses do not go on."""
    phases: dict[int, set[str]] = defaultdict(set)
    rows = Decision.objects.filter(course__in=courses, state=DecisionState.DECLINED).order_by()
    for course, phase in rows.values_list("course", "phase"):
        phases[course].add(phase)
    return phases


def _request(course: Course, site: Site) -> scheduler.CourseRequest | None:
    """Read what was asked of a course; None when it cannot be read any more, and so cannot be judged."""
    asked = course.request | NO_WISHES
    try:
        return planning.request_value(asked, patient=course.patient, protocol=course.protocol, site=site, course="-")
    except planning.InvalidRequest:
        return None


def _session(row: dict[str, Any], site: str) -> scheduler.Session:
    return scheduler.Session(
        number=row["number"],
        when=scheduler.Interval(row["starts_at"], row["ends_at"]),
        kind=scheduler.VisitKind(row["kind"]),
        phase=row["phase"],
        site=site,
        status=row["status"],
        assessments=tuple(row["assessments"]),
    )


def _at_risk(
    course: Course, seen: scheduler.Watch, rows: Iterable[dict[str, Any]], site: Site, protocol: scheduler.Protocol
) -> CourseAtRisk:
    # A make-up bears the number of the session that it makes up, and is the one that is meant.
    follow_ups = {item.name: position for position, item in enumerate(protocol.follow_ups)}
    by_number = {row["number"]: row for row in sorted(rows, key=lambda row: row["status"] not in FREES_ITS_PLACE)}
    return CourseAtRisk(
        course=course,
        watch=seen,
        lines=tuple(_line(risk, by_number.get(risk.session), site, follow_ups) for risk in seen.risks),
    )


def _line(risk: scheduler.Risk, about: dict[str, Any] | None, site: Site, follow_ups: Mapping[str, int]) -> RiskLine:
    (reason,) = planning.reasons_data([risk.reason])
    return RiskLine(
        level=risk.level.value,
        code=risk.reason.code,
        sentence=sentence(reason, {}, site.zone),
        session=about["uid"] if about else None,
        day=about["starts_at"].astimezone(site.zone).date() if about else None,
        follow_up=follow_ups.get(reason.get("name", "")) if risk.reason.code == "follow-up-missing" else None,
    )


def _urgency(row: CourseAtRisk) -> tuple[Any, ...]:
    return -row.reds, -row.watch.missing, -(row.watch.days_since or 0), row.course.patient.family_name, row.course.pk
