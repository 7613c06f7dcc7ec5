"""How much of what each chair and each technician could do was or is used, over stretches of dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from clinic import planning
from clinic.models import Site
from scheduler import Chair, Clinic, Diary, Technician

from .loads import Cell, added
from .stretches import Span
from .timeline import Cells, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Hold one chair or technician with what was used in each span."""

    key: str
    name: str
    cells: tuple[Cell, ...]

    @property
    def all(self) -> Cell:
        """Return the use over all spans."""
        return added(self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Hold the use of all chairs and all technicians of a site; every row has a cell for each span."""

    spans: tuple[Span, ...]
    chairs: tuple[Used, ...]
    technicians: tuple[Used, ...]

    def rows(self, kind: str) -> tuple[Used, ...]:
        """Return the "chairs" or the "technicians"."""
        return self.chairs if kind == "chairs" else self.technicians

    def totals(self, kind: str) -> tuple[Cell, ...]:
        """Return the use of all of them together, for each span."""
        rows = self.rows(kind)
        return tuple(added((row.cells[number] for row in rows), first) for number, (first, _) in enumerate(self.spans))


def usage(site: Site, spans: Sequence[Span], *, now: datetime) -> Usage:
    """Measure the use of a site over spans that follow each other, in a fixed number of queries.

    A chair is open in its own hours while somebody is there to run it; a technician's hours count once for each patient
    who may be attended at the same time. Times that are held count as used, and the turnaround of a chair does too.
    """
    first, last = spans[0][0], spans[-1][1]
    clinic, diary = planning.load(site=site, first=first, last=last, now=now)
    timeline = Timeline(site, first, last)
    people = [(person, *_of_person(timeline, clinic, diary, person)) for person in clinic.technicians]
    somebody = sum((there for _, _, there in people), timeline.nothing()) > 0
    chairs = [(chair, *_of_chair(timeline, clinic, diary, chair, somebody)) for chair in clinic.chairs]

    def used(one: Chair | Technician, taken: Cells, opened: Cells) -> Used:
        cells = (
            Cell(week=first, booked=timeline.minutes(taken, first, last), open=timeline.minutes(opened, first, last))
            for first, last in spans
        )
        return Used(key=one.id, name=one.name, cells=tuple(cells))

    return Usage(
        spans=tuple(spans),
        chairs=tuple(used(*row) for row in chairs),
        technicians=tuple(used(*row) for row in people),
    )


def _of_person(timeline: Timeline, clinic: Clinic, diary: Diary, person: Technician) -> tuple[Cells, Cells]:
    """Count what a technician has to do and could do, cell by cell; several patients at once count as often."""
    there = timeline.open(timeline.on_shift(person.shifts), [*clinic.sites[0].closures, *person.absences])
    lanes = [timeline.taken(diary, person.id, lane) & there for lane in range(person.at_once)]
    return sum(lanes, timeline.nothing()), there * person.at_once


def _of_chair(
    timeline: Timeline, clinic: Clinic, diary: Diary, chair: Chair, somebody: NDArray[np.bool_]
) -> tuple[Cells, Cells]:
    """Count when a chair is taken, and when it is open with somebody there to run it."""
    hours = timeline.during(clinic.hours_of(chair))
    opened = timeline.open(hours, [*clinic.sites[0].closures, *chair.closures])
    return timeline.taken(diary, chair.id) & opened, opened * somebody
