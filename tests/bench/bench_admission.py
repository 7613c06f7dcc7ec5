"""Print how many of a waiting list are admitted, and how soon: `python -m tests.bench.bench_admission [seconds ...]`.

The clinics are invented: one site with 4 nearly full chairs and 50 people who wait, and ten such sites with 300. A
recurring-appointment program takes the first opening of each person and repeats it on every working day, passing over
conflicts; what breaks the protocol is not counted. One by one, each has the best plan beside those before.
"""

import sys
from dataclasses import replace
from time import process_time
from typing import Any

import numpy as np

from scheduler.solver.admission import Intake
from scheduler.solver.admission_floor import Floor
from scheduler.solver.admission_instance import InstanceFloor
from scheduler.solver.best import solve
from scheduler.solver.instance import Instance
from scheduler.solver.trace import Places
from tests.scheduler.invented_referrals import referrals
from tests.scheduler.judge import check

Json = dict[str, Any]
CASES = (
    ("50 people, 4 chairs, seed 1", referrals(1)),
    ("50 people, 4 chairs, seed 2", referrals(2)),
    ("300 people, 10 sites", referrals(1, sites=10, waiting=300, active=85)),
)


def main(limits: list[float]) -> None:
    """Print a table: who plans, in how many processor seconds, how many are admitted and how many could be at most."""
    print(f"{'case':28} {'method':26} {'seconds':>8} {'admitted':>9} {'bound':>6} {'cost':>8} {'cost bound':>11}")
    for name, case in CASES:
        started = process_time()
        floor = InstanceFloor(Instance(case))
        admitted = recurring(floor)
        print(f"{name:28} {'recurring, first opening':26} {process_time() - started:8.1f} {admitted:9}")
        for limit in [0.0, *limits]:
            show(name, case, limit)


def show(name: str, case: Json, limit: float) -> None:
    """Print one line: one by one when there is no time, else what is reached in so many seconds."""
    started = process_time()
    floor = InstanceFloor(Instance(case))
    intake = Intake(floor)
    if limit:
        intake.run(10**9, lambda: limit - (process_time() - started))
    else:
        for _ in intake.one_by_one():
            pass
    seconds = process_time() - started
    names = [candidate.name for candidate in floor.candidates]
    found = dict.fromkeys(names)
    found |= {names[number]: floor.sessions(number, stood.places) for number, stood in intake.best.items()}
    errors, costs = check(case, found)
    assert not errors, errors[:3]
    assert sum(cost for cost in costs.values() if cost is not None) == intake.cost
    method = "together" if limit else "one by one, exact"
    line = f"{name:28} {method:26} {seconds:8.1f} {intake.priority:9} {intake.bound:6} {intake.cost:8}"
    print(f"{line} {intake.cost_bound:11}" if limit else line, flush=True)


def recurring(floor: Floor) -> int:
    """Admit people by repeating their first opening; return how many keep their protocol."""
    admitted = 0
    for number in range(len(floor.candidates)):
        if places := _repeated(floor, number):
            floor.stand(number, places)
            admitted += 1
    return admitted


def _repeated(floor: Floor, number: int) -> Places | None:
    problem = floor.problem(number)
    treatment, mapping = problem.feasible(0), problem.feasible(1)
    openings = np.argwhere(mapping)
    if not len(openings):
        return None
    first, chair, start = openings[0].tolist()
    days = [first, *(np.flatnonzero(treatment[first + 1 :, chair, start]) + first + 1).tolist()]
    only = np.zeros_like(treatment)
    only[days[: problem.sessions], chair, start] = True
    roles = tuple(replace(role, room=role.room & only) for role in problem.roles)
    solution = solve(replace(problem, roles=roles)) if only.sum() == problem.sessions else None
    return solution.places if solution else None


if __name__ == "__main__":
    main([float(text) for text in sys.argv[1:]] or [10.0, 30.0])
