"""The judge of every diary: slow, obvious, right. It shares no code with the solver."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .constraints import COURSE, PLACE, SOFT, Booked, CourseView, resources_are_known
from .course import CourseRequest
from .plan import Diary, Score, Session
from .reasons import Reason
from .resources import Clinic


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Hold one broken hard rule: its name in the rule book, why, and the sessions or the course that break it."""

    rule: str
    reason: Reason
    sessions: tuple[Session, ...] = ()
    course: str = ""


def check(
    sessions: Iterable[Session],
    clinic: Clinic,
    requests: Iterable[CourseRequest] = (),
    diary: Diary | None = None,
) -> tuple[Violation, ...]:
    """Return every hard rule that the sessions break.

    All sessions are held to the rules of their place. For each course request, its own sessions are also held to the
    rules of the course. Sessions that were cancelled or missed are ignored. What stands in `diary` is taken but not
    judged, so that a plan can be checked against thousands of booked sessions without building each of them.
    """
    held = [session for session in sessions if session.takes_its_place]
    booked = Booked(clinic, held, diary)
    known = [session for session in held if resources_are_known(session, booked) is None]
    by_course: dict[str, list[Session]] = {}
    for session in known:
        by_course.setdefault(session.course, []).append(session)
    views = [CourseView.of(request, clinic, by_course.get(request.course, ())) for request in requests]
    return (*_unknown(held, booked), *_places(known, booked), *_courses(views))


def score(sessions: Iterable[Session], clinic: Clinic, request: CourseRequest) -> Score:
    """Count the points of a course's sessions by name, without those for crowdedness, which only a planner knows."""
    course = CourseView.of(request, clinic, sessions)
    return Score(points=tuple((name, points(course)) for name, points in SOFT.items()) if course.sessions else ())


def _unknown(sessions: list[Session], booked: Booked) -> Iterator[Violation]:
    for session in sessions:
        if reason := resources_are_known(session, booked):
            yield Violation(rule="resources_are_known", reason=reason, sessions=(session,), course=session.course)


def _places(sessions: list[Session], booked: Booked) -> Iterator[Violation]:
    for session in sessions:
        for rule in PLACE:
            if reason := rule(session, booked):
                yield Violation(rule=rule.__name__, reason=reason, sessions=(session,), course=session.course)


def _courses(courses: list[CourseView]) -> Iterator[Violation]:
    for course in courses:
        for rule in COURSE:
            for reason, sessions in rule(course):
                yield Violation(rule=rule.__name__, reason=reason, sessions=sessions, course=course.request.course)
