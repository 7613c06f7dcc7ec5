"""Measure the day of a clinic with 40 chairs and 400 sessions a day, with 1,000,000 sessions stored.

    python tests/bench/bench_day_board.py

Asks for the board, for the board with its gaps while 50 people wait, for the list, and whether anything has changed;
on SQLite and on PostgreSQL, where the time on the processor is without the server's part.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

SESSIONS, CHAIRS, A_DAY, A_COURSE, WAITING = 1_000_000, 40, 10, 30, 50
REPEATS, MOST_MS = 40, 100
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measure both databases."""
    if len(sys.argv) > 1:
        return answer(sys.argv[1])
    sys.path.insert(0, str(ROOT / "tests"))
    import pgtemp

    codes = []
    for name, database in (("SQLite", sqlite), ("PostgreSQL", lambda: pgtemp.server(durable=True))):
        with database() as address:
            quiet = {"PYTHONWARNINGS": "ignore::UserWarning"}  # static files are not collected for a benchmark
            env = os.environ | quiet | {"DATABASE_URL": address, "METRONOME_DEMO": "1", "PYTHONPATH": str(ROOT)}
            codes.append(subprocess.run([sys.executable, __file__, name], cwd=ROOT, env=env, check=False).returncode)
    return max(codes)


@contextmanager
def sqlite() -> Iterator[str]:
    """Yield a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/bench.sqlite3"


def answer(name: str) -> int:
    """Fill the database, ask, and print; return 1 when the board took too long."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    now = timezone.now()
    today = now.date() if now.weekday() < 5 else now.date() + timedelta(days=7 - now.weekday())
    desk = filled(today, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    day = f"/day/{today}/"
    print(f"{name:<22}{'p50 ms':>8}{'p95 ms':>8}{'processor':>11}{'queries':>9}{'KB':>6}", flush=True)
    board = report("board", desk, day)
    report("board with gaps", desk, f"{day}gaps/")
    seen = desk.get(day).content.decode().partition('data-seen="')[2].partition('"')[0]
    report("nothing has changed", desk, f"{day}gaps/?seen={seen}", htmx=True)
    desk.post("/day/look/", {"view": "list"})
    report("list", desk, day)
    return int(board > MOST_MS)


def report(what: str, desk: Any, address: str, *, htmx: bool = False) -> float:
    """Ask for a page again and again, and print how long it took; return what 95 of 100 requests keep."""
    from django.db import connection

    found: list[tuple[float, float, int, int]] = []
    for _ in range(REPEATS):
        queries: list[str] = []
        with connection.execute_wrapper(
            lambda run, sql, *rest, queries=queries: queries.append(sql) or run(sql, *rest)
        ):
            began, worked = time.perf_counter(), time.process_time()
            page = desk.get(address, headers={"HX-Request": "true"} if htmx else {})
            took, busy = (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000
        assert page.status_code in (200, 204), page
        found.append((took, busy, len(queries), len(page.content)))
    clock, processor, counts, sizes = zip(*found[1:], strict=True)
    p95 = quantiles(clock, n=20)[-1]
    times = f"{median(clock):>8.1f}{p95:>8.1f}{median(processor):>11.1f}"
    print(f"  {what:<20}{times}{max(counts):>9}{max(sizes) // 1024:>6}", flush=True)
    return p95


def filled(today: date, now: datetime) -> Any:
    """Fill a clinic around a day; return the browser of somebody at its desk."""
    from django.db import transaction
    from django.test import Client

    from clinic.services import waiting_list
    from clinic.services.audit import Actor
    from tests.clinic.builders import make_patient, make_protocol, make_site, make_user

    site = make_site(hours="Mon-Sun 08:00-18:00", holiday_country="", holiday_region="")
    protocol = make_protocol()
    with transaction.atomic():
        write(site, protocol, today, now)
    for _ in range(WAITING):
        request = {"earliest_date": str(today)}
        patient, by = make_patient(site), Actor.of_command("bench")
        waiting_list.refer(patient=patient, protocol=protocol, site=site, request=request, by=by, now=now)
    desk = Client(SERVER_NAME="localhost")
    desk.force_login(make_user(site))
    return desk


def write(site: Any, protocol: Any, today: date, now: datetime) -> None:
    """Write the sessions: in each place of the day one course follows another, from long ago to long after."""
    from clinic.models import Course, Session
    from tests.clinic.builders import at, make_chair, make_patient, make_technician

    chairs = [make_chair(site, name=f"Chair {number}", position=number) for number in range(1, CHAIRS + 1)]
    people = [make_technician(site, name=f"Technician {number}") for number in range(CHAIRS)]
    patients = [make_patient(site) for _ in range(CHAIRS * A_DAY)]
    rounds = SESSIONS // (CHAIRS * A_DAY * A_COURSE)
    first = today - timedelta(days=rounds // 2 * A_COURSE + 7)
    for turn in range(rounds):
        begins = first + timedelta(days=turn * A_COURSE)
        plain = {"protocol": protocol, "site": site, "request": {}, "booked_at": now, "updated_at": now}
        courses = Course.objects.bulk_create([Course(patient=patient, **plain) for patient in patients])
        rows = []
        for place, course in enumerate(courses):
            start = at(str(begins), f"{8 + place % A_DAY:02d}:05")
            chair, technician = chairs[place // A_DAY], people[place // A_DAY]
            for number in range(A_COURSE):
                when = start + timedelta(days=number)
                row = Session(course=course, patient=course.patient, site=site, chair=chair, technician=technician)
                row.number, row.kind, row.phase, row.updated_at = (
                    number + 1,
                    "treatment",
                    "acute",
                    now - timedelta(days=1),
                )
                row.starts_at, row.ends_at = when, when + timedelta(minutes=30)
                row.chair_until = row.ends_at
                row.status = "fulfilled" if row.ends_at < now else "booked"
                rows.append(row)
        Session.objects.bulk_create(rows, batch_size=2000)


if __name__ == "__main__":
    sys.exit(main())
