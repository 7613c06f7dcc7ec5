"""Books courses one after another, as a careful person would: the same time each day, else the nearest free one.

It is no planner. It fills the demo quickly, and the rule book has the last word on every course.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from random import Random

from scheduler.checker import check
from scheduler.constraints import on_the_wall
from scheduler.course import CourseRequest
from scheduler.hours import instant, week_start
from scheduler.intervals import Interval
from scheduler.plan import Session
from scheduler.protocols import Phase, Visit
from scheduler.resources import Clinic, Closure, Prescriber, Site, Technician

CELL = 5  # minutes; what is free on a day is one whole number with a bit for each cell
CELLS_A_DAY = 288
QUARTER_HOURS = sum(1 << cell for cell in range(0, CELLS_A_DAY, 3))
TAPER_DAYS = {1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
USUAL_STARTS = range(8 * 12, 17 * 12 + 1, 3)  # cells
TRIES = 6
MAPPING_HOURS = sum(1 << cell for cell in range(9 * 12, 12 * 12))  # on one chair, for first visits only
FIRST_DAYS = timedelta(days=7)  # a course begins within a week, or not at this time of day
MADE_UP_AFTER = timedelta(days=5)  # what was missed longer ago than this has its make-up


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Hold where one visit could be: its first cell, its chair and its people."""

    cell: int
    chair: str
    technician: str
    prescriber: str | None


