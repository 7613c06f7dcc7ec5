"""From a solution to the sessions of a plan."""

from datetime import timedelta

from scheduler.hours import instant
from scheduler.intervals import Interval
from scheduler.plan import Session

from .ground import Ground
from .staff import staff_of
from .trace import Solution
from .why import Why


def sessions_of(ground: Ground, solution: Solution, why: Why | None = None) -> tuple[Session, ...]:
    """Return the sessions of a solution with their people, and with their reasons if somebody can say why."""
    request, frame = ground.request, ground.frame
    due = {item.at_session: item.name for item in request.protocol.assessments}
    sessions = []
    for number, (place, staff) in enumerate(zip(solution.places, staff_of(ground, solution.places), strict=True)):
        visit, spot = ground.visits[place.role], ground.spots[place.chair]
        minute = frame.opens + place.start * frame.grid
        start = instant(frame.date(place.day), minute, spot.site.site.timezone)
        doctor = start + timedelta(minutes=visit.prescriber_offset)
        sessions.append(
            Session(
                number=number + 1,
                when=Interval.lasting(visit.minutes, start),
                kind=visit.kind,
                phase=ground.phases[place.stretch].name,
                site=spot.site.site.id,
                chair=spot.chair,
                technician=staff.technician,
                lane=staff.lane,
                prescriber=staff.prescriber,
                prescriber_when=Interval.lasting(visit.prescriber_minutes, doctor) if staff.prescriber else None,
                turnaround_minutes=visit.turnaround_minutes,
                patient=request.patient,
                course=request.course,
                assessments=(due[number + 1],) if number + 1 in due else (),
                reasons=tuple(why.session(number)) if why else (),
            )
        )
    return tuple(sessions)
