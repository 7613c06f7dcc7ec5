"""How full a clinic is by week and hour, and how soon a course could begin."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from .course import CourseRequest
from .hours import week_start, zone
from .plan import Diary, Plan, Session
from .planner import plan_course
from .resources import Clinic, Site
from .solver.grid import Frame, SiteGrid
from .solver.problem import WEEK

HOUR = 60
INSISTING = 20  # how much more a step from the wished time counts, when a plan at that time is asked for

Booked = Diary | Iterable[Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Hold how much chair time of one hour of the day is open and staffed in one week at one site, and how much taken.

    `booked` may exceed `open` where fewer people are there than chairs are taken.
    """

    site: str
    week: date
    hour: int
    booked: int  # minutes
    open: int  # minutes

    @property
    def share(self) -> float:
        """Return how full it is, from 0 to 1."""
        return min(1.0, self.booked / self.open) if self.open else float(self.booked > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Hold an offer to begin a course: what it is best at, its plan, and how many days after the soonest it begins."""

    kind: str  # soonest, wished time or quiet hour
    plan: Plan
    first_date: date
    days_later: int


def load_by_hour(
    clinic: Clinic, booked: Booked, first: date, weeks: int, *, chair: str | None = None
) -> tuple[Load, ...]:
    """Return the load of every site by week and hour, from the week of a date on; of all chairs together, or of one."""
    diary = booked if isinstance(booked, Diary) else Diary.of(booked)
    return tuple(part for site in clinic.sites for part in _load_of(clinic, site, diary, first, weeks, chair))


def quotes(request: CourseRequest, clinic: Clinic, booked: Booked = ()) -> tuple[Quote, ...]:
    """Return when a course could begin: soonest, at the wished time, and at a quiet hour, as far as these differ.

    Without any quote there is no plan; `plan_course` then says why.
    """
    diary = booked if isinstance(booked, Diary) else Diary.of(booked)
    plans = {plan.kind: plan for plan in plan_course(request, clinic, diary) if plan.is_complete}
    if not plans:
        return ()
    offered = {"soonest": plans.get("soonest", plans["steadiest"])}
    if request.preference.time is not None:
        offered["wished time"] = plan_course(_insisting(request), clinic, diary)[0]
    if "quiet hour" in plans:
        offered["quiet hour"] = plans["quiet hour"]
    begins = {kind: _first_date(plan, clinic) for kind, plan in offered.items()}
    return tuple(
        Quote(kind=kind, plan=plan, first_date=begins[kind], days_later=(begins[kind] - begins["soonest"]).days)
        for kind, plan in offered.items()
    )


def _load_of(clinic: Clinic, site: Site, diary: Diary, first: date, weeks: int, chair: str | None) -> Iterator[Load]:
    origin, unit = week_start(first, site.week_starts_on), clinic.grid_minutes
    frame = Frame(origin=origin, days=WEEK * weeks, opens=0, cells=24 * HOUR // unit, unit=unit, grid=unit)
    grid = SiteGrid(site, clinic, diary, "", frame)
    names = [one.id for one in grid.chairs]
    if chair is not None and chair not in names:
        return
    chairs = slice(-1) if chair is None else slice(names.index(chair), names.index(chair) + 1)
    taken = (grid.chairs_open & ~grid.chairs_free)[chairs].sum(axis=0)
    staffed = np.minimum(grid.chairs_open[chairs].sum(axis=0), grid.technicians_there.sum(axis=0))
    booked, opened = (cells.reshape(weeks, WEEK, 24, -1).sum(axis=(1, 3)) * unit for cells in (taken, staffed))
    for week, hour in zip(*np.nonzero(booked + opened), strict=True):
        yield Load(
            site=site.id,
            week=origin + timedelta(weeks=int(week)),
            hour=int(hour),
            booked=int(booked[week, hour]),
            open=int(opened[week, hour]),
        )


def _insisting(request: CourseRequest) -> CourseRequest:
    preference, weights = request.preference, request.preference.weights
    weights = replace(weights, wish=weights.wish * INSISTING, time=weights.time * INSISTING)
    return replace(request, preference=replace(preference, weights=weights))


def _first_date(plan: Plan, clinic: Clinic) -> date:
    first = plan.sessions[0]
    return first.when.start.astimezone(zone(clinic.site(first.site).timezone)).date()
