"""The rules of one session's place: each answers None, or why the place cannot be."""

from collections.abc import Iterable

from scheduler.hours import WeeklyHours, clock
from scheduler.intervals import Interval
from scheduler.plan import Session
from scheduler.reasons import Reason
from scheduler.resources import Closure, Prescriber, Technician

from .booked import Booked, Wall, on_the_wall


def resources_are_known(session: Session, booked: Booked) -> Reason | None:
    """Ask that the site, the chair and the people exist, and that the chair stands at the site."""
    clinic = booked.clinic
    named = (
        (session.site, {site.id for site in clinic.sites}),
        (session.chair, {chair.id for chair in clinic.chairs if chair.site == session.site}),
        (session.technician, {technician.id for technician in clinic.technicians}),
        (session.prescriber, {prescriber.id for prescriber in clinic.prescribers}),
    )
    unknown = [id for id, ids in named if id is not None and id not in ids]
    return Reason.of("unknown-resource", resource=unknown[0]) if unknown else None


def site_is_open(session: Session, booked: Booked) -> Reason | None:
    """Keep out of the closures of a site."""
    site = booked.clinic.site(session.site)
    shut = _during(session.when, site.closures)
    return Reason.of("site-closed", site=site.id, until=shut.when.end, cause=shut.cause) if shut else None


def opening_hours_are_kept(session: Session, booked: Booked) -> Reason | None:
    """Stay inside one stretch of opening hours: the chair's own, or those of the site."""
    site = booked.clinic.site(session.site)
    hours = booked.clinic.hours_of(booked.clinic.chair(session.chair)) if session.chair else site.hours
    wall = on_the_wall(session.when, site.timezone)
    if hours.covers(wall.day, wall.start, wall.end):
        return None
    windows = hours.on(wall.day)
    opens, closes = (clock(windows[0][0]), clock(windows[-1][1])) if windows else (None, None)
    return Reason.of("outside-hours", site=site.id, opens=opens, closes=closes)


def chair_is_open(session: Session, booked: Booked) -> Reason | None:
    """Keep out of the closures of a chair."""
    if session.chair is None:
        return None
    shut = _during(session.when, booked.clinic.chair(session.chair).closures)
    if shut is None:
        return None
    return Reason.of("chair-closed", chair=session.chair, until=shut.when.end, cause=shut.cause)


def chair_is_free(session: Session, booked: Booked) -> Reason | None:
    """Let a chair hold one patient at a time, and its turnaround after each."""
    if session.chair is None or not booked.is_taken(session, session.chair):
        return None
    return Reason.of("chair-taken", chair=session.chair)


def technician_is_on_shift(session: Session, booked: Booked) -> Reason | None:
    """Ask for the technician at that site during the whole session."""
    if session.technician is None:
        return None
    technician = booked.clinic.technician(session.technician)
    if _works(technician, session.site, session.when, booked):
        return None
    return Reason.of("technician-off-shift", technician=technician.id)


def technician_is_free(session: Session, booked: Booked) -> Reason | None:
    """Let a technician attend no more patients at once than allowed, one in each lane."""
    if session.technician is None:
        return None
    lanes = booked.clinic.technician(session.technician).at_once
    if 0 <= session.lane < lanes and not booked.is_taken(session, session.technician, session.lane):
        return None
    return Reason.of("technician-taken", technician=session.technician)


def prescriber_is_there(session: Session, booked: Booked) -> Reason | None:
    """Ask for the prescriber at that site during the minutes that need one."""
    if session.prescriber is None:
        return None
    prescriber = booked.clinic.prescriber(session.prescriber)
    if _works(prescriber, session.site, session.prescriber_when or session.when, booked):
        return None
    return Reason.of("prescriber-absent", prescriber=prescriber.id)


def prescriber_is_free(session: Session, booked: Booked) -> Reason | None:
    """Let a prescriber be with one patient at a time."""
    if session.prescriber is None or not booked.is_taken(session, session.prescriber):
        return None
    return Reason.of("prescriber-taken", prescriber=session.prescriber)


def patient_is_in_one_place(session: Session, booked: Booked) -> Reason | None:
    """Let a patient have one session at a time."""
    return Reason.of("patient-elsewhere") if session.patient and booked.is_taken(session, session.patient) else None


def _during(when: Interval, closures: Iterable[Closure]) -> Closure | None:
    return next((closure for closure in closures if closure.when.overlaps(when)), None)


def _works(person: Technician | Prescriber, site: str, when: Interval, booked: Booked) -> bool:
    """Tell whether the shifts of a person at a site, joined, cover an interval, with no absence in it."""
    wall: Wall = on_the_wall(when, booked.clinic.site(site).timezone)
    shifts = [shift for shift in person.shifts if shift.site == site and shift.holds_on(wall.day)]
    hours = WeeklyHours(tuple(window for shift in shifts for window in shift.hours.windows))
    return hours.covers(wall.day, wall.start, wall.end) and _during(when, person.absences) is None
