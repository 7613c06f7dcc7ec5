"""Why a course request has no plan, in the reasons of the house: first the proof, then what would help."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from scheduler.hours import WEEKDAYS, clock
from scheduler.plan import Diary
from scheduler.reasons import Reason

from .ground import Ground
from .impossible import END_ONLY, Change, changes, fits, furthest
from .problem import WEEK, Problem, Role


def reasons_why_not(ground: Ground, problem: Problem, diary: Diary) -> tuple[Reason, ...]:
    """Return how much of the course fits, and then the changes that would make it fit as a whole."""
    found = furthest(problem) if ground.sites else None
    placed = len(found.places) if found else 0
    last = ground.frame.date(max(problem.last, 0))
    allowed = placed if problem.units is None else min(placed, problem.units)
    proof = Reason.of("no-place", placed=allowed, sessions=problem.sessions, last_date=last)
    helps = list(dict.fromkeys(_helps(ground, problem, diary, placed)))
    hours = ground.request.availability.hours
    if not helps and hours is not None:
        helps = [Reason.of("availability-too-narrow", hours=str(hours), sessions=problem.sessions)]
    return (proof, *helps)


def _helps(ground: Ground, problem: Problem, diary: Diary, placed: int) -> Iterator[Reason]:
    yield from _no_chair(ground, problem)
    if ground.sites:
        for change in changes(problem):
            yield from _reasons(change, ground, placed)
        yield from _more_staff(ground, problem)
    yield from _other_sites(ground, diary)


def _reasons(change: Change, ground: Ground, placed: int) -> Iterator[Reason]:
    """Put one change of the problem into reasons."""
    request, frame, data = ground.request, ground.frame, change.data
    if change.what == "units":
        yield Reason.of("too-few-units", units=data["units"], sessions=data["sessions"])
    elif change.what == "last":
        needed, permit = frame.date(data["needed"]), request.authorisation
        if permit and permit.last_date < needed:
            over = request.sessions - placed
            yield Reason.of(
                "authorisation-too-short", last_date=permit.last_date, needed_date=needed, sessions_over=over
            )
        if request.latest_date and request.latest_date < needed:
            yield Reason.of("latest-date-too-early", latest_date=request.latest_date, needed_date=needed)
    elif change.what == "away" and frame.date(data["day"]) in request.skipped:
        yield Reason.of("unskip-date", date=frame.date(data["day"]))
    elif change.what == "fixed":
        time = clock(frame.opens + data["start"] * frame.grid) if data["start"] >= 0 else None
        yield Reason.of("unfix-session", date=frame.date(data["day"]), **({"time": time} if time else {}))
    elif change.what in ("hours", "weekday"):
        start, end = (clock(frame.opens + data[name] * frame.unit) for name in ("begin", "end"))
        yield Reason.of("widen-availability", weekday=_weekday(ground, data["weekday"]), start=start, end=end)
    elif change.what == "floor":
        phase = ground.phases[data["stretch"]]
        yield Reason.of("allow-fewer-a-week", phase=phase.name, minimum=phase.per_week_min, allowed=data["floor"])
    elif change.what == "gap":
        phase = ground.phases[data["stretch"]]
        yield Reason.of("allow-longer-gap", phase=phase.name, days=data["gap"], allowed=phase.max_days_between)


def _weekday(ground: Ground, position: int) -> str:
    return WEEKDAYS[(ground.frame.origin.weekday() + position) % WEEK]


def _no_chair(ground: Ground, problem: Problem) -> Iterator[Reason]:
    """Yield the kinds that no chair has."""
    for visit, role in zip(ground.visits, problem.roles, strict=True):
        if visit.needs_chair and role.fits is not None and not role.fits.any():
            yield Reason.of("no-chair-of-kind", kinds=", ".join(sorted(visit.chair_kinds)))


def _more_staff(ground: Ground, problem: Problem) -> Iterator[Reason]:
    """Yield whose presence would help: on one weekday if that is enough."""
    for code, missing in (("no-technician", {"technicians": False}), ("no-prescriber", {"prescribers": False})):
        roles = [ground.role(visit, **missing) for visit in ground.visits]
        if not fits(replace(problem, roles=tuple(roles))):
            continue
        weekdays = [p for p in range(WEEK) if fits(replace(problem, roles=_on_weekday(problem.roles, roles, p)))]
        if not weekdays:
            yield Reason.of(code)
        for position in weekdays[:1]:
            both = problem.patient & np.any(problem.staffed, axis=1, keepdims=True)
            cells = np.flatnonzero(np.any(both[position::WEEK], axis=0))
            ends = (int(cells[0]), int(cells[-1]) + 1)
            start, end = (clock(ground.frame.opens + cell * ground.frame.unit) for cell in ends)
            yield Reason.of(code, weekday=_weekday(ground, position), start=start, end=end)


def _on_weekday(roles: tuple[Role, ...], staffed: list[Role], position: int) -> tuple[Role, ...]:
    """Return the roles with all the staff on one weekday only."""
    mixed = []
    for role, full in zip(roles, staffed, strict=True):
        room = role.room.copy()
        room[position::WEEK] = full.room[position::WEEK]
        mixed.append(replace(role, room=room))
    return tuple(mixed)


def _other_sites(ground: Ground, diary: Diary) -> Iterator[Reason]:
    """Yield the sites that would help if the course could be held there as well."""
    request, weeks = ground.request, (ground.last - ground.request.earliest_date).days // WEEK
    for site in ground.clinic.sites if request.sites else ():
        if site.id not in request.sites:
            wider = Ground(replace(request, sites=request.sites | {site.id}), ground.clinic, diary, weeks)
            if fits(wider.problem(END_ONLY)):
                yield Reason.of("use-site", site=site.id)
