"""At which moments more people come than a clinic can hold, whatever chairs and technicians they get."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scheduler.constraints import PLACE, Booked
from scheduler.intervals import Interval
from scheduler.plan import Session

Moment = tuple[int, list[int]]  # how many are too many, and of which, by their places in a list


def crowded(sessions: Sequence[Session], booked: Booked) -> Iterator[Moment]:
    """Yield the moments at which a site is asked for more than it has: chairs that are open, technicians who are there.

    The most come at a moment at which a session begins.
    """
    for site in booked.clinic.sites:
        here = [number for number, session in enumerate(sessions) if session.site == site.id]
        for start in sorted({sessions[number].when.start for number in here}):
            now = Interval.lasting(1, start)
            held = [number for number in here if sessions[number].when.overlaps(now)]
            if over := _over(site.id, now, [sessions[number] for number in held], booked):
                yield over, held


def _over(site: str, now: Interval, sessions: Sequence[Session], booked: Booked) -> int:
    """Return how many sessions of one moment are more than the site can hold."""
    clinic, nobody = booked.clinic, Session(number=0, when=now, site=site)
    chairs = [replace(nobody, chair=chair.id) for chair in clinic.chairs if chair.site == site]
    lanes = [replace(nobody, technician=t.id, lane=lane) for t in clinic.technicians for lane in range(t.at_once)]
    room = [sum(all(rule(place, booked) is None for rule in PLACE) for place in places) for places in (chairs, lanes)]
    asked = sum(session.chair is not None for session in sessions), sum(s.technician is not None for s in sessions)
    return max(0, asked[0] - room[0], asked[1] - room[1])
