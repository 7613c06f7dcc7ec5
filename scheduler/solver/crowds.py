"""How many sessions and people have to come at another time at least, whoever plans, and who that could be."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import highspy
import numpy as np

from scheduler.constraints import PLACE, Booked
from scheduler.intervals import Interval
from scheduler.plan import Diary, Session
from scheduler.resources import Clinic

MOST_NODES = 200
EACH = 1000  # one who has to come at another time; it is a little more for one to whom nothing happened
EXACT = 1e-6

Who = TypeVar("Who", bound=Hashable)
Moment = tuple[int, list[Session]]  # how many are too many, of which


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """Hold how few people and sessions have to come at another time, and people for whom that could be enough."""

    people: int
    sessions: int
    movers: frozenset[str]


def least_moves(
    clinic: Clinic, sessions: Sequence[Session], diary: Diary, affected: Collection[str] = frozenset()
) -> Least:
    """Return how many people and sessions cannot stay at their times, whatever chairs and technicians they get.

    At each moment no more sessions can be held at a site than it has chairs that are open and free, and technicians who
    are there and free. Those who come at another time are chosen from the patients who are `affected` where they can
    be.
    """
    booked, moments = Booked(clinic, (), diary), list[Moment]()
    for site in clinic.sites:
        here = [session for session in sessions if session.site == site.id]
        for start in sorted({session.when.start for session in here}):
            now = Interval.lasting(1, start)
            held = [session for session in here if session.when.overlaps(now)]
            if over := _over(site.id, now, held, booked):
                moments.append((over, held))
    people, movers = _fewest([(over, {session.patient for session in held}) for over, held in moments], affected)
    each = [(over, {(session.course, session.number) for session in held}) for over, held in moments]
    return Least(people=people, sessions=_fewest(each, ())[0], movers=frozenset(movers))


def _fewest(moments: Iterable[tuple[int, set[Who]]], cheaper: Collection[Who]) -> tuple[int, list[Who]]:
    """Return how few leave enough room at each moment, and who they could be."""
    moments = list(moments)
    names = sorted(set().union(*(held for _, held in moments)), key=str)
    if not names:
        return 0, []
    solver, index = highspy.Highs(), {name: number for number, name in enumerate(names)}
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("mip_max_nodes", MOST_NODES)):
        solver.setOptionValue(option, value)
    for name in names:
        solver.addCol(EACH + (name not in cheaper), 0.0, 1.0, 0, np.zeros(0, dtype=np.int32), np.zeros(0))
    for over, held in moments:
        columns = np.array(sorted(index[name] for name in held), dtype=np.int32)
        solver.addRow(float(min(over, len(held))), highspy.kHighsInf, len(columns), columns, np.ones(len(columns)))
    numbers = np.arange(len(names), dtype=np.int32)
    solver.changeColsIntegrality(len(names), numbers, np.full(len(names), highspy.HighsVarType.kInteger))
    solver.run()
    chosen = np.array(solver.getSolution().col_value) > 1 / 2
    # What the affected save never makes up for one more, so that whole ones can be read off the bound.
    least = -(-(solver.getInfo().mip_dual_bound - len(names) - EXACT) // EACH)
    return max(0, int(least)), [name for name, leaves in zip(names, chosen.tolist(), strict=True) if leaves]


def _over(site: str, now: Interval, sessions: Sequence[Session], booked: Booked) -> int:
    """Return how many sessions of one moment are more than the site can hold."""
    clinic, nobody = booked.clinic, Session(number=0, when=now, site=site)
    chairs = [replace(nobody, chair=chair.id) for chair in clinic.chairs if chair.site == site]
    lanes = [replace(nobody, technician=t.id, lane=lane) for t in clinic.technicians for lane in range(t.at_once)]
    room = [sum(all(rule(place, booked) is None for rule in PLACE) for place in places) for places in (chairs, lanes)]
    asked = sum(session.chair is not None for session in sessions), sum(s.technician is not None for s in sessions)
    return max(0, asked[0] - room[0], asked[1] - room[1])
