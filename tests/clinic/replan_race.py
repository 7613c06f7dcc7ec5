"""Let several people carry out replans of one disruption at once while others book, and count what went wrong.

    DATABASE_URL=... python -m tests.clinic.replan_race [unguarded]

Needs an empty database, which it fills. In each round something happens to the clinic, and everybody plans by a clock
for which the times of the one before are held no longer, so that all want the same times at the same moment. Whoever
is refused plans anew, until nothing is left to do. "unguarded" takes the guards away, as for the race of bookings.
"""

import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from .race import BY, LATE, NOW, ask, judge, take_the_guards_away  # sets Django up, so it comes first

# isort: split
from django.core.management import call_command
from django.db import connection

from clinic.models import Chair, Course, Disruption, Proposal, Replan, Site
from clinic.selectors.disruptions import affected
from clinic.services import booking, disruption
from clinic.services.booking import courses, proposals
from clinic.services.disruption import applying, replanning

from .builders import make_chair, make_patient, make_prescriber, make_protocol, make_site, make_technician

FIRST_DAY = datetime.fromisoformat("2026-11-24T00:00:00+00:00")
COURSES, ROUNDS, BOOKERS = 10, 3, 2
STRATEGIES = ("fewest-calls", "same-day", "usual-time")
TRIES = 6
Work = Callable[[], Iterator[str]]


def main(guarded: bool) -> dict[str, Any]:
    """Fill the database, let the rounds happen, and report."""
    call_command("migrate", verbosity=0)
    if not guarded:
        take_the_guards_away((courses, proposals, applying, replanning))
    site = make_site(holiday_country="")
    for _ in range(4):
        make_chair(site)
        make_technician(site)
    make_prescriber(site)
    make_protocol()
    for _ in range(COURSES):
        booked(ask(make_patient(site), NOW), NOW)
    counts: Counter[str] = Counter()
    for number in range(ROUNDS):
        counts += one_round(site, number)
    return dict(counts) | judge() | {"half replans": half_replans(), "left to do": left_to_do()}


def one_round(site: Site, number: int) -> Counter[str]:
    """Let something happen, and everybody answer at once."""
    what = report(site, number)
    works: list[Work] = []
    for place, strategy in enumerate(STRATEGIES):
        now = NOW + place * LATE
        replan = disruption.propose_replan(disruption=what, strategy=strategy, by=BY, now=now)
        works.append(lambda replan=replan, now=now: carried_out(replan, now))
    for place in range(len(STRATEGIES), len(STRATEGIES) + BOOKERS):
        now = NOW + place * LATE
        proposal = ask(make_patient(site), now)
        works.append(lambda proposal=proposal, now=now: booked(proposal, now))
    return at_once(works)


def report(site: Site, number: int) -> Disruption:
    """Report that a chair is down for a day, or in the last round that the clinic is closed."""
    start = FIRST_DAY + timedelta(days=number)
    data: dict[str, Any] = {"kind": "site", "from": start, "until": start + timedelta(days=1)}
    if number < ROUNDS - 1:
        data |= {"kind": "chair", "chair": str(Chair.objects.order_by("pk")[number].uid)}
    happening = disruption.read_happening(data, site=site, now=NOW)
    return disruption.report(happening=happening, by=BY, now=NOW)


def at_once(works: list[Work]) -> Counter[str]:
    """Do every work in a process of its own, all beginning at the same moment, and count what they say."""
    connection.close()
    forked = multiprocessing.get_context("fork")
    start, answers = forked.Barrier(len(works)), forked.Queue()

    def work(do: Work) -> None:
        connection.ensure_connection()
        start.wait()
        try:
            answers.put(list(do()))
        except Exception as problem:  # whatever is not a refusal is what the race is looking for
            answers.put([f"failed: {type(problem).__name__}: {problem}"[:200]])

    workers = [forked.Process(target=work, args=(do,)) for do in works]
    for worker in workers:
        worker.start()
    said = Counter(word for _ in workers for word in answers.get())
    for worker in workers:
        worker.join()
    return said


def carried_out(replan: Replan, now: datetime) -> Iterator[str]:
    """Carry out a replan; whoever is refused is planned anew, until nobody is."""
    for _ in range(TRIES):
        try:
            result = disruption.apply_courses(replan=replan, courses=None, by=BY, now=now)
        except booking.Busy:
            yield "busy"
            continue
        yield from ["moved"] * result.courses
        if not result.refused:
            return
        yield from ["refused"] * len(result.refused)
        refused = list(Course.objects.filter(uid__in=result.refused))
        replan = disruption.renew(replan=replan, courses=refused, by=BY, now=now)
        yield from ["offered anew"] * len(refused)
    yield "failed: it was never done"


def booked(proposal: Proposal, now: datetime) -> list[str]:
    """Book what is offered, or what is offered instead."""
    said = []
    for _ in range(TRIES):
        try:
            booking.book(proposal=proposal, plan_kind=proposal.plans[0]["kind"], by=BY, now=now)
        except booking.ProposalOutdated as lost:
            said += ["booking refused"]
            proposal = lost.fresh
        else:
            return [*said, "booked"]
    return [*said, "failed: it was never booked"]


def half_replans() -> int:
    """Count the courses of which a replan moved some sessions and not others."""
    states: dict[tuple[int, int], set[str]] = {}
    for replan in Replan.objects.all():
        for change in replan.changes.exclude(state="undone"):
            states.setdefault((replan.pk, change.course_id), set()).add(change.state)
    return sum(len(found) > 1 for found in states.values())


def left_to_do() -> int:
    """Count the sessions that still stand where they cannot take place, and are not told to have no place."""
    stuck = {item["course"] for replan in Replan.objects.all() for item in replan.unplaced}
    hit = (row for what in Disruption.objects.all() for row in affected(what, NOW + ROUNDS * LATE))
    return sum(str(row.course.uid) not in stuck for row in hit)


if __name__ == "__main__":
    print(json.dumps(main(guarded="unguarded" not in sys.argv)))  # noqa: T201
