"""Let many processes book whole courses on the same chairs at once, and count what went wrong.

    DATABASE_URL=... python -m tests.clinic.race PROCESSES SECONDS [unguarded]

Needs an empty database, which it fills. Each process has its own connection, and its own clock: some run so late that
for them the times held by others have expired, so that at the start many have been offered the same times and confirm
them at the same moment. "unguarded" takes away the lock, the holds and the unique cells, to show that this race finds
double bookings when there are any.
"""

import json
import multiprocessing
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
os.environ["METRONOME_DEBUG"] = "1"  # no secret is needed here
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from clinic.models import Occupancy, Patient, Proposal, Protocol, Session, Site  # noqa: E402
from clinic.models.courses import SessionStatus  # noqa: E402
from clinic.planning import loading  # noqa: E402
from clinic.services import booking, occupancy  # noqa: E402
from clinic.services.audit import Actor  # noqa: E402
from clinic.services.booking import courses, moving, proposals  # noqa: E402

from .builders import (  # noqa: E402
    NOW,
    make_chair,
    make_patient,
    make_prescriber,
    make_protocol,
    make_site,
    make_technician,
)

BY = Actor.of_command("race")
LATE = timedelta(minutes=11)  # longer than a proposal holds its times
CLOCKS = 8
PATIENTS_EACH = 40


def main(processes: int, seconds: float, guarded: bool) -> dict[str, Any]:
    """Fill the database, let the processes race, and report."""
    call_command("migrate", verbosity=0)
    if not guarded:
        take_the_guards_away()
    site = make_site(holiday_country="")
    for number in range(4):
        make_chair(site)
        make_technician(site, at_once=1 + number % 2)
    make_prescriber(site)
    make_protocol()
    desks = [Desk.opened(site, NOW + LATE * clock) for clock in sorted(number % CLOCKS for number in range(processes))]
    connection.close()
    forked = multiprocessing.get_context("fork")
    start, answers = forked.Barrier(processes), forked.Queue()
    workers = [forked.Process(target=desk.work, args=(seconds, start, answers)) for desk in desks]
    for worker in workers:
        worker.start()
    counts = sum((Counter(answers.get()) for _ in workers), Counter())
    for worker in workers:
        worker.join()
    return dict(counts) | judge()


@dataclass
class Desk:
    """One process: a clock, patients who wait, and a proposal to begin with."""

    now: datetime
    patients: list[Patient]
    first: Proposal
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def opened(cls, site: Site, now: datetime) -> "Desk":
        with transaction.atomic():
            first, *others = (make_patient(site) for _ in range(PATIENTS_EACH))
        return cls(now, others, ask(first, now))

    def work(self, seconds: float, start: Any, answers: Any) -> None:
        """Book one course after another until the time is up."""
        start.wait()
        end = time.monotonic() + seconds
        try:
            self.book(self.first)
            for patient in self.patients:
                if time.monotonic() > end:
                    break
                self.book(ask(patient, self.now))
        except Exception as problem:  # whatever is not an offer is what the race is looking for
            self.counts[f"failed: {type(problem).__name__}: {problem}"[:200]] += 1
        answers.put(dict(self.counts))

    def book(self, proposal: Proposal) -> None:
        """Take what is offered, and what is offered instead, until it is booked."""
        while proposal.plans[0]["sessions"]:
            try:
                booking.book(proposal=proposal, plan_kind=proposal.plans[0]["kind"], by=BY, now=self.now)
            except booking.ProposalOutdated as refused:
                self.counts["refused"] += 1
                self.counts["offered anew"] += bool(Proposal.objects.get(pk=refused.fresh.pk).plans)
                proposal = refused.fresh
            else:
                self.counts["booked"] += 1
                return
        self.counts["found no room"] += 1


def ask(patient: Patient, now: datetime) -> Proposal:
    """Ask for a course at half past eight, as everybody does."""
    request = {"earliest_date": "2026-11-23", "time": "08:30"}
    protocol = Protocol.objects.get()
    return booking.propose(patient=patient, protocol=protocol, site=patient.site, request=request, by=BY, now=now)


def judge() -> dict[str, Any]:
    """Count overlaps and half courses by reading the sessions alone."""
    rows = list(Session.objects.filter(status=SessionStatus.BOOKED).select_related("technician"))
    needed = Protocol.objects.get().sessions
    sizes = Counter(row.course_id for row in rows if row.kind != "follow-up")
    cells = Counter(cell for row in rows for cell in occupancy.cells(row))
    kept = Counter(Occupancy.objects.values_list("resource", "lane", "cell"))
    return {
        "courses": len(sizes),
        "overlaps": sum(1 for _ in overlaps(rows)),
        "half courses": sum(size != needed for size in sizes.values()),
        "cells that do not match": (cells - kept).total() + (kept - cells).total(),
    }


def overlaps(rows: Iterable[Session]) -> Iterator[tuple[Session, Session]]:
    """Yield every two sessions that have one chair, technician's lane, prescriber or patient at one time."""
    spans = defaultdict(list)
    for row in rows:
        spans["chair", row.chair_id].append((row.starts_at, row.chair_until, row.pk))
        spans["technician", row.technician_id, row.lane].append((row.starts_at, row.ends_at, row.pk))
        spans["patient", row.patient_id].append((row.starts_at, row.ends_at, row.pk))
        if row.prescriber_id:
            spans["prescriber", row.prescriber_id].append((row.prescriber_from, row.prescriber_until, row.pk))
    for held in spans.values():
        reached = (NOW, None)
        for start, end, pk in sorted(held):
            if start < reached[0]:
                yield reached[1], pk
            reached = max(reached, (end, pk), key=lambda item: item[0])


def take_the_guards_away(modules: Iterable[Any] = (courses, moving, proposals)) -> None:
    """Drop the unique cells, hold nothing, and let everybody work without waiting for the lock."""
    with connection.schema_editor() as editor:
        editor.remove_constraint(Occupancy, Occupancy._meta.constraints[0])

    def without_lock(site: Site, work: Any) -> Any:
        if connection.vendor == "sqlite":  # where every transaction is a lock
            return work(Site.objects.get(pk=site.pk))
        with transaction.atomic():
            return work(Site.objects.get(pk=site.pk))

    loading._add_holds = lambda *_: None
    for module in modules:
        module.under_lock = without_lock


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]), guarded="unguarded" not in sys.argv)))  # noqa: T201
