"""Measure one whole request, form to three proposals, with 10,000 and with 1,000,000 sessions in the database.

    python tests/bench/bench_requests.py

Runs the same requests on SQLite and PostgreSQL and prints median, p95, number of queries, and what a hundred times more
sessions cost.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

SIZES = {10_000: 1, 1_000_000: 25}  # sessions, and the sites that share them
REQUESTS, WARM_UP = 60, 5
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measure both databases at both sizes, and compare."""
    print(f"{'database':<12}{'sessions':>10}{'p50 ms':>10}{'p95 ms':>10}{'queries':>9}{'plans':>7}{'fill s':>8}")
    too_slow = 0
    for engine, on in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql)):
        found = {size: on(size) for size in SIZES}
        for size, row in found.items():
            figures = f"{row['p50']:>10.1f}{row['p95']:>10.1f}{row['queries']:>9}{row['plans']:>7}{row['fill']:>8.0f}"
            print(f"{engine:<12}{size:>10,}{figures}")
        small, large = found.values()
        ratio = large["p50"] / small["p50"]
        print(f"{engine}: a hundred times more sessions cost {ratio:.2f} x (at most 1.5 x; p95 at most 150 ms)\n")
        too_slow += ratio > 1.5 or large["p95"] > 150 or large["queries"] != small["queries"]
    return int(too_slow > 0)


def on_sqlite(size: int) -> dict[str, Any]:
    """Measure a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return measured(size, f"sqlite:///{folder}/bench.sqlite3")


def on_postgresql(size: int) -> dict[str, Any]:
    """Measure a server of its own."""
    sys.path.insert(0, str(ROOT / "tests"))
    import pgtemp

    with pgtemp.server(durable=True) as address:
        return measured(size, address)


def measured(size: int, address: str) -> dict[str, Any]:
    """Run this file again, on one database."""
    env = os.environ | {"DATABASE_URL": address, "METRONOME_DEMO": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, __file__, str(size)], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measure(size: int) -> dict[str, Any]:
    """Fill the database, ask for courses, and count."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    began = time.perf_counter()
    ask = asker(size)
    filled = time.perf_counter() - began
    results = [ask(number) for number in range(WARM_UP + REQUESTS)][WARM_UP:]
    times = [seconds * 1000 for seconds, _, _ in results]
    return {
        "p50": median(times),
        "p95": quantiles(times, n=20)[-1],
        "queries": max(queries for _, queries, _ in results),
        "plans": median(plans for _, _, plans in results),
        "fill": filled,
    }


def asker(size: int) -> Any:
    """Return a function that sends one form and says how long it took, with how many queries, to how many plans."""
    from datetime import timedelta

    from django.db import connection
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

    def ask(number: int) -> tuple[float, int, int]:
        address = reverse("frontdesk:book", args=[patients[number].uid])
        asked = form | {"time": f"{8 + number % 9}:30"}
        queries: list[str] = []
        with connection.execute_wrapper(lambda run, sql, *rest: queries.append(sql) or run(sql, *rest)):
            began = time.perf_counter()
            answer = desk.post(address, asked, headers={"HX-Request": "true"})
            took = time.perf_counter() - began
        assert answer.status_code == 200, answer.content
        proposal = Proposal.objects.latest("pk")
        # The next patient is offered what this one was, so that all requests are alike.
        Proposal.objects.update(expires_at=now)
        return took, len(queries), sum(bool(plan["sessions"]) for plan in proposal.plans)

    return ask


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        sys.exit(main())
