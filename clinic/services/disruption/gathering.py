"""What a replan needs to know: the courses that something happened to, and all that stands around them."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from clinic import planning
from clinic.models import Absence, Closure, Course, Disruption, Session, Site
from clinic.models.courses import CourseStatus
from clinic.planning import FREES_ITS_PLACE
from clinic.selectors.disruptions import hit
from scheduler import Clinic, CourseRequest, Diary, Phase, Protocol, slowest_weeks
from scheduler import Session as SessionValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Hold a course with all its sessions that take a place."""

    course: Course
    request: CourseRequest
    rows: tuple[Session, ...]
    values: tuple[SessionValue, ...]
    hit: frozenset[int]  # the numbers of the sessions that cannot take place

    @property
    def unharmed(self) -> tuple[SessionValue, ...]:
        """Return the sessions that can take place."""
        return tuple(value for value in self.values if value.number not in self.hit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Hold the courses to set right, and a clinic and a diary without their sessions."""

    site: Site
    clinic: Clinic
    diary: Diary
    courses: tuple[Running, ...]
    seen: int  # the version of the diary that was read

    def beside(self, sessions: Iterable[SessionValue]) -> "Task":
        """Return the task with more sessions in the diary."""
        taken, more = self.diary.taken, Diary.of(sessions).taken
        keys = taken.keys() | more.keys()
        return replace(self, diary=Diary({key: (*taken.get(key, ()), *more.get(key, ())) for key in keys}))


def gather(
    *,
    site: Site,
    closures: Iterable[Closure],
    absence: Absence | None,
    now: datetime,
    disruption: Disruption | None = None,
    only: Collection[int] | None = None,
) -> Task:
    """Read what is hit by closures and an absence, whether they are saved or only thought of.

    With `only`, courses that are not among these keys stay as they are.
    """
    seen = Site.objects.values_list("diary_version", flat=True).get(pk=site.pk)
    closures = list(closures)
    numbers: dict[int, set[int]] = {}
    for row in hit(site=site, closures=closures, absence=absence, now=now):
        if only is None or row.course_id in only:
            numbers.setdefault(row.course_id, set()).add(row.number)
    courses = [_running(course, site, numbers[course.pk]) for course in _courses(numbers)]
    today = now.astimezone(site.zone).date()
    clinic, diary = planning.load(
        site=site,
        first=today,
        last=max([today, *(_last_date(running, now) for running in courses)]),
        now=now,
        leaving_out=[row.pk for running in courses for row in running.rows],
        past_is_taken=True,
        patients={running.course.patient_id for running in courses},
        disruption=disruption,
    )
    if disruption is None:
        clinic = planning.with_closures(clinic, site, closures, absence)
    return Task(site=site, clinic=clinic, diary=diary, courses=tuple(courses), seen=seen)


def _courses(keys: Iterable[int]) -> Iterable[Course]:
    rows = Course.objects.filter(pk__in=keys, status=CourseStatus.ACTIVE).select_related("patient", "protocol", "site")
    return rows.prefetch_related("sessions").order_by("pk")


def _running(course: Course, site: Site, hit_numbers: set[int]) -> Running:
    uid = str(course.uid)
    rows = [row for row in course.sessions.all() if row.status not in FREES_ITS_PLACE]
    asked = planning.request_value(
        course.request, patient=course.patient, protocol=course.protocol, site=site, course=uid
    )
    left = {row.starts_at for row in rows if row.number in hit_numbers}
    return Running(
        course=course,
        # What cannot take place was fixed for nothing.
        request=replace(
            asked,
            protocol=_without_missing(asked, rows),
            fixed=tuple(item for item in asked.fixed if item.start not in left),
        ),
        rows=tuple(rows),
        values=tuple(planning.session_value(row, course=uid) for row in rows),
        hit=frozenset(hit_numbers),
    )


def _without_missing(request: CourseRequest, rows: list[Session]) -> Protocol:
    """Return the protocol with as many sessions as stand: making up for missed ones is another task."""
    standing = Counter(row.phase for row in rows)

    def shorter(phase: Phase) -> Phase:
        count = standing[phase.name]
        is_whole_days = not phase.taper and count % phase.sessions_per_day == 0
        return replace(phase, sessions=count) if is_whole_days and 0 < count < phase.sessions else phase

    return replace(request.protocol, phases=tuple(shorter(phase) for phase in request.protocol.phases))


def _last_date(running: Running, now: datetime) -> date:
    """Return how far the rest of a course and its follow-ups can reach."""
    latest = max([now, *(row.starts_at for row in running.rows)]).astimezone(running.course.site.zone).date()
    from_now = replace(running.request, earliest_date=latest, latest_date=None, authorisation=None)
    return planning.horizon(from_now)[1] + timedelta(weeks=slowest_weeks(running.request))
