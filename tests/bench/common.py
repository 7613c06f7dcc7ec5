"""What the benchmarks of pages share: databases of their own, the clinic's settings, and what a request takes."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def sqlite() -> Iterator[str]:
    """Yield the address of a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/bench.sqlite3"


def postgresql() -> Any:
    """Yield the address of a server of its own, as careful with its data as in a clinic."""
    sys.path.insert(0, str(ROOT / "tests"))
    import pgtemp

    return pgtemp.server(durable=True)


DATABASES: dict[str, Callable[[], Any]] = {"SQLite": sqlite, "PostgreSQL": postgresql}


def environment(address: str) -> dict[str, str]:
    """Return the settings of a clinic with a database, for a process of its own."""
    quiet = {"PYTHONWARNINGS": "ignore::UserWarning"}  # static files are not collected for a benchmark
    return os.environ | quiet | {"DATABASE_URL": address, "METRONOME_DEMO": "1", "PYTHONPATH": str(ROOT)}


def on_each_database(script: str) -> int:
    """Run a benchmark once more for each database, with its name; return the worst of their codes."""
    codes = []
    for name, database in DATABASES.items():
        with database() as address:
            run = subprocess.run([sys.executable, script, name], cwd=ROOT, env=environment(address), check=False)
            codes.append(run.returncode)
    return max(codes)


def prepare() -> None:
    """Start Django in this process, with all tables in place."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.urls import get_resolver

    # A benchmark collects no static files.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    call_command("migrate", verbosity=0)
    assert get_resolver().url_patterns  # read now what the first request would have to read


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Hold what a request took: milliseconds by the clock and on the processor, queries; and what came back."""

    clock: float
    processor: float
    queries: int
    answer: Any


def timed(send: Callable[[], Any]) -> Took:
    """Send a request and say what it took; on PostgreSQL the processor's time is without the server's part."""
    from django.db import connection

    queries: list[str] = []
    with connection.execute_wrapper(lambda run, sql, *rest: queries.append(sql) or run(sql, *rest)):
        clock, processor = time.perf_counter(), time.process_time()
        answer = send()
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return Took(clock=clock * 1000, processor=processor * 1000, queries=len(queries), answer=answer)


def p95(times: list[float]) -> float:
    """Return the time that 95 of 100 requests keep."""
    return quantiles(times, n=20)[-1]
