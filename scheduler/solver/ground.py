"""What a course request finds: the sites, chairs and visits it may use, and the problem that they make."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from scheduler.course import CourseRequest
from scheduler.hours import MINUTES_A_DAY, WeeklyHours, minute_of, week_start
from scheduler.intervals import Interval
from scheduler.plan import Diary, epoch_minute
from scheduler.protocols import Phase, Visit
from scheduler.resources import Clinic, Site

from .grid import Frame, SiteGrid, starts_of, unit_of
from .problem import WEEK, Costs, Mask, Prices, Problem, Role, Stretch

SPARE_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Spot:
    """Hold a place for a visit: a chair of a site by its index, or the site itself for visits without a chair."""

    site: SiteGrid
    index: int

    @property
    def chair(self) -> str | None:
        """Return the id of the chair, if it is one."""
        return self.site.chairs[self.index].id if self.index < len(self.site.chairs) else None

    @property
    def kinds(self) -> frozenset[str]:
        """Return what the chair has."""
        return self.site.chairs[self.index].kinds if self.chair else frozenset()


class Ground:
    """Hold clinic and diary as grids over the weeks that a request could take, and its visits as roles."""

    def __init__(self, request: CourseRequest, clinic: Clinic, diary: Diary, weeks: int) -> None:
        sites = [site for site in clinic.sites if not request.sites or site.id in request.sites]
        protocol = request.protocol
        again = protocol.redetermination.visit if protocol.redetermination else None
        phases = [phase.visit for phase in request.planned_phases]
        self.request, self.clinic = request, clinic
        self.visits = tuple(dict.fromkeys(v for v in (*phases, protocol.first_visit, again) if v))
        self.last = request.earliest_date + timedelta(weeks=weeks)
        self.frame = self._frame(sites)
        self.sites = [SiteGrid(site, clinic, diary, request.patient, self.frame) for site in sites]
        self.spots = tuple(Spot(site, index) for site in self.sites for index in range(len(site.chairs) + 1))

    def _frame(self, sites: list[Site]) -> Frame:
        clinic, request = self.clinic, self.request
        origin = week_start(request.earliest_date, sites[0].week_starts_on if sites else 0)
        chairs = [clinic.hours_of(chair) for chair in clinic.chairs if chair.site in {site.id for site in sites}]
        windows = [window for hours in (*chairs, *(site.hours for site in sites)) for window in hours.windows]
        opens = min((window.start for window in windows), default=0)
        closes = max((window.end for window in windows), default=MINUTES_A_DAY)
        if request.preference.time is not None:
            wished = minute_of(request.preference.time)
            opens, closes = min(opens, wished), max(closes, wished + 1)
        grid, unit = clinic.grid_minutes, unit_of(clinic.grid_minutes, self.visits)
        opens -= opens % grid
        days = -(-((self.last - origin).days + 1) // WEEK) * WEEK
        cells = -(-(closes - opens) // grid) * (grid // unit)
        return Frame(origin=origin, days=days, opens=opens, cells=cells, unit=unit, grid=grid)

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """Return the role of each visit."""
        return tuple(self.role(visit) for visit in self.visits)

    def role(self, visit: Visit, technicians: bool = True, prescribers: bool = True) -> Role:
        """Return where and when the clinic could give a visit, perhaps with staff who are always there."""
        wanted = [visit.needs_chair == (s.chair is not None) and visit.chair_kinds <= s.kinds for s in self.spots]
        fits = np.array(wanted, dtype=bool)
        rooms = [self._room(site, visit, technicians, prescribers) for site in self.sites]
        room = np.concatenate([self._nowhere(), *rooms])
        room = np.moveaxis(room & fits[:, None, None], 0, 1)
        room[self.frame.day(self.last) + 1 :] = False
        length = visit.minutes // self.frame.unit
        return Role(length=length, hold=length + visit.turnaround_minutes // self.frame.unit, room=room, fits=fits)

    def _nowhere(self) -> Mask:
        return np.zeros((0, self.frame.days, -(-self.frame.cells // self.frame.step)), dtype=bool)

    def _room(self, site: SiteGrid, visit: Visit, technicians: bool, prescribers: bool) -> Mask:
        """Return [spot, day, start] of one site."""
        frame, held = self.frame, visit.minutes + visit.turnaround_minutes
        # The turnaround may run on after closing time.
        free = np.pad(site.chairs_free, ((0, 0), (0, 0), (0, held // frame.unit)), constant_values=True)
        room = starts_of(site.chairs_open, visit.minutes, frame)
        room &= starts_of(free, held, frame)[:, :, : room.shape[2]]
        room &= starts_of(site.patient_free, visit.minutes, frame)
        if visit.needs_technician and technicians:
            room &= starts_of(site.technicians_free, visit.minutes, frame).any(axis=0)
        if visit.prescriber_minutes and prescribers:
            offset = visit.prescriber_offset // frame.unit
            there = site.prescribers_free[:, :, offset:]
            seen = starts_of(there, visit.prescriber_minutes, frame).any(axis=0)
            room[:, :, : seen.shape[1]] &= seen
            room[:, :, seen.shape[1] :] = False
        return room

    def problem(self, prices: Prices, usual: Costs | None = None) -> Problem:
        """Return the problem of the request with given prices."""
        request, frame = self.request, self.frame
        hours, permit = request.availability.hours, request.authorisation
        first = max([request.earliest_date, *([permit.first_date] if permit else [])])
        last = min([request.latest_date or date.max, permit.last_date if permit else date.max])
        away = np.zeros(frame.days, dtype=bool)
        for day in request.availability.away | request.skipped:
            if 0 <= frame.day(day) < frame.days:
                away[frame.day(day)] = True
        patient = frame.weekly(hours)
        protocol = request.protocol
        return Problem(
            roles=self.roles,
            stretches=tuple(self.stretches()),
            prices=prices,
            chairs=self._wanted(),
            staffed=self._staffed(),
            patient=patient,
            comes=np.ones(frame.days, dtype=bool) if hours is None else self._comes(hours),
            away=away,
            step=frame.step,
            hour=60 // frame.unit,
            earliest=frame.day(request.earliest_date),
            first=frame.day(first),
            last=min(frame.day(last), frame.days - 1),
            opening=self.visits.index(protocol.first_visit) if protocol.first_visit else None,
            opening_counts=request.sessions == 1 or any(p.sessions_per_day > 1 for p in request.planned_phases),
            due_role=self.visits.index(protocol.redetermination.visit) if protocol.redetermination else None,
            due_every=protocol.redetermination.every_days if protocol.redetermination else WEEK,
            fixed=self._fixed(),
            usual=usual,
            units=permit.units if permit else None,
        )

    @property
    def timezone(self) -> str:
        """Return the zone of the first site."""
        return self.sites[0].site.timezone if self.sites else "UTC"

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """Return the phase of each stretch."""
        return tuple(phase for phase in self.request.planned_phases for _ in phase.taper or (0,))

    def crowdedness(self) -> Costs:
        """Return for each start the share (0 to 100) of chair time that is taken around it."""
        frame, length = self.frame, max(1, max(visit.minutes for visit in self.visits) // self.frame.unit)
        open_cells = sum(site.chairs_open[:-1].sum(axis=(0, 1)) for site in self.sites)
        free_cells = sum((site.chairs_open & site.chairs_free)[:-1].sum(axis=(0, 1)) for site in self.sites)
        pairs = [np.convolve(cells, np.ones(length, dtype=int))[length - 1 :] for cells in (open_cells, free_cells)]
        opened, free = (total[:: frame.step] for total in pairs)
        return np.asarray(100 - 100 * free // np.maximum(opened, 1), dtype=np.int64)

    def stretches(self) -> Iterator[Stretch]:
        """Yield the stretches of the planned phases: one for a phase, one for each week of a taper."""
        for phase in self.request.planned_phases:
            for days in phase.taper or (phase.days,):
                yield Stretch(
                    days=days,
                    role=self.visits.index(phase.visit),
                    per_week_target=0 if phase.taper else phase.per_week_target or 0,
                    per_week_max=days if phase.taper else phase.per_week_max,
                    per_week_floor=0 if phase.taper else phase.per_week_min,
                    min_gap=phase.min_days_between,
                    max_gap=phase.max_days_between,
                    weekdays=self._bits(phase.weekdays),
                    one_week=bool(phase.taper),
                    per_day=phase.sessions_per_day,
                    start_gap=-(-phase.minutes_between_starts // self.frame.unit),
                    nominal=-(-phase.minutes_between_starts // self.frame.grid) if phase.sessions_per_day > 1 else 0,
                    blocks=self._blocks(phase),
                )

    def _bits(self, weekdays: frozenset[int]) -> int:
        first = self.frame.origin.weekday()
        return sum(1 << position for position in range(WEEK) if (first + position) % WEEK in weekdays)

    def _blocks(self, phase: Phase) -> tuple[int, int, int] | None:
        return (phase.blocks.min_days, phase.blocks.max_days, phase.blocks.max_break_days) if phase.blocks else None

    def _wanted(self) -> Mask:
        """Tell the spots that any visit could have; the others are nobody's home."""
        return np.asarray(np.any([role.fits for role in self.roles if role.fits is not None], axis=0))

    def _staffed(self) -> Mask:
        rows = [site.chairs_open.any(axis=2) for site in self.sites]
        return np.concatenate(rows).T if rows else np.zeros((self.frame.days, 0), dtype=bool)

    def _comes(self, hours: WeeklyHours) -> Mask:
        weekdays = (self.frame.origin.weekday() + np.arange(self.frame.days)) % WEEK
        return np.isin(weekdays, [window.weekday for window in hours.windows])

    def _fixed(self) -> dict[int, tuple[tuple[int, int | None], ...]]:
        """Return what the desk has fixed; a time at which nothing can stand becomes a start that does not exist."""
        frame, held = self.frame, dict[int, list[tuple[int, int | None]]]()
        chairs = {spot.chair: number for number, spot in enumerate(self.spots) if spot.chair}
        for fixed in self.request.fixed:
            spot = chairs.get(fixed.chair) if fixed.chair else None
            site = self.sites[0] if spot is None else self.spots[spot].site
            minute = epoch_minute(Interval.lasting(1, fixed.start).start)
            day, clock = divmod(int(site.wall.minutes([(minute, minute + 1)])[0, 0]), MINUTES_A_DAY)
            start, rest = divmod(clock - frame.opens, frame.grid)
            possible = not rest and start >= 0 and 0 <= day < frame.days and (fixed.chair is None or spot is not None)
            place = (start, spot) if possible else (-1, None)
            held.setdefault(min(max(day, 0), frame.days - 1), []).append(place)
        return {day: tuple(sorted(set(places), key=str)) for day, places in held.items()}


def quickest_weeks(request: CourseRequest) -> int:
    """Return the weeks that a course takes when it is given as fast as it may, and some to spare."""
    return SPARE_WEEKS + sum(
        len(p.taper) or max(-(-p.days // p.per_week_max), -(-p.days * p.min_days_between // WEEK))
        for p in request.planned_phases
    )


def slowest_weeks(request: CourseRequest) -> int:
    """Return the weeks that a course takes at its slowest, and some to spare."""
    return SPARE_WEEKS + sum(
        len(p.taper) or (-(-p.days // p.per_week_min) if p.per_week_min else -(-p.days * p.max_days_between // WEEK))
        for p in request.planned_phases
    )
