"""The courses of a site that are in danger, worst first, in a fixed number of queries.

Of a finished course only what comes after it is asked: a follow-up without a date, an assessment that was not made.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

import scheduler
from clinic import planning
from clinic.messages import sentence
from clinic.models import Course, Decision, Patient, Protocol, Session, Site
from clinic.models.courses import CourseStatus
from clinic.models.repairs import DecisionState
from clinic.planning import FREES_ITS_PLACE

from .decisions import EXTENSION
from .weeks import closed_dates

LOOKS_BACK = timedelta(days=480)  # a last follow-up comes after a year, and is asked for until three months later
LOOKS_AHEAD = timedelta(days=730)
ASKED_FOR = timedelta(days=30)  # how long an assessment that was not made is asked for after the end
AFTERWARDS = ("follow-up-missing", "assessment-overdue")
FOLLOW_UP = "follow-up"
COLUMNS = ("course", "uid", "number", "kind", "phase", "status", "starts_at", "ends_at", "assessments")
HELD_MORE = (EXTENSION, DecisionState.HELD)
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
    """Judge every course of a site, or those of one patient; those in danger come back, red before amber, then by what
    they lack.
    """
    today = now.astimezone(site.zone).date()
    courses = _watched(site, now, patient)
    rows, decisions = _sessions_by_course(courses), _decisions(courses)
    closed = frozenset(closed_dates(site, today - timedelta(days=60), today + LOOKS_AHEAD))
    value = scheduler.Site(
        id=planning.site_id(site.pk),
        name=site.name,
        timezone=site.timezone,
        hours=scheduler.WeeklyHours.parse(site.hours),
        week_starts_on=site.week_starts_on,
    )
    found = []
    for course in courses:
        request = _request(course, site)
        if request is not None:
            sessions = [_session(row, value.id) for row in rows[course.pk]]
            made = decisions[course.pk]
            known = {
                "declined": frozenset(phase for phase, state in made if state == DecisionState.DECLINED),
                "undecided": frozenset(phase for phase, state in made if (phase, state) == HELD_MORE),
            }
            seen = scheduler.watch_course(request, sessions, value, today=today, closed=closed, **known)
            if course.status == CourseStatus.COMPLETED:
                seen = replace(seen, risks=tuple(risk for risk in seen.risks if risk.reason.code in AFTERWARDS))
            if seen.risks:
                found.append(_at_risk(course, seen, rows[course.pk], site, request.protocol))
    return tuple(sorted(found, key=_urgency))


def _sessions_by_course(courses: Iterable[Course]) -> dict[int, list[dict[str, Any]]]:
    gathered: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in Session.objects.filter(course__in=courses).order_by().values(*COLUMNS):
        gathered[row["course"]].append(row)
    return gathered


def _watched(site: Site, now: datetime, patient: Patient | None) -> list[Course]:
    """Return the running courses, and of the finished ones those of which something could still be asked."""
    recent = Session.objects.filter(site=site, starts_at__gte=now - LOOKS_BACK).order_by()
    if patient:
        recent = recent.filter(patient=patient)
    running = Q(status=CourseStatus.ACTIVE, pk__in=recent.values("course"))
    courses = Course.objects.filter(running | Q(pk__in=_open_ends(recent, now)), site=site)
    return list(courses.select_related("patient", "protocol", "site"))


def _open_ends(recent: QuerySet[Session], now: datetime) -> list[int]:
    """Find the finished courses that have just ended, or have fewer follow-ups than their protocol asks for."""
    protocols = Protocol.objects.order_by().values_list("pk", "definition__follow_ups")
    wanted = {pk: len(follow_ups or ()) for pk, follow_ups in protocols}
    ends = (
        recent.filter(course__status=CourseStatus.COMPLETED)
        .values_list("course", "course__protocol")
        .annotate(
            dated=Count("pk", filter=Q(kind=FOLLOW_UP) & ~Q(status__in=FREES_ITS_PLACE)),
            last=Max("starts_at", filter=~Q(kind=FOLLOW_UP)),
        )
    )
    return [
        course
        for course, protocol, dated, last in ends
        if dated < wanted[protocol] or (last and last >= now - ASKED_FOR)
    ]


def _decisions(courses: Iterable[Course]) -> dict[int, set[tuple[str, str]]]:
    """Return what was decided about courses, and for what times are held: phases, each with the state."""
    made: dict[int, set[tuple[str, str]]] = defaultdict(set)
    rows = Decision.objects.filter(course__in=courses).order_by().values_list("course", "phase", "state")
    for course, phase, state in rows:
        made[course].add((phase, state))
    return made


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
