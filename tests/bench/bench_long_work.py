"""Measure how long a page keeps its worker busy where the planner has much to do, in two clinics.

    python3 dev.py bench bench_long_work

The invented clinic of the demo, and one site of a network of ten sites with 40 chairs, on each database. Milliseconds
on the processor, on PostgreSQL without the server's part; the budget is two seconds. What takes longer is gone on with
by the background worker, whose part is the last row.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from tests.bench.common import on_each_database, prepare, timed

SITES, SESSIONS, WAITING, MOST_MS = 10, 53_000, 30, 2000
STRATEGIES = ("fewest-calls", "same-day", "usual-time")
Question = tuple[str, Callable[[], Any]]


def answer(name: str) -> int:
    """Fill the database, ask everything at both clinics, and print; return 1 when a request took too long."""
    prepare()
    clinics = filled()
    print(f"{name:<40}{'demo':>8}{'network':>9}", flush=True)
    slow = 0
    for both in zip(*map(questions, clinics), strict=True):
        took = [timed(ask).processor for _, ask in both]
        what = both[0][0]
        slow += max(took) > MOST_MS and not what.startswith("worker")
        print(f"  {what:<38}" + "".join(f"{ms:>8.0f} " for ms in took), flush=True)
    return int(slow > 0)


def filled() -> list[Any]:
    """Open the demo beside a network; return a site of each, with people who wait."""
    from django.core.management import call_command
    from django.db import connection

    from clinic.models import Protocol, Site
    from clinic.services import waiting_list
    from clinic.services.audit import Actor
    from tests.bench.network import THIRTY_SIX, fill
    from tests.clinic.builders import make_patient, make_protocol

    now = datetime.now(UTC)
    call_command("demo", stdout=sys.stderr)
    demo = Site.objects.get()
    network = fill(SITES, SESSIONS, now.date(), make_protocol(THIRTY_SIX))[0]
    protocols = list(Protocol.objects.filter(is_current=True).order_by("pk"))
    for site in (demo, network):
        for number in range(WAITING):
            whom = {"patient": make_patient(site), "protocol": protocols[number % len(protocols)], "site": site}
            request = {"earliest_date": (now.date() + timedelta(days=3)).isoformat()}
            waiting_list.refer(**whom, request=request, by=Actor.of_command("bench"), now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [demo, network]


def questions(site: Any) -> Iterator[Question]:
    """Yield what is asked at a site, each as soon as the one before was answered."""
    from django.test import Client
    from django.urls import reverse

    from clinic.models import Admission, Chair, Disruption, Protocol, Replan, Session, Technician
    from clinic.services import admission_search, attendance, disruption, what_if
    from clinic.services.audit import Actor
    from tests.clinic.builders import make_user

    now, by = datetime.now(UTC), Actor.of_command("bench")
    desk = Client(SERVER_NAME="localhost", raise_request_exception=True)
    desk.force_login(make_user(site))
    here, protocol = f"?site={site.uid}", Protocol.objects.filter(slug="standard-rtms-36").latest("version")
    blank = dict.fromkeys(("saturdays", "technician", "hours", "instead_of", "give"), "")
    quote = {"do": "quote", "protocol": str(protocol.uid), "when": "any", "earliest": "", "time": "8:30", "number": ""}
    desk.get(f"/risks/{here}")  # everything is imported by then
    yield "courses at risk", partial(desk.get, f"/risks/{here}")
    yield "earliest start", partial(desk.post, f"/capacity/{here}", quote)
    for people in ("20", "4"):
        asked = {"people": people, "ahead": "26", "chairs": "1", **blank}
        yield f"what if, {people} people a week", partial(desk.post, f"/what-if/{here}", asked)
    monday = (now + timedelta(days=7 - now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    which = {
        "chair": {"chair": str(Chair.objects.filter(site=site).first().uid)},
        "technician": {"technician": str(Technician.objects.filter(shifts__site=site).first().uid)},
        "site": {},
    }
    for kind, what in which.items():
        data = {"kind": kind, "from": monday, "until": monday + timedelta(days=3), **what}
        happening = disruption.read_happening(data, site=site, now=now)
        yield f"report: {kind} for three days", partial(disruption.report, happening=happening, by=by, now=now)
        row = Disruption.objects.filter(site=site).latest("pk")
        for strategy in STRATEGIES:
            yield (
                f"  replan, {strategy}",
                partial(desk.post, reverse("frontdesk:replan", args=[row.uid]), {"strategy": strategy}),
            )
        yield "  its page", partial(desk.get, reverse("frontdesk:disruption", args=[row.uid]))
        Replan.objects.filter(disruption=row).delete()
        disruption.withdraw(disruption=row, by=by, now=now)
    yield f"waiting list, {WAITING} people", partial(admission_search.start, site=site, by=by, now=now)
    plan = Admission.objects.filter(site=site).latest("pk")
    yield "  its page", partial(desk.get, reverse("frontdesk:admission", args=[plan.uid]))
    missed = Session.objects.filter(site=site, status="booked", starts_at__gt=now, kind="treatment").order_by("pk")[50]
    attendance.set_status(session=missed, status="cancelled", by=by, now=now)
    yield "ways to make a session up", partial(desk.get, reverse("frontdesk:make-up", args=[missed.uid]))
    yield "worker: the other weeks of that, 4 people", partial(what_if.go_on_due, now=now)


if __name__ == "__main__":
    sys.exit(answer(sys.argv[1]) if len(sys.argv) > 1 else on_each_database(__file__))
