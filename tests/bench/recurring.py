"""What a program for recurring appointments does with a course: one time of day, repeated, conflicts passed over."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from scheduler import Clinic, CourseRequest, Diary, Interval, Session, days_between, instant
from scheduler.constraints import Booked
from scheduler.places import with_resources

DAY_STARTS, DAY_ENDS, STEP = 8 * 60, 17 * 60, 15  # minutes
SLOTS = range(DAY_STARTS, DAY_ENDS, 45)  # twelve times of day
LONGEST = timedelta(weeks=26)
Course = tuple[Session, ...]


def first_fit(request: CourseRequest, clinic: Clinic, diary: Diary) -> Course:
    """Take the first free time there is, and repeat it on every working day."""
    return next(_series(request, clinic, diary, range(DAY_STARTS, DAY_ENDS, STEP)), ())


def best_of_slots(request: CourseRequest, clinic: Clinic, diary: Diary) -> Course:
    """Repeat each of twelve times of day, and take the one that ends soonest."""
    found = [next(_series(request, clinic, diary, [start]), ()) for start in SLOTS]
    return min((course for course in found if course), key=lambda course: course[-1].when.start, default=())


def _series(request: CourseRequest, clinic: Clinic, diary: Diary, starts: Iterable[int]) -> Iterator[Course]:
    booked = Booked(clinic, (), diary)
    for day in days_between(request.earliest_date, request.earliest_date + timedelta(weeks=2)):
        for start in starts:
            first = next(_at(request, clinic, booked, 1, day, start), None)
            if first is not None:
                yield _repeated(request, clinic, booked, first, day, start)


def _repeated(request: CourseRequest, clinic: Clinic, booked: Booked, first: Session, day: date, start: int) -> Course:
    """Repeat a session on its chair until the course is full; where the chair or everybody is taken it is skipped."""
    course = [first]
    for later in days_between(day + timedelta(days=1), day + LONGEST):
        if len(course) == request.sessions:
            return tuple(course)
        here = (s for s in _at(request, clinic, booked, len(course) + 1, later, start) if s.chair == first.chair)
        course += [session for session in [next(here, None)] if session]
    return ()


def _at(
    request: CourseRequest, clinic: Clinic, booked: Booked, number: int, day: date, start: int
) -> Iterator[Session]:
    (site,) = (site for site in clinic.sites if site.id in request.sites)
    phases = [phase for phase in request.planned_phases for _ in range(phase.sessions)]
    visit = request.protocol.first_visit if number == 1 and request.protocol.first_visit else phases[number - 1].visit
    session = Session(
        number=number,
        when=Interval.lasting(visit.minutes, instant(day, start, site.timezone)),
        kind=visit.kind,
        phase=phases[number - 1].name,
        site=site.id,
        turnaround_minutes=visit.turnaround_minutes,
        patient=request.patient,
        course=request.course,
    )
    return with_resources(session, visit, booked)
