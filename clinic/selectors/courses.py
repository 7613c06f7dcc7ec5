"""A booked course as the desk sees it: its weeks, how far it is, what comes next."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from clinic.models import Course, Patient, Session
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.planning import FREES_ITS_PLACE

from .follow_ups import OpenFollowUp, open_follow_ups
from .weeks import Visit, Week, closed_dates, weeks_of

FOLLOW_UP = "follow-up"
PRESENT = (CourseStatus.ACTIVE, CourseStatus.ON_HOLD)
JUST_OVER = timedelta(days=30)  # for so long, a finished course is shown whole, because it may yet go on
ASKED_FOR = timedelta(days=90)  # and for so long after a follow-up without a date should have been
LOOKS_BACK = timedelta(days=480)
STANDING = {SessionStatus.BOOKED, SessionStatus.ARRIVED, SessionStatus.CHECKED_IN, SessionStatus.PROPOSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseView:
    """Hold a course with its sessions laid out in weeks."""

    course: Course
    weeks: tuple[Week, ...]
    visits: tuple[Visit, ...]
    follow_ups: tuple[Visit, ...]
    open_follow_ups: tuple[OpenFollowUp, ...]
    upcoming: Visit | None
    done: int
    missed: int
    to_come: int
    usual_time: str

    @property
    def total(self) -> int:
        """Return how many sessions the course has, without follow-ups."""
        return len({visit.number for visit in self.visits})

    @property
    def first(self) -> datetime | None:
        """Return when the first session was."""
        return min((visit.starts_at for visit in self.visits), default=None)

    @property
    def last(self) -> datetime | None:
        """Return when the last session was that took place, or is to."""
        stand = (visit.starts_at for visit in self.visits if visit.status not in FREES_ITS_PLACE)
        return max(stand, default=None)

    @property
    def percent(self) -> int:
        """Return how much of the course is done."""
        return 100 * self.done // (self.total or 1)


def course_views(patient: Patient, now: datetime) -> tuple[CourseView, ...]:
    """Gather the courses that a patient is in, the newest first, in a fixed number of queries a course.

    A finished one is among them as long as something is likely to come of it.
    """
    recent = Session.objects.filter(patient=patient, starts_at__gte=now - LOOKS_BACK).values("course")
    courses = Course.objects.filter(
        Q(status__in=PRESENT) | Q(status=CourseStatus.COMPLETED, pk__in=recent), patient=patient
    )
    views = [course_view(course, now) for course in courses.select_related("protocol", "site", "patient__site")]
    return tuple(view for view in views if view.course.status in PRESENT or _is_fresh(view, now))


def _is_fresh(view: CourseView, now: datetime) -> bool:
    """Tell whether a course has just ended, or lacks a follow-up that is still asked for."""
    ended = max((visit.ends_at for visit in view.visits), default=now - LOOKS_BACK)
    today = now.astimezone(view.course.site.zone).date()
    return now - ended <= JUST_OVER or any(today <= item.last + ASKED_FOR for item in view.open_follow_ups)


def course_view(course: Course, now: datetime) -> CourseView:
    """Lay out one course."""
    rows = list(sessions_of(course))
    visits = [booked_visit(session, course) for session in rows]
    usual = usual_minute(visits)
    visits = [with_usual(visit, usual) for visit in visits]
    main = [visit for visit in visits if visit.kind != FOLLOW_UP]
    dates = [visit.starts_at.date() for visit in main]
    closed = closed_dates(course.site, min(dates), max(dates)) if dates else {}
    to_come = [visit for visit in visits if visit.status in STANDING and visit.ends_at > now]
    return CourseView(
        course=course,
        weeks=weeks_of(main, site=course.site, closed=closed),
        visits=tuple(main),
        follow_ups=tuple(visit for visit in visits if visit.kind == FOLLOW_UP),
        open_follow_ups=open_follow_ups(course, rows),
        upcoming=to_come[0] if to_come else None,
        done=sum(visit.status == SessionStatus.FULFILLED for visit in main),
        missed=sum(visit.status == SessionStatus.NOSHOW for visit in main),
        to_come=sum(visit in to_come for visit in main),
        usual_time="" if usual is None else f"{usual // 60:02d}:{usual % 60:02d}",
    )


def last_course(patient: Patient) -> Course | None:
    """Return the patient's newest course whose protocol is still on offer."""
    return patient.courses.filter(protocol__is_current=True).select_related("protocol").first()


def last_to_come(patient: Patient, now: datetime) -> Session | None:
    """Return the last session of the treatment that the patient is in, if any; follow-ups are no treatment."""
    booked = Session.objects.filter(course__patient=patient, status=SessionStatus.BOOKED, starts_at__gt=now)
    return booked.exclude(kind=FOLLOW_UP).select_related("course__protocol").order_by("starts_at").last()


def sessions_of(course: Course) -> QuerySet[Session]:
    """Return the sessions of a course in order, with their places."""
    return course.sessions.select_related("chair", "technician", "prescriber").order_by("starts_at", "number")


def booked_visit(session: Session, course: Course) -> Visit:
    """Show a booked session."""
    zone = course.site.zone
    return Visit(
        number=session.number,
        kind=session.kind,
        starts_at=session.starts_at.astimezone(zone),
        ends_at=session.ends_at.astimezone(zone),
        chair=session.chair.name if session.chair else "",
        technician=session.technician.name if session.technician else "",
        prescriber=session.prescriber.name if session.prescriber else "",
        is_fixed=session.is_fixed,
        status=session.status,
        key=str(session.uid),
        version=session.version,
        assessments=tuple(session.assessments),
    )


def usual_minute(visits: Sequence[Visit]) -> int | None:
    """Return the minute of the day at which most days of a course begin; of two equal ones the earlier."""
    firsts: dict[object, Visit] = {}
    for visit in visits:
        if visit.kind != FOLLOW_UP and visit.status != SessionStatus.CANCELLED:
            firsts.setdefault(visit.starts_at.date(), visit)
    counted = Counter(minute_of(visit.starts_at) for visit in firsts.values())
    return min(counted, key=lambda minute: (-counted[minute], minute)) if counted else None


def with_usual(visit: Visit, usual: int | None) -> Visit:
    """Say how far a visit is from the usual time."""
    return visit if usual is None else replace(visit, minutes_off=minute_of(visit.starts_at) - usual)


def minute_of(moment: datetime) -> int:
    """Return the minute of the day on the wall clock."""
    return moment.hour * 60 + moment.minute


def chairs_in(visits: Iterable[Visit]) -> Counter[str]:
    """Count the sessions of each chair."""
    return Counter(visit.chair for visit in visits if visit.chair)