class Diarist:
    """Keep what is taken at one site, and book courses into what is left.

    The share `missed` of the sessions before `today` was missed or cancelled, and its place given to the next number.
    """

    def __init__(self, clinic: Clinic, site: Site, today: date, missed: float = 0) -> None:
        self.clinic, self.site, self.today, self.missed = clinic, site, today, missed
        self.chairs = [chair for chair in clinic.chairs if chair.site == site.id]
        self.technicians = [person.id for person in clinic.technicians if _works_at(person, site)]
        self.prescribers = [person.id for person in clinic.prescribers if _works_at(person, site)]
        self.mapping_chair = max(self.chairs, key=lambda chair: len(chair.kinds)).id
        self._open: dict[tuple[str, date], int] = {}
        self._taken: dict[tuple[str, date], int] = defaultdict(int)

    def load(self, week: date) -> float:
        """Return the taken share of the open chair time of a week."""
        cells = [(chair.id, week + timedelta(days=offset)) for chair in self.chairs for offset in range(7)]
        opened = sum(self._hours(*cell).bit_count() for cell in cells)
        return sum(self._taken[cell].bit_count() for cell in cells) / opened if opened else 1.0

    def place(self, request: CourseRequest, random: Random) -> tuple[Session, ...]:
        """Book a whole course at the first of a few times of day at which every rule can be kept, or nothing."""
        four_a_week = random.random() < 0.2
        for usual in random.sample(USUAL_STARTS, TRIES):
            sessions = tuple(self._sessions(request, usual, four_a_week, random))
            standing = [session for session in sessions if session.takes_its_place]
            if len(standing) == request.sessions and not check(sessions, self.clinic, [request]):
                for session in standing:
                    self._take(session)
                return sessions
        return ()

    def _sessions(self, request: CourseRequest, usual: int, four_a_week: bool, random: Random) -> Iterator[Session]:
        first, number, before = request.earliest_date, 0, None
        for phase in request.planned_phases:
            left = phase.sessions
            for day in _treatment_days(phase, first, four_a_week):
                visit = phase.visit if before else request.protocol.first_visit or phase.visit
                if place := self._nearest(visit, day, usual, before):
                    session = self._session(request, phase, visit, day, number + 1, place)
                    if before and not phase.taper and self._was_missed(day, random):
                        yield replace(session, status=random.choice(("noshow", "noshow", "cancelled")))
                    else:
                        before, number, left = place, number + 1, left - 1
                        yield session
                    first = week_start(day, self.site.week_starts_on) + timedelta(weeks=1)
                if not left or (not number and day >= request.earliest_date + FIRST_DAYS):
                    break
            if left:
                return

    def _was_missed(self, day: date, random: Random) -> bool:
        return self.missed > 0 and day < self.today - MADE_UP_AFTER and random.random() < self.missed

    def _nearest(self, visit: Visit, day: date, usual: int, before: Place | None) -> Place | None:
        """Find the free place nearest to the usual time; another chair than before counts as half an hour."""
        chairs = [chair.id for chair in self.chairs if visit.chair_kinds <= chair.kinds]
        prescribers = self.prescribers if visit.prescriber_minutes else [None]
        technicians = sorted(self.technicians, key=lambda id: before is not None and id != before.technician)
        attended = {id: _starts(self._free(id, day), visit.minutes) for id in technicians}
        places = []
        for chair in chairs:
            free = self._free(chair, day)
            if before and chair == self.mapping_chair:
                free &= ~MAPPING_HOURS
            on_chair = _starts(free, visit.minutes + visit.turnaround_minutes) & QUARTER_HOURS
            for prescriber in prescribers:
                wanted = on_chair & self._with_prescriber(prescriber, visit, day) & _either(attended.values())
                cell = _nearest_cell(wanted, usual)
                if cell is not None:
                    technician = next(id for id, starts in attended.items() if starts >> cell & 1)
                    places.append(Place(cell=cell, chair=chair, technician=technician, prescriber=prescriber))
        return min(places, key=lambda place: _strain(place, usual, before), default=None)

    def _with_prescriber(self, prescriber: str | None, visit: Visit, day: date) -> int:
        if prescriber is None:
            return -1
        return _starts(self._free(prescriber, day), visit.prescriber_minutes) >> visit.prescriber_offset // CELL

    def _session(
        self, request: CourseRequest, phase: Phase, visit: Visit, day: date, number: int, place: Place
    ) -> Session:
        start = instant(day, place.cell * CELL, self.site.timezone)
        during = Interval.lasting(visit.prescriber_minutes or 1, start + timedelta(minutes=visit.prescriber_offset))
        return Session(
            number=number,
            when=Interval.lasting(visit.minutes, start),
            kind=visit.kind,
            phase=phase.name,
            site=self.site.id,
            chair=place.chair,
            technician=place.technician,
            prescriber=place.prescriber,
            prescriber_when=during if place.prescriber else None,
            turnaround_minutes=visit.turnaround_minutes,
            patient=request.patient,
            course=request.course,
            status="fulfilled" if day < self.today else "booked",
            assessments=tuple(item.name for item in request.protocol.assessments if item.at_session == number),
        )

    def _take(self, session: Session) -> None:
        for resource, _, when in session.claims():
            for day, cells in self._cells(when):
                self._taken[resource, day] |= cells

    def _free(self, resource: str, day: date) -> int:
        return self._hours(resource, day) & ~self._taken[resource, day]

    def _hours(self, resource: str, day: date) -> int:
        """Return the open cells of a chair or person on a date."""
        if (resource, day) not in self._open:
            self._open[resource, day] = self._read_hours(resource, day)
        return self._open[resource, day]

    def _read_hours(self, resource: str, day: date) -> int:
        chair = next((chair for chair in self.chairs if chair.id == resource), None)
        closures: tuple[Closure, ...] = self.site.closures
        if chair:
            windows = self.clinic.hours_of(chair).on(day)
            closures += chair.closures
        else:
            everybody: tuple[Technician | Prescriber, ...] = (*self.clinic.technicians, *self.clinic.prescribers)
            person = next(person for person in everybody if person.id == resource)
            shifts = [shift for shift in person.shifts if shift.site == self.site.id and shift.holds_on(day)]
            windows = tuple(window for shift in shifts for window in shift.hours.on(day))
            closures += person.absences
        cells = _either(_bits(start // CELL, end // CELL) for start, end in windows)
        for closure in closures:
            cells &= ~dict(self._cells(closure.when)).get(day, 0)
        return cells

    def _cells(self, when: Interval) -> Iterator[tuple[date, int]]:
        """Yield each date that an interval touches at the site, with the cells of that date that it covers."""
        wall = on_the_wall(when, self.site.timezone)
        first, last = wall.start // CELL, -(-wall.end // CELL)
        for number in range(-(-last // CELLS_A_DAY)):
            midnight = number * CELLS_A_DAY
            cells = _bits(max(first - midnight, 0), min(last - midnight, CELLS_A_DAY))
            yield wall.day + timedelta(days=number), cells


def _strain(place: Place, usual: int, before: Place | None) -> int:
    return abs(place.cell - usual) + (30 // CELL if before and place.chair != before.chair else 0)


def _works_at(person: Technician | Prescriber, site: Site) -> bool:
    return any(shift.site == site.id for shift in person.shifts)


def _treatment_days(phase: Phase, first: date, four_a_week: bool) -> Iterator[date]:
    """Yield the dates to try: all working days, or all but Wednesdays, or those of a taper."""
    for index, count in enumerate(phase.taper):
        yield from (first + timedelta(weeks=index, days=weekday) for weekday in TAPER_DAYS[count])
    if not phase.taper:
        passed_over = {2} if four_a_week and phase.per_week_min <= 3 else set()
        every = (first + timedelta(days=offset) for offset in range(7 * phase.days))
        yield from (day for day in every if day.weekday() in phase.weekdays - passed_over)


def _bits(start: int, end: int) -> int:
    return (1 << end) - (1 << start)


def _either(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _starts(free: int, minutes: int) -> int:
    """Return the cells from which enough cells in a row are free."""
    return reduce(and_, (free >> step for step in range(-(-minutes // CELL))), free)


def _nearest_cell(cells: int, usual: int) -> int | None:
    """Return the set cell nearest to the usual one; of two equally near, the earlier."""
    for distance in range(CELLS_A_DAY):
        for cell in (usual - distance, usual + distance):
            if cell >= 0 and cells >> cell & 1:
                return cell
    return None
