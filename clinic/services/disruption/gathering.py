"""What a replan needs to know: the running courses of a site, what happened to them, and all that stands around."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import scheduler
from clinic import planning
from clinic.models import Absence, Closure, Course, Disruption, Session, Site
from clinic.models.courses import LIVING
from clinic.planning import FREES_ITS_PLACE
from clinic.selectors.disruptions import hit
from scheduler import Clinic, CourseRequest, Diary, Phase, slowest_weeks, week_start
from scheduler import Session as SessionValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Hold a course with all its sessions that take a place."""

    course: Course
    rows: tuple[Session, ...]
    value: scheduler.Running
    hit: frozenset[datetime]  # when the sessions start that cannot take place

    @property
    def uid(self) -> str:
        """Return the id of the course inside the scheduler."""
        return str(self.course.uid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Hold running courses, and a clinic and a diary without their sessions.

    `lost` are courses that something happened to, but that cannot be read; `seen` is the diary's version.
    """

    site: Site
    clinic: Clinic
    diary: Diary
    courses: tuple[Running, ...]
    lost: tuple[Course, ...]
    seen: int

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
    """Read the running courses of a site, among them those hit by closures and an absence, saved or only thought of.

    With `only`, courses that are not among these keys stay as they are.
    """
    seen = Site.objects.values_list("diary_version", flat=True).get(pk=site.pk)
    closures = list(closures)
    affected: dict[int, set[datetime]] = defaultdict(set)
    for row in hit(site=site, closures=closures, absence=absence, now=now):
        if only is None or row.course_id in only:
            affected[row.course_id].add(row.starts_at)
    read = list(_read(site, affected, now)) if affected else []
    running = [item for course, item in read if item and (only is None or course.pk in only)]
    today = now.astimezone(site.zone).date()
    clinic, diary = planning.load(
        site=site,
        first=today,
        last=max([today, *(_last_date(item, now) for item in running)]),
        now=now,
        leaving_out=[row.pk for item in running for row in item.rows],
        past_is_taken=True,
        patients={item.course.patient_id for item in running},
        disruption=disruption,
    )
    if disruption is None:
        clinic = planning.with_closures(clinic, site, closures, absence)
    known = [item for item in running if _is_known(item, clinic, now)]
    stay = [value for item in running if item not in known for value in item.value.sessions]
    readable = {item.course.pk for item in known}
    lost = tuple(course for course, _ in read if course.pk in affected and course.pk not in readable)
    return Task(site=site, clinic=clinic, diary=diary, courses=tuple(known), lost=lost, seen=seen).beside(stay)


def _read(site: Site, affected: dict[int, set[datetime]], now: datetime) -> Iterator[tuple[Course, Running | None]]:
    """Yield the courses with visits to come, follow-ups among them, each as it can be planned, or None."""
    to_come = Session.objects.filter(site=site, starts_at__gt=now).exclude(status__in=FREES_ITS_PLACE)
    courses = Course.objects.filter(pk__in=to_come.values("course"), site=site, status__in=LIVING)
    for course in courses.select_related("patient", "protocol", "site").prefetch_related("sessions").order_by("pk"):
        rows = tuple(row for row in course.sessions.all() if row.status not in FREES_ITS_PLACE)
        uid = str(course.uid)
        try:
            asked = planning.request_value(
                course.request, patient=course.patient, protocol=course.protocol, site=site, course=uid
            )
        except planning.InvalidRequest:
            yield course, None
            continue
        values = tuple(planning.session_value(row, course=uid) for row in rows)
        hit_starts = frozenset(affected.get(course.pk, ()))
        request = _as_it_stands(asked, rows, hit_starts, site)
        value = scheduler.Running(request=request, sessions=values)
        yield course, Running(course=course, rows=rows, value=value, hit=hit_starts)


def _as_it_stands(
    asked: CourseRequest, rows: Iterable[Session], left: Collection[datetime], site: Site
) -> CourseRequest:
    """Return what is asked of the sessions that stand: to make up for missed ones is another task.

    What cannot take place was fixed for nothing, and so was what the desk has moved by hand since.
    """
    days: dict[str, list[date]] = defaultdict(list)
    for row in rows:
        days[row.phase].append(row.starts_at.astimezone(site.zone).date())
    starts = {row.starts_at for row in rows} - set(left)
    phases = tuple(_shorter(phase, days[phase.name], site) for phase in asked.protocol.phases)
    fixed = tuple(item for item in asked.fixed if item.start in starts)
    return replace(asked, protocol=replace(asked.protocol, phases=phases), fixed=fixed)


def _shorter(phase: Phase, days: list[date], site: Site) -> Phase:
    """Return a phase with as many sessions as stand in it, if they are fewer."""
    if not 0 < len(days) < phase.sessions or len(days) % phase.sessions_per_day:
        return phase
    if not phase.taper:
        return replace(phase, sessions=len(days))
    weeks = Counter(week_start(day, site.week_starts_on) for day in set(days))
    return replace(phase, taper=tuple(count for _, count in sorted(weeks.items())))


def _is_known(running: Running, clinic: Clinic, now: datetime) -> bool:
    """Tell whether the chairs and people of the sessions to come are still at the clinic."""
    return all(
        clinic.has(id)
        for value in running.value.sessions
        for id in (value.chair, value.technician, value.prescriber)
        if id is not None and value.when.start > now
    )


def _last_date(running: Running, now: datetime) -> date:
    """Return how far the rest of a course and its follow-ups can reach."""
    request = running.value.request
    latest = max([now, *(row.starts_at for row in running.rows)]).astimezone(running.course.site.zone).date()
    from_now = replace(request, earliest_date=latest, latest_date=None, authorisation=None)
    return planning.horizon(from_now)[1] + timedelta(weeks=slowest_weeks(request))
