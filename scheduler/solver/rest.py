"""What is left of a running course: as a request of its own, and as a problem in which every change has its price."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import accumulate

import numpy as np

from scheduler.constraints import on_the_wall
from scheduler.course import CourseRequest, FixedSession
from scheduler.hours import week_start, zone
from scheduler.plan import GIVEN as GIVEN
from scheduler.plan import Diary, Session
from scheduler.protocols import Phase, VisitKind
from scheduler.resources import Clinic

from .ground import Ground, slowest_weeks
from .problem import WEEK, Costs, Keep, Prices, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePrices:
    """Hold what each change of a running course costs, in points; days and times that stay cost nothing."""

    moved_day: int = 100  # a date that the course no longer has
    moved_time: int = 20  # a date that it has at another time
    time: int = 1  # a grid step from the old time, or from the usual one on a new date
    chair: int = 6
    end: int = 10  # a day by which the course ends later
    short: int = 60  # a treatment day below the target of a week


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Hold a running course at a moment: what was given or has begun, what is still to come, and what must not move."""

    request: CourseRequest
    done: tuple[Session, ...]
    old: tuple[Session, ...]
    held: frozenset[int]
    now: datetime
    timezone: str
    week_starts_on: int

    @classmethod
    def of(
        cls,
        request: CourseRequest,
        clinic: Clinic,
        sessions: tuple[Session, ...],
        now: datetime,
        held: frozenset[int] = frozenset(),
    ) -> "Rest":
        """Split the sessions of a course; those that were cancelled or missed are left out."""
        course = sorted((s for s in sessions if is_standing(s)), key=lambda session: session.when.start)
        site = clinic.site(course[-1].site) if course else clinic.sites[0]
        begun = [s for s in course if s.status in GIVEN or s.when.start <= now]
        dates = {on_the_wall(session.when, site.timezone).day for session in begun}
        # Of several sessions a day the later ones stay as they are once the day has begun.
        done = tuple(s for s in course if on_the_wall(s.when, site.timezone).day in dates)
        old = tuple(s for s in course if s not in done)
        return cls(
            request=request,
            done=done,
            old=old,
            held=held,
            now=now,
            timezone=site.timezone,
            week_starts_on=site.week_starts_on,
        )

    def day(self, session: Session) -> date:
        """Return the date of a session."""
        return on_the_wall(session.when, self.timezone).day

    def asked(self) -> CourseRequest | None:
        """Return what is left as a request of its own, or None when nothing is left or no date is."""
        request, phases = self.request, tuple(self._phases())
        first = max(request.earliest_date, self._first_date())
        if not phases or (request.latest_date and request.latest_date < first):
            return None
        permit = request.authorisation
        if permit and permit.units is not None:
            permit = replace(permit, units=max(0, permit.units - len(self.done)))
        stay = tuple(FixedSession(start=s.when.start, chair=s.chair) for s in self.old if s.number in self.held)
        protocol = replace(
            request.protocol,
            phases=phases,
            first_visit=None if self.done else request.protocol.first_visit,
            assessments=(),
            follow_ups=(),
        )
        fixed = tuple(place for place in request.fixed if place.start > self.now)
        return replace(
            request,
            protocol=protocol,
            earliest_date=first,
            authorisation=permit,
            fixed=(*fixed, *stay),
            pace=request.pace and replace(request.pace, since=first),  # it holds for all that is left
        )

    @property
    def lost(self) -> int:
        """Count the sessions that are missing on days that were begun: alone they do not make a day of their phase."""
        given = Counter(session.phase for session in self.done)
        return sum(-given[phase.name] % phase.sessions_per_day for phase in self.request.planned_phases)

    def _phases(self) -> Iterator[Phase]:
        """Yield the phases that are not over, less what was given."""
        given = Counter(session.phase for session in self.done)
        for phase in self.request.planned_phases:
            days = -(-given[phase.name] // phase.sessions_per_day)
            taper = list(phase.taper)
            while taper and days >= taper[0]:
                days -= taper.pop(0)
            if taper:
                yield replace(phase, taper=(taper[0] - days, *taper[1:]), condition="")
            elif not phase.taper and days < phase.days:
                yield replace(phase, sessions=(phase.days - days) * phase.sessions_per_day, condition="")

    def _first_date(self) -> date:
        """Return today, or the next week's first date where this week's phase (or taper week) is over."""
        today = self.now.astimezone(zone(self.timezone)).date()
        if not self.done:
            return today
        last, week = self.done[-1], week_start(self.day(self.done[-1]), self.week_starts_on)
        phase = next((phase for phase in self.request.planned_phases if phase.name == last.phase), None)
        given = sum(session.phase == last.phase for session in self.done)
        given += -given % phase.sessions_per_day if phase else 0
        parts = (phase.taper or (phase.days,)) if phase else ()
        edges = [total * phase.sessions_per_day for total in accumulate(parts)] if phase else []
        return max(today, week + timedelta(days=7)) if given in edges else today


def is_standing(session: Session) -> bool:
    """Tell whether a session of a course holds its place and counts for its rhythm."""
    return session.takes_its_place and session.kind is not VisitKind.FOLLOW_UP


def ground_of(rest: Rest, asked: CourseRequest, clinic: Clinic, diary: Diary) -> Ground:
    """Return the grids that the rest of a course needs."""
    weeks = slowest_weeks(asked)
    if rest.old:
        weeks = max(weeks, (rest.day(rest.old[-1]) - asked.earliest_date).days // 7 + 2)
    return Ground(asked, clinic, diary, weeks)


def problem_of(rest: Rest, ground: Ground, prices: ChangePrices) -> Problem:
    """Return the problem of placing the rest of a course with as little change as possible."""
    frame = ground.frame
    problem = ground.problem(Prices(wait=0, end=prices.end, dev=prices.time, chair=prices.chair, short=prices.short))
    done = tuple(sorted({frame.day(rest.day(session)) for session in rest.done}))
    wall = rest.now.astimezone(zone(rest.timezone))
    today, minute = frame.day(wall.date()), wall.hour * 60 + wall.minute
    if 0 <= today < frame.days:
        over = frame.opens + frame.grid * np.arange(problem.starts) <= minute
        for role in problem.roles:
            role.room[today, :, over] = False
    start = frame.day(rest.day(rest.done[0])) if rest.done else None
    first, *others = problem.stretches
    if first.one_week:  # a taper week that has begun: what was given in it has to be let pass
        first = replace(first, per_week_max=WEEK)
    return replace(
        problem,
        stretches=(first, *others),
        fresh=not done,
        done=done,
        opening_counts=True,
        due_day=start,
        keep=_keep(rest, ground, problem, prices),
    )


def usual(rest: Rest, ground: Ground) -> tuple[int, int]:
    """Return the step at which the course usually starts, and its usual spot."""
    sessions = rest.old or rest.done
    starts = Counter(_start(rest, ground, session) for session in sessions)
    chairs = Counter(session.chair for session in sessions)
    start = starts.most_common(1)[0][0] if starts else 0
    chair = chairs.most_common(1)[0][0] if chairs else None
    return start, _spot(ground, chair)


def _keep(rest: Rest, ground: Ground, problem: Problem, prices: ChangePrices) -> Keep:
    frame, step = ground.frame, np.arange(problem.starts)
    spots = np.arange(len(ground.spots))

    def price(start: int, spot: int) -> Costs:
        return np.asarray(prices.time * np.abs(step - start)[None, :] + prices.chair * (spots != spot)[:, None])

    table = np.repeat(price(*usual(rest, ground))[None] + prices.moved_day, frame.days, axis=0)
    firsts: dict[int, Session] = {}
    for session in rest.old:
        firsts.setdefault(frame.day(rest.day(session)), session)
    for day, session in firsts.items():
        if 0 <= day < frame.days:
            start = _start(rest, ground, session)
            moved = np.where(step == start, 0, prices.moved_time)
            table[day] = price(start, _spot(ground, session.chair)) + moved
    constant = prices.moved_day * (len(firsts) - problem.treatment_days)
    return Keep(price=table, constant=constant, old_last=max(firsts, default=problem.earliest))


def _start(rest: Rest, ground: Ground, session: Session) -> int:
    return (on_the_wall(session.when, rest.timezone).start - ground.frame.opens) // ground.frame.grid


def _spot(ground: Ground, chair: str | None) -> int:
    return next((number for number, spot in enumerate(ground.spots) if spot.chair == chair), 0)
