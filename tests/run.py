"""Run the tests part by part: each in the surroundings it needs, counted together at the end.

`python3 dev.py test` starts this inside .venv; names of parts may follow.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
CORES = str(min(os.cpu_count() or 1, 8))
ON_POSTGRESQL = (sys.executable, "tests/pgtemp.py")


class Count(NamedTuple):
    """How many tests of one part passed, failed and were skipped."""

    passed: int
    failed: int
    skipped: int = 0


def house() -> Count:
    return pytest("tests/test_architecture.py", "-p", "no:django")


def scheduler() -> Count:
    return pytest("tests/scheduler", "scheduler", "--doctest-modules", "-p", "no:django", "-n", CORES)


def sqlite() -> Count:
    with tempfile.TemporaryDirectory() as folder:
        return pytest("tests/clinic", "-n", CORES, DATABASE_URL=f"sqlite:///{folder}/clinic.sqlite3")


def postgresql() -> Count:
    return pytest("tests/clinic", "-n", CORES, prefix=ON_POSTGRESQL)


def journeys() -> Count:
    browser = find_browser()
    if browser is None:
        print("\nThe journeys need a browser and found none. Run `apt-get install chromium` (as root).", flush=True)
        return Count(passed=0, failed=int("CI" in os.environ), skipped=1)
    # A process of their own, because Playwright keeps an event loop running that other tests would trip over.
    return pytest("tests/journeys", prefix=ON_POSTGRESQL, CHROMIUM=browser, DJANGO_ALLOW_ASYNC_UNSAFE="true")


PARTS = {part.__name__: part for part in (house, scheduler, sqlite, postgresql, journeys)}


def pytest(*options: str, prefix: tuple[str, ...] = (), **variables: str) -> Count:
    """Run one pytest and count its outcomes; a pytest that could not run at all counts as one failure."""
    print(f"\n== pytest {' '.join(options)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [*prefix, sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", *options]
        code = subprocess.run(command, cwd=ROOT, env=os.environ | variables, check=False).returncode
        suite = ElementTree.parse(report).find("testsuite") if report.exists() else None
    if suite is None:
        return Count(passed=0, failed=1)
    total, failures, errors, skipped = (int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped"))
    failed = failures + errors
    return Count(passed=total - failed - skipped, failed=max(failed, int(code != 0)), skipped=skipped)


def find_browser() -> str | None:
    """Find a Chromium or install one; "" stands for the one that Playwright keeps for itself."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if found := next(filter(None, map(shutil.which, names)), None):
        return found
    print("\nThere is no Chromium on this machine yet; installing one for the journeys.", flush=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "-qq", *command], capture_output=True, check=False)
        if found := shutil.which("chromium"):
            return found
    fetch = [sys.executable, "-m", "playwright", "install", "chromium"]
    return "" if subprocess.run(fetch, capture_output=True, check=False).returncode == 0 else None


def main(names: list[str]) -> int:
    """Run the named parts, or all; print one line a part and one in total."""
    if unknown := sorted(set(names) - set(PARTS)):
        print(f"There is no part called {', '.join(unknown)}. The parts are: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    counts = {name: run() for name, run in PARTS.items() if not names or name in names}
    print()
    for name, count in counts.items():
        print(f"{name:<12}{count.passed:>6} passed{count.failed:>6} failed{count.skipped:>6} skipped")
    passed, failed = (sum(count[column] for count in counts.values()) for column in (0, 1))
    print(f"{passed} passed, {failed} failed", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
