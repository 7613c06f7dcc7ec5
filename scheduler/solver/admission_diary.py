"""Course requests on one floor: named people and chairs of several sites, as far as the diary leaves them free."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy

import numpy as np

from scheduler.course import CourseRequest
from scheduler.hours import MINUTES_A_DAY
from scheduler.plan import Diary
from scheduler.protocols import Visit
from scheduler.resources import Clinic

from .admission_floor import Candidate, Floor, Use
from .grid import Frame, SiteGrid
from .ground import Ground, Spot, slowest_weeks
from .problem import WEEK, Costs, Mask, Problem
from .staff import Staff, staff_of
from .trace import Place, Places

ANY_NUMBER = 10_000  # visits without a chair do not get in each other's way
ProblemOf = Callable[[Ground], Problem]
Claim = tuple[Mask, tuple[int, int, slice]]  # of a lane, on a day, some cells


class Lanes:
    """Hold one site of the floor: who is there and free, who is busy with those who stand, and in which rows."""

    def __init__(self, grid: SiteGrid, first: int) -> None:
        self.grid, self.first = grid, first
        self.chairs = np.zeros_like(grid.chairs_free)
        self.technicians = np.zeros_like(grid.technicians_free)
        self.prescribers = np.zeros_like(grid.prescribers_free)

    @property
    def capacity(self) -> Costs:
        """Return the rows: one for each chair, for the site itself, for all technicians and for all prescribers."""
        rows = np.ones(self.chairs.shape, dtype=np.int16)
        rows[-1] = ANY_NUMBER
        people = [self.grid.technicians_free.sum(axis=0), self.grid.prescribers_free.sum(axis=0)]
        return np.concatenate([rows, np.array(people, dtype=np.int16)])

    def uses(self, visit: Visit, index: int, frame: Frame) -> list[tuple[int, int, int]]:
        """Return (row, offset, length) of what a visit takes on a chair."""
        chairs, unit = len(self.chairs), frame.unit
        found = [(self.first + index, 0, (visit.minutes + visit.turnaround_minutes) // unit)]
        if visit.needs_technician:
            found.append((self.first + chairs, 0, visit.minutes // unit))
        if visit.prescriber_minutes:
            found.append((self.first + chairs + 1, visit.prescriber_offset // unit, visit.prescriber_minutes // unit))
        return found

    def now(self, site: SiteGrid, frame: Frame) -> SiteGrid:
        """Return a site in the frame of a request, without what is busy."""
        found, whole = copy(site), self.grid.frame
        found.chairs_free = site.chairs_free & ~_seen(self.chairs, whole, frame)
        found.technicians_free = site.technicians_free & ~_seen(self.technicians, whole, frame)
        found.prescribers_free = site.prescribers_free & ~_seen(self.prescribers, whole, frame)
        return found


class DiaryFloor(Floor):
    """Hold requests beside a diary, and name people for all who stand."""

    def __init__(
        self,
        requests: Sequence[CourseRequest],
        priorities: Sequence[int],
        clinic: Clinic,
        diary: Diary,
        problem_of: ProblemOf,
    ) -> None:
        self.problem_of = problem_of
        self._grounds = [Ground(request, clinic, diary, slowest_weeks(request)) for request in requests]
        self.frame = _common([ground.frame for ground in self._grounds], [g.visits for g in self._grounds])
        self.sites: dict[str, Lanes] = {}
        rows = 0
        for site in clinic.sites:
            grid = SiteGrid(site, clinic, diary, "", self.frame)
            self.sites[site.id] = Lanes(grid, rows)
            rows += len(grid.chairs) + 3
        candidates = [self._candidate(*pair) for pair in zip(self._grounds, priorities, strict=True)]
        super().__init__(candidates, np.concatenate([site.capacity for site in self.sites.values()]))

    def now(self, number: int) -> Ground:
        """Return the ground of a request among all that stand now."""
        ground = copy(self._grounds[number])
        ground.__dict__.pop("roles", None)
        ground.sites = [self.sites[site.site.id].now(site, ground.frame) for site in ground.sites]
        ground.spots = tuple(Spot(site, index) for site in ground.sites for index in range(len(site.chairs) + 1))
        return ground

    def rooms(self, number: int) -> list[Mask]:
        """Return the starts that there are: those with chair and people free for the whole visit."""
        return [role.room for role in self.now(number).roles]

    def stand(self, number: int, places: Places, people: tuple[Staff, ...] = ()) -> None:
        """Let a course take its places, and the people who attended them before or are free there."""
        people = people or tuple(staff_of(self.now(number), places))
        for place, staff in zip(places, people, strict=True):
            for mask, where in self._claims(number, place, staff):
                mask[where] = True
        super().stand(number, places, people)

    def withdraw(self, number: int) -> None:
        """Take a course off the floor, and let its people go."""
        if stood := self.standing.get(number):
            for place, staff in zip(stood.places, stood.people, strict=True):
                for mask, where in self._claims(number, place, staff):
                    mask[where] = False
        super().withdraw(number)

    def _claims(self, number: int, place: Place, staff: Staff) -> Iterator[Claim]:
        """Yield what a session makes busy."""
        ground, candidate, unit = self._grounds[number], self.candidates[number], self.frame.unit
        spot, visit = ground.spots[place.chair], ground.visits[place.role]
        lanes, day = self.sites[spot.site.site.id], candidate.shift + place.day
        first = candidate.first + place.start * candidate.step
        if spot.chair is not None:
            held = visit.minutes + visit.turnaround_minutes
            yield lanes.chairs, (spot.index, day, slice(first, first + held // unit))
        if staff.technician is not None:
            names = [(lanes.grid.technicians[person].id, lane) for person, lane in lanes.grid.lanes]
            lane = names.index((staff.technician, staff.lane))
            yield lanes.technicians, (lane, day, slice(first, first + visit.minutes // unit))
        if staff.prescriber is not None:
            doctor = [prescriber.id for prescriber in lanes.grid.prescribers].index(staff.prescriber)
            seen = first + visit.prescriber_offset // unit
            yield lanes.prescribers, (doctor, day, slice(seen, seen + visit.prescriber_minutes // unit))

    def _candidate(self, ground: Ground, priority: int) -> Candidate:
        uses = []
        for visit in ground.visits:
            rows = [self.sites[spot.site.site.id].uses(visit, spot.index, self.frame) for spot in ground.spots]
            uses.append(
                tuple(
                    Use(rows=np.array([row for row, _, _ in use], dtype=np.int64), offset=use[0][1], length=use[0][2])
                    for use in zip(*rows, strict=True)
                )
            )
        frame, unit = ground.frame, self.frame.unit
        return Candidate(
            name=ground.request.patient,
            priority=priority,
            problem=self.problem_of(ground),
            uses=tuple(uses),
            step=frame.grid // unit,
            first=(frame.opens - self.frame.opens) // unit,
            shift=(frame.origin - self.frame.origin).days,
        )


def _common(frames: Sequence[Frame], visits: Sequence[Sequence[Visit]]) -> Frame:
    """Return a frame that holds all others, with the shortest cells and room for the longest turnaround at its end."""
    unit = int(np.gcd.reduce([frame.unit for frame in frames]))
    origin, opens = min(frame.origin for frame in frames), min(frame.opens for frame in frames)
    last = max(frame.date(frame.days) for frame in frames)
    closes = max(frame.opens + frame.cells * frame.unit for frame in frames)
    longest = max(visit.minutes + visit.turnaround_minutes for many in visits for visit in many)
    cells = (min(closes, MINUTES_A_DAY) + longest - opens) // unit + 1
    days = -(-(last - origin).days // WEEK) * WEEK
    return Frame(origin=origin, days=days, opens=opens, cells=cells, unit=unit, grid=frames[0].grid)


def _seen(busy: Mask, whole: Frame, frame: Frame) -> Mask:
    """Return what is busy in the cells of another frame, if only in part of a cell."""
    first, ratio = (frame.opens - whole.opens) // whole.unit, frame.unit // whole.unit
    day = (frame.origin - whole.origin).days
    cut = busy[:, day : day + frame.days, first : first + frame.cells * ratio]
    return cut if ratio == 1 else np.asarray(cut.reshape(*cut.shape[:2], frame.cells, ratio).any(axis=3))
