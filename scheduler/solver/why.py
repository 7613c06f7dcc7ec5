"""Why each session stands where it does, and what is worth knowing about the plan."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import numpy as np

from scheduler.hours import clock
from scheduler.reasons import Reason

from .ground import Ground
from .problem import WEEK, Mask, Problem
from .trace import Place, Solution

LONG_GAP_DAYS = 3  # a weekend needs no word


class Why:
    """Explain one solution of a request."""

    def __init__(self, ground: Ground, problem: Problem, solution: Solution) -> None:
        self.ground, self.problem, self.solution = ground, problem, solution
        roles = {place.role for place in solution.places}
        self._fits: dict[int, Mask] = {role: np.any(problem.feasible(role), axis=(1, 2)) for role in roles}

    def session(self, number: int) -> Iterator[Reason]:
        """Yield the reasons of one session, counted from 0."""
        places, request = self.solution.places, self.ground.request
        place, before = places[number], places[number - 1] if number else None
        if any(place.start == start for start, _ in self.problem.fixed.get(place.day, ())):
            yield Reason.of("fixed-by-desk")
        yield from self._time_and_chair(number)
        if before is not None and self.ground.phases[place.stretch] is not self.ground.phases[before.stretch]:
            yield Reason.of("phase-begins", phase=self.ground.phases[place.stretch].name)
        if before is not None and before.day < place.day:
            yield from self._passed_over(before, place)
            yield from self._redetermination(before, place)
        for assessment in request.protocol.assessments:
            if assessment.at_session == number + 1:
                yield Reason.of("assessment-due", name=assessment.name)

    def notes(self) -> Iterator[Reason]:
        """Yield what the desk should know about the plan as a whole."""
        frame, request, places = self.ground.frame, self.ground.request, self.solution.places
        first, last = places[0].day, places[-1].day
        if first > self.problem.earliest:
            yield Reason.of("starts-late", days=first - self.problem.earliest, earliest_date=request.earliest_date)
        closed = [day for day in range(first, last + 1) if self._is_closed(day)]
        if closed:
            yield Reason.of("closures-inside", count=len(closed), first_date=frame.date(closed[0]))
        days = sorted({place.day for place in places})
        gap, begin = max(((b - a, a) for a, b in pairwise(days)), key=lambda pair: pair[0], default=(0, 0))
        if gap > LONG_GAP_DAYS:
            stretch = next(place.stretch for place in places if place.day == begin + gap)
            ends = {"first_date": frame.date(begin), "last_date": frame.date(begin + gap)}
            yield Reason.of("longest-gap", days=gap, allowed=self.ground.phases[stretch].max_days_between, **ends)
        yield from self._below_target(days)
        if permit := request.authorisation:
            possible = self.problem.possible(self.problem.stretches[-1])
            yield Reason.of(
                "authorisation-slack", working_days=int(possible[last + 1 :].sum()), last_date=permit.last_date
            )
            if permit.units is not None:
                yield Reason.of("units-left", units=permit.units - len(places), used=len(places))

    def usual_start(self, number: int) -> int:
        """Return the step at which a session would stand at the usual time."""
        places, place = self.solution.places, self.solution.places[number]
        same_day = sum(other.day == place.day for other in places[:number])
        return self.solution.anchor + same_day * self.problem.stretches[place.stretch].nominal

    def _time_and_chair(self, number: int) -> Iterator[Reason]:
        place, usual = self.solution.places[number], self.usual_start(number)
        home, chair = self.ground.spots[self.solution.home].chair, self.ground.spots[place.chair].chair
        time = clock(self._minute(place.start))
        if number == 0 and not self.problem.opening_counts:
            yield Reason.of("first-session", time=time)
            return
        if place.start == usual and chair == home:
            yield Reason.of("usual-time", time=time, **({"chair": chair} if chair else {}))
            return
        if place.start != usual:
            off = abs(place.start - usual) * self.ground.frame.grid
            blocker = self._blocker(place, self.solution.home, usual)
            usual_time = clock(self._minute(usual) % (24 * 60))
            why = {"blocker": blocker} if blocker else {}
            yield Reason.of("other-time", time=time, usual_time=usual_time, minutes=off, **why)
        if chair != home and chair and home:
            blocker = self._blocker(place, self.solution.home, place.start)
            yield Reason.of("other-chair", chair=chair, usual_chair=home, **({"blocker": blocker} if blocker else {}))

    def _minute(self, start: int) -> int:
        return self.ground.frame.opens + start * self.ground.frame.grid

    def _blocker(self, place: Place, spot: int, start: int) -> str | None:
        """Name what keeps the visit of a place from standing at another spot and start that day."""
        frame, visit, where = self.ground.frame, self.ground.visits[place.role], self.ground.spots[spot]
        site, first = where.site, start * frame.step
        cells = slice(first, first + visit.minutes // frame.unit)
        held = slice(first, first + (visit.minutes + visit.turnaround_minutes) // frame.unit)
        seen = first + visit.prescriber_offset // frame.unit
        doctor = slice(seen, seen + visit.prescriber_minutes // frame.unit)
        if first < 0 or cells.stop > frame.cells or not site.chairs_open[where.index, place.day, cells].all():
            return "closed"
        free = self.problem.patient[place.day, cells].all() and site.patient_free[place.day, cells].all()
        staffed = not visit.needs_technician or site.technicians_free[:, place.day, cells].all(axis=1).any()
        attended = not visit.prescriber_minutes or site.prescribers_free[:, place.day, doctor].all(axis=1).any()
        checks = (
            ("patient", free),
            ("chair", site.chairs_free[where.index, place.day, held].all()),
            ("technician", staffed),
            ("prescriber", attended),
        )
        return next((name for name, fine in checks if not fine), None)

    def _redetermination(self, before: Place, place: Place) -> Iterator[Reason]:
        again = self.ground.request.protocol.redetermination
        if again is None:
            return
        start, every = self.solution.places[0].day, again.every_days
        due = place.day - (place.day - start) % every
        if due > before.day:
            yield Reason.of("redetermination-due", due_date=self.ground.frame.date(due), every_days=every)

    def _passed_over(self, before: Place, place: Place) -> Iterator[Reason]:
        """Yield the days between two sessions on which the course might have gone on, but could not."""
        days = [
            (day, cause) for day in range(before.day + 1, place.day) if (cause := self._cause(day, place)) is not None
        ]
        for cause, group in groupby(days, key=lambda pair: pair[1]):
            run = [day for day, _ in group]
            dates = {"first_date": self.ground.frame.date(run[0]), "last_date": self.ground.frame.date(run[-1])}
            yield Reason.of("days-passed-over", **dates, **({"cause": cause} if cause else {}))

    def _cause(self, day: int, place: Place) -> str | None:
        """Return why nothing could stand on a day: empty when all was full, None when there is nothing to say."""
        weekday = self.ground.frame.date(day).weekday()
        if weekday not in self.ground.phases[place.stretch].weekdays or not self.problem.comes[day]:
            return None
        if self._is_closed(day):
            return self._closure(day) or "closed"
        if self.problem.away[day]:
            return "patient away"
        return "" if bool(self.problem.staffed[day].any()) and not self._fits[place.role][day] else None

    def _is_closed(self, day: int) -> bool:
        """Tell whether a day on which the clinic usually opens is shut altogether."""
        weekday = self.ground.frame.date(day).weekday()
        sites = {spot.site.site.id: spot.site.site for spot in self.ground.spots}
        opens = any(site.hours.on_weekday(weekday) for site in sites.values())
        return opens and not bool(self.problem.staffed[day].any())

    def _closure(self, day: int) -> str:
        for site in self.ground.sites:
            for closure in site.site.closures:
                if site.covers(closure, day):
                    return closure.cause
        return ""

    def _below_target(self, days: Sequence[int]) -> Iterator[Reason]:
        """Yield the weeks with fewer treatment days than their phase aims at."""
        weeks = sorted({day // WEEK for day in days})
        for week in weeks[1:]:
            here = [place for place in self.solution.places if place.day // WEEK == week]
            stretch = here[-1].stretch
            rule, total = self.problem.stretches[stretch], len({place.day for place in here})
            last = max(place.day for place in self.solution.places if place.stretch == stretch) // WEEK
            allowed = np.array([rule.weekdays >> bit & 1 for bit in range(WEEK)], dtype=bool)
            possible = int((self.problem.possible(rule)[WEEK * week : WEEK * week + WEEK] & allowed).sum())
            target = min(rule.per_week_target, possible)
            if week < last and total < target:
                start = self.ground.frame.date(WEEK * week)
                yield Reason.of("below-target", week_start=start, days=total, target=target)
