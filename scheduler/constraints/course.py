"""The rules of a whole course that concern its limits, its patient and its visits: each yields what breaks it."""

from collections.abc import Iterator
from datetime import UTC, timedelta

from scheduler.hours import WEEKDAYS, clock
from scheduler.intervals import Interval
from scheduler.plan import GIVEN, Session
from scheduler.protocols import Visit
from scheduler.reasons import Reason

from .booked import on_the_wall
from .follow_ups import due_date
from .view import CourseView

Broken = Iterator[tuple[Reason, tuple[Session, ...]]]


def sessions_are_complete(course: CourseView) -> Broken:
    """Place every session of every phase, or none of the course."""
    if not course.sessions:
        return
    for phase, sessions in course.by_phase():
        if len(sessions) != phase.sessions:
            yield Reason.of("wrong-count", phase=phase.name, sessions=len(sessions), needed=phase.sessions), sessions
    names = {phase.name for phase in course.request.planned_phases}
    for session in course.sessions:
        if session.phase not in names:
            yield Reason.of("phase-order", phase=session.phase), (session,)


def visits_are_right(course: CourseView) -> Broken:
    """Give each session the kind of visit that the protocol asks for on that day, for its length."""
    for session, visit in course.visits():
        if session.kind is not visit.kind:
            yield Reason.of("wrong-visit", expected=visit.kind.value), (session,)
        elif session.when.minutes != visit.minutes:
            yield Reason.of("wrong-length", minutes=session.when.minutes, needed=visit.minutes), (session,)
        elif session.turnaround_minutes != visit.turnaround_minutes:
            minutes, needed = session.turnaround_minutes, visit.turnaround_minutes
            yield Reason.of("wrong-length", minutes=minutes, needed=needed), (session,)


def visits_have_what_they_need(course: CourseView) -> Broken:
    """Give each session a chair that fits, a technician, and the prescriber for the right minutes."""
    follow_ups = {follow_up.name: follow_up.visit for follow_up in course.request.protocol.follow_ups}
    pairs = [(session, follow_ups[session.phase]) for session in course.follow_ups if session.phase in follow_ups]
    for session, visit in (*course.visits(), *pairs):
        needs = (
            ("chair", visit.needs_chair, session.chair),
            ("technician", visit.needs_technician, session.technician),
            ("prescriber", visit.prescriber_minutes > 0, session.prescriber),
        )
        for need, is_needed, given in needs:
            if is_needed and given is None:
                yield Reason.of("resource-missing", need=need), (session,)
        if (
            session.prescriber
            and visit.prescriber_minutes
            and session.prescriber_when != prescriber_when(session, visit)
        ):
            yield Reason.of("prescriber-absent", prescriber=session.prescriber), (session,)
        if visit.needs_chair and session.chair and not visit.chair_kinds <= course.clinic.chair(session.chair).kinds:
            kinds = ", ".join(sorted(visit.chair_kinds))
            yield Reason.of("chair-does-not-fit", chair=session.chair, kinds=kinds), (session,)


def prescriber_when(session: Session, visit: Visit) -> Interval:
    """Return the minutes of a session in which its visit needs a prescriber."""
    return Interval.lasting(visit.prescriber_minutes, session.when.start + timedelta(minutes=visit.prescriber_offset))


def dates_are_kept(course: CourseView) -> Broken:
    """Begin no earlier, and end no later, than was asked."""
    request = course.request
    for session in course.sessions:
        day = course.day(session)
        if day < request.earliest_date:
            yield Reason.of("before-earliest", earliest_date=request.earliest_date), (session,)
        if request.latest_date and day > request.latest_date:
            yield Reason.of("after-latest", latest_date=request.latest_date), (session,)


def authorisation_is_kept(course: CourseView) -> Broken:
    """Stay within the dates and the units that the insurer allows."""
    allowed = course.request.authorisation
    if allowed is None:
        return
    for session in course.sessions:
        if not allowed.first_date <= course.day(session) <= allowed.last_date:
            reason = Reason.of("outside-authorisation", first_date=allowed.first_date, last_date=allowed.last_date)
            yield reason, (session,)
    if allowed.units is not None and len(course.sessions) > allowed.units:
        over = course.sessions[allowed.units :]
        yield Reason.of("too-many-units", units=allowed.units, sessions=len(course.sessions)), over


def patient_can_come(course: CourseView) -> Broken:
    """Keep to the patient's hours, dates away, dates skipped by the desk, and sites; follow-ups too.

    Who has come could come, whatever is asked since.
    """
    request = course.request
    for session in (*course.sessions, *course.follow_ups):
        if session.status in GIVEN:
            continue
        wall = course.wall(session)
        if wall.day in request.availability.away | request.skipped:
            yield Reason.of("patient-away", date=wall.day), (session,)
        elif not request.availability.allows(wall.day, wall.start, wall.end):
            weekday = WEEKDAYS[wall.day.weekday()]
            yield Reason.of("patient-unavailable", weekday=weekday, time=clock(wall.start)), (session,)
        if request.sites and session.site not in request.sites:
            yield Reason.of("use-site", site=session.site), (session,)


def fixed_sessions_stand(course: CourseView) -> Broken:
    """Keep each fixed session at its instant, and on its chair when one was named."""
    if not course.sessions:
        return
    placed = {(session.when.start, chair) for session in course.sessions for chair in (None, session.chair)}
    timezone = course.clinic.site(course.sessions[0].site).timezone
    for fixed in course.request.fixed:
        if (fixed.start.astimezone(UTC), fixed.chair) not in placed:
            wall = on_the_wall(Interval.lasting(1, fixed.start), timezone)
            yield Reason.of("fixed-moved", date=wall.day, time=clock(wall.start)), ()


def follow_ups_are_in_their_window(course: CourseView) -> Broken:
    """Hold each follow-up near its due date, counted from the last session."""
    if not course.sessions:
        return
    last = course.day(course.sessions[-1])
    asked = {follow_up.name: follow_up for follow_up in course.request.protocol.follow_ups}
    for session in course.follow_ups:
        follow_up = asked.get(session.phase)
        if follow_up is None:
            yield Reason.of("phase-order", phase=session.phase), (session,)
            continue
        due = due_date(follow_up, last)
        if abs((course.day(session) - due).days) > follow_up.window_days:
            reason = Reason.of("outside-follow-up-window", due_date=due, window_days=follow_up.window_days)
            yield reason, (session,)
        if session.when.minutes != follow_up.visit.minutes:
            minutes, needed = session.when.minutes, follow_up.visit.minutes
            yield Reason.of("wrong-length", minutes=minutes, needed=needed), (session,)
