"""The diary of one patient as the rules of reminders read it."""

from collections.abc import Sequence
from datetime import date, datetime

from scheduler.constraints import on_the_wall
from scheduler.hours import instant, week_start
from scheduler.plan import Session
from scheduler.protocols import VisitKind
from scheduler.resources import Site

from .values import Followed, ReminderRules


class PatientDiary:
    """Gather what the rules ask about: the visits of a patient by date, and where each course stands."""

    def __init__(self, patient: str, courses: Sequence[Followed], site: Site, rules: ReminderRules) -> None:
        self.patient, self.courses, self.site, self.rules = patient, courses, site, rules
        self.course_of: dict[int, Followed] = {}
        self.days: dict[date, list[Session]] = {}
        visits = [(session, course) for course in courses for session in course.sessions if session.takes_its_place]
        for session, course in sorted(visits, key=lambda pair: pair[0].when.start):
            self.course_of[id(session)] = course
            self.days.setdefault(self.day(session), []).append(session)
        self.dates = list(self.days)
        self.began = {course.course: min(map(self.day, standing(course)), default=None) for course in courses}

    def day(self, session: Session) -> date:
        """Return the date of a session at the site."""
        return on_the_wall(session.when, self.site.timezone).day

    def weeks(self) -> dict[date, list[Session]]:
        """Return the visits by the first date of their week."""
        found: dict[date, list[Session]] = {}
        for day, sessions in self.days.items():
            found.setdefault(week_start(day, self.site.week_starts_on), []).extend(sessions)
        return found

    def moment(self, day: date, minute: int | None = None) -> datetime:
        """Return the instant at which messages leave on a date."""
        return instant(day, self.rules.leaves_at if minute is None else minute, self.site.timezone)

    def is_told(self, session: Session, due_at: datetime) -> bool:
        """Tell whether the patient got the whole schedule when the reminder was due, or later."""
        told_at = self.course_of[id(session)].told_at
        return told_at is not None and due_at <= told_at


def standing(course: Followed) -> list[Session]:
    """Return the sessions of a course that were neither missed nor cancelled, follow-ups left out, in order."""
    stand = (s for s in course.sessions if s.takes_its_place and s.kind is not VisitKind.FOLLOW_UP)
    return sorted(stand, key=lambda session: session.when.start)
