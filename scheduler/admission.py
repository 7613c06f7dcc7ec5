"""Admit a waiting list: many courses planned together, against taking people one by one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf

from .course import CourseRequest
from .followups import place_follow_ups
from .plan import Diary, Plan, Session
from .planner import plan_course, steadiest_problem
from .resources import Clinic
from .solver.admission import Intake
from .solver.admission_diary import DiaryFloor
from .solver.admission_floor import settled
from .solver.points import points_of
from .solver.sessions import sessions_of
from .solver.why import Why

STEPS = 2_000
LONG_WAIT_DAYS = 28  # with each such time that somebody has waited, a day more weighs once more
FAIR = 1  # points for each per cent of crowdedness of the usual hour: those who can come at others leave it

Booked = Diary | Iterable[Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """Hold a person who waits for a course; one of priority 2 counts as much as two of priority 1.

    Raises ValueError for a priority below 1 or a wait below 0.
    """

    request: CourseRequest
    priority: int = 1
    waited_days: int = 0

    def __post_init__(self) -> None:
        if self.priority < 1:
            raise ValueError("A priority is 1 or more.")
        if self.waited_days < 0:
            raise ValueError("Nobody has waited for less than no days.")

    @property
    def weighted(self) -> CourseRequest:
        """Return the request with what a day of waiting and a crowded hour weigh beside the others."""
        preference = self.request.preference
        weights, urgency = preference.weights, self.priority * (1 + self.waited_days // LONG_WAIT_DAYS)
        weights = replace(weights, wait=weights.wait * urgency, crowd=max(weights.crowd, FAIR))
        return replace(self.request, preference=replace(preference, weights=weights))


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Hold a plan for each referral, in the same order; the plan of somebody who is not admitted says why.

    No admission reaches more `priority` than `bound`, and none that reaches as much has fewer points than `cost_bound`.
    """

    plans: tuple[Plan, ...]
    priority: int
    bound: int
    one_by_one: int  # the priority that taking people one by one would admit
    cost: int
    cost_bound: int

    @property
    def admitted(self) -> int:
        """Return how many people are admitted."""
        return sum(plan.is_complete for plan in self.plans)

    @property
    def gap(self) -> int:
        """Return how much more priority might be possible."""
        return self.bound - self.priority


def admit(
    referrals: Sequence[Referral],
    clinic: Clinic,
    booked: Booked = (),
    *,
    steps: int = STEPS,
    left: Callable[[], float] = lambda: inf,
    seed: int = 0,
) -> Admission:
    """Plan many courses together: most people by priority, then the shortest weighted wait and the steadiest times.

    It goes on for so many steps as long as any seconds are `left`, and always has a valid answer; without a limit in
    seconds the same referrals and seed have the same answer.

    Raises ValueError when two referrals are for the same patient.
    """
    if len({referral.request.patient for referral in referrals}) < len(referrals):
        raise ValueError("A patient can be admitted to one course at a time.")
    diary = booked if isinstance(booked, Diary) else Diary.of(booked)
    if not referrals:
        return Admission(plans=(), priority=0, bound=0, one_by_one=0, cost=0, cost_bound=0)
    order = sorted(range(len(referrals)), key=lambda n: (-referrals[n].priority, -referrals[n].waited_days))
    weighted = [referrals[number].weighted for number in order]
    floor = DiaryFloor(weighted, [referrals[n].priority for n in order], clinic, diary, steadiest_problem)
    intake = Intake(floor, seed)
    intake.run(steps, left)
    intake.settle()
    plans = _plans(floor, weighted, clinic, diary)
    return Admission(
        plans=tuple(plans[order.index(number)] for number in range(len(referrals))),
        priority=sum(referrals[n].priority for n, plan in zip(order, plans, strict=True) if plan.is_complete),
        bound=intake.bound,
        one_by_one=intake.at_first,
        cost=sum(plan.score.total for plan in plans),
        cost_bound=intake.cost_bound,
    )


def _plans(floor: DiaryFloor, requests: Sequence[CourseRequest], clinic: Clinic, diary: Diary) -> list[Plan]:
    """Return the plans of all requests: of those who stand, and of the others why they do not."""
    plans = {number: _plan(floor, number) for number in sorted(floor.standing)}
    diary = diary.plus(session for plan in plans.values() for session in plan.sessions)
    for number, plan in plans.items():
        follow_ups, unplaced = place_follow_ups(requests[number], clinic, diary, plan.sessions)
        plans[number] = replace(plan, sessions=(*plan.sessions, *follow_ups), unplaced=unplaced)
        diary = diary.plus(follow_ups)
    for number, request in enumerate(requests):
        if number not in plans:  # there was no room, or no time: each has a plan beside all before
            plans[number] = plan_course(request, clinic, diary)[0]
            diary = diary.plus(plans[number].sessions)
    return [plans[number] for number in range(len(requests))]


def _plan(floor: DiaryFloor, number: int) -> Plan:
    """Return the plan of somebody who stands, with reasons beside all the others."""
    places = floor.standing[number].places
    floor.withdraw(number)
    ground = floor.now(number)
    problem = steadiest_problem(ground)
    solution = settled(problem, places)
    why = Why(ground, problem, solution)
    sessions = sessions_of(ground, solution, why)
    floor.stand(number, places)
    score = points_of(ground, problem, solution)
    notes = tuple(why.notes())
    return Plan(sessions=sessions, notes=notes, score=score, is_optimal=False, timezone=ground.timezone)
