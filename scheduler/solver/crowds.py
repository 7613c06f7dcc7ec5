"""How many sessions and people have to come at another time at least, whoever plans."""

from collections.abc import Sequence
from dataclasses import replace

from scheduler.constraints import PLACE, Booked
from scheduler.intervals import Interval
from scheduler.plan import Diary, Session
from scheduler.resources import Clinic

Moment = tuple[int, frozenset[int], frozenset[str]]  # how many are too many, which sessions, which patients


def least_moves(clinic: Clinic, sessions: Sequence[Session], diary: Diary) -> tuple[int, int]:
    """Return (people, sessions) that cannot all stay at their times, whatever chairs and technicians they get.

    At each moment no more sessions can be held at a site than it has chairs that are open and free, and technicians who
    are there and free. What is too much at moments that have no session in common adds up.
    """
    booked, moments = Booked(clinic, (), diary), list[Moment]()
    for site in clinic.sites:
        here = [(index, session) for index, session in enumerate(sessions) if session.site == site.id]
        for start in sorted({session.when.start for _, session in here}):
            now = Interval.lasting(1, start)
            held = [(index, session) for index, session in here if session.when.overlaps(now)]
            if over := _over(site.id, now, [session for _, session in held], booked):
                patients = frozenset(session.patient for _, session in held)
                moments.append((over, frozenset(index for index, _ in held), patients))
    return _apart([(over, patients) for over, _, patients in moments]), _apart([(o, held) for o, held, _ in moments])


def _apart(moments: Sequence[tuple[int, frozenset[str] | frozenset[int]]]) -> int:
    """Add up moments that have nothing in common, taking those first that say most for the fewest sessions."""
    total, seen = 0, set[str | int]()
    for over, held in sorted(moments, key=lambda moment: (len(moment[1]) - moment[0], -moment[0], sorted(moment[1]))):
        if seen.isdisjoint(held):
            total += over
            seen |= held
    return total


def _over(site: str, now: Interval, sessions: Sequence[Session], booked: Booked) -> int:
    """Return how many sessions of one moment are more than the site can hold."""
    clinic, nobody = booked.clinic, Session(number=0, when=now, site=site)
    chairs = [replace(nobody, chair=chair.id) for chair in clinic.chairs if chair.site == site]
    lanes = [replace(nobody, technician=t.id, lane=lane) for t in clinic.technicians for lane in range(t.at_once)]
    room = [sum(all(rule(place, booked) is None for rule in PLACE) for place in places) for places in (chairs, lanes)]
    asked = sum(session.chair is not None for session in sessions), sum(s.technician is not None for s in sessions)
    return max(0, asked[0] - room[0], asked[1] - room[1])
