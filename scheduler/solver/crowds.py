"""How many sessions and people have to come at another time at least, whoever plans."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from scheduler.constraints import PLACE, Booked, on_the_wall
from scheduler.intervals import Interval
from scheduler.plan import Diary, Session
from scheduler.resources import Clinic


def least_moves(clinic: Clinic, sessions: Sequence[Session], diary: Diary) -> tuple[int, int]:
    """Return (people, sessions) that cannot all stay at their times, whatever chairs and technicians they get.

    At each moment no more sessions can be held at a site than it has chairs that are open and free, and technicians who
    are there and free. All sessions of one moment are of different people.
    """
    booked, people = Booked(clinic, (), diary), 0
    moved: Counter[object] = Counter()
    for site in clinic.sites:
        here = [session for session in sessions if session.site == site.id]
        for start in sorted({session.when.start for session in here}):
            now = Interval.lasting(1, start)
            over = _over(site.id, now, [session for session in here if session.when.overlaps(now)], booked)
            day = on_the_wall(now, site.timezone).day
            moved[site.id, day] = max(moved[site.id, day], over)
            people = max(people, over)
    return people, sum(moved.values())


def _over(site: str, now: Interval, sessions: Sequence[Session], booked: Booked) -> int:
    """Return how many sessions of one moment are more than the site can hold."""
    clinic, nobody = booked.clinic, Session(number=0, when=now, site=site)
    chairs = [replace(nobody, chair=chair.id) for chair in clinic.chairs if chair.site == site]
    lanes = [replace(nobody, technician=t.id, lane=lane) for t in clinic.technicians for lane in range(t.at_once)]
    room = [sum(all(rule(place, booked) is None for rule in PLACE) for place in places) for places in (chairs, lanes)]
    asked = sum(session.chair is not None for session in sessions), sum(s.technician is not None for s in sessions)
    return max(0, asked[0] - room[0], asked[1] - room[1])
