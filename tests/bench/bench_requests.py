"""Measure one whole request, form to three proposals, with 10,000 and with 1,000,000 sessions in the database.

    python3 dev.py bench bench_requests

Sends the same forms to both, by turns, so that whatever else the machine does slows both; on SQLite and on PostgreSQL.
Prints how long a request took by the clock and on the processor (on PostgreSQL without the server's part), the number
of queries, and what a hundred times more sessions cost.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any

from tests.bench.common import DATABASES, ROOT, environment, p95, prepare, timed

SIZES = {10_000: 1, 1_000_000: 25}  # sessions, and the sites that share them
REQUESTS, WARM_UP = 60, 5
Answer = dict[str, float]


def main() -> int:
    """Measure both databases at both sizes, and compare."""
    print(f"{'database':<12}{'sessions':>10}{'p50 ms':>9}{'p95 ms':>9}{'processor':>11}{'queries':>9}{'plans':>7}")
    return int(sum(measure(name, database) for name, database in DATABASES.items()) > 0)


def measure(name: str, database: Callable[[], Any]) -> bool:
    """Ask a small and a large clinic by turns; tell whether a target was missed."""
    with ExitStack() as stack:
        clinics = {size: stack.enter_context(clinic(size, stack.enter_context(database()))) for size in SIZES}
        turns = [{size: ask(number) for size, ask in clinics.items()} for number in range(WARM_UP + REQUESTS)]
    found = {size: [turn[size] for turn in turns[WARM_UP:]] for size in SIZES}
    for size, answers in found.items():
        clock, processor = ([answer[key] for answer in answers] for key in ("clock", "processor"))
        queries, plans = (max(answer[key] for answer in answers) for key in ("queries", "plans"))
        times = f"{median(clock):>9.0f}{p95(clock):>9.0f}{median(processor):>11.0f}"
        print(f"{name:<12}{size:>10,}{times}{queries:>9}{plans:>7}", flush=True)
    small, large = found.values()
    ratio = median(after["clock"] / before["clock"] for before, after in zip(small, large, strict=True))
    print(f"{name}: a hundred times more sessions cost {ratio:.2f} x (at most 1.5 x; p95 at most 150 ms)\n", flush=True)
    slow = p95([answer["clock"] for answer in large]) > 150
    return slow or ratio > 1.5 or max(a["queries"] for a in large) > max(a["queries"] for a in small)


@contextmanager
def clinic(size: int, address: str) -> Iterator[Callable[[int], Answer]]:
    """Run this file again with a database of a size, and yield a function that sends it one form."""
    command = [sys.executable, __file__, str(size)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(address), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as desk:
        assert desk.stdin is not None
        assert desk.stdout is not None

        def ask(number: int) -> Answer:
            print(number, file=desk.stdin, flush=True)
            line = desk.stdout.readline()
            return json.loads(line) if line else sys.exit("A request failed; the message above says why.")

        yield ask
        desk.stdin.close()


def answer_forms(size: int) -> None:
    """Fill the database, and answer one form for each line that is read."""
    prepare()
    ask = asker(size)
    for line in sys.stdin:
        print(json.dumps(ask(int(line))), flush=True)


def asker(size: int) -> Callable[[int], Answer]:
    """Return a function that sends one form and says what it took to how many plans."""
    from datetime import timedelta

    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from clinic.models import Proposal
    from tests.bench.network import THIRTY_SIX, fill
    from tests.clinic.builders import make_patient, make_protocol, make_user

    now = timezone.now()
    protocol = make_protocol(THIRTY_SIX)
    site, *_ = fill(SIZES[size], size, now.date(), protocol)
    patients = [make_patient(site) for _ in range(WARM_UP + REQUESTS)]
    desk = Client(SERVER_NAME="localhost")
    desk.force_login(make_user(site))
    blank = dict.fromkeys(("latest", "away", "chair", "technician", "units", "number"), "")
    form = blank | {
        "do": "find",
        "protocol": str(protocol.uid),
        "av": [f"{day}-{hour:02d}" for day in range(5) for hour in range(8, 18)],
        "earliest": (now + timedelta(days=4)).date().isoformat(),
        "authorised_from": "",
        "authorised_until": "",
    }

    def ask(number: int) -> Answer:
        address = reverse("frontdesk:book", args=[patients[number].uid])
        asked = form | {"time": f"{8 + number % 9}:30"}
        took = timed(lambda: desk.post(address, asked, headers={"HX-Request": "true"}))
        assert took.answer.status_code == 200, took.answer.content
        proposal = Proposal.objects.latest("pk")
        # The next patient is offered what this one was, so that all requests are alike.
        Proposal.objects.update(expires_at=now)
        plans = sum(bool(plan["sessions"]) for plan in proposal.plans)
        return {"clock": took.clock, "processor": took.processor, "queries": took.queries, "plans": plans}

    return ask


if __name__ == "__main__":
    if len(sys.argv) > 1:
        answer_forms(int(sys.argv[1]))
    else:
        sys.exit(main())
