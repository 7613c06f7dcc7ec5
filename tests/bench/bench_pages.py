"""Measure the pages as a person meets them: in Chromium, on slow 4G with a processor four times as slow.

    python3 dev.py bench bench_pages

The demo is opened on a database of its own. Of each page: bytes over the wire and requests with an empty cache and with
a full one, when its largest part is painted (LCP), how far things jump (CLS), and the slowest answer to keys (INP).
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
REPEATS = 3
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
# First KB, first requests, next KB, LCP, CLS, INP; and how each is written.
BUDGETS, FORMS = (60, 8, 15, 1.0, 0.02, 200), (".1f", "d", ".1f", ".2f", ".3f", ".0f")
PAGES = {
    "the day": "/",
    "find a patient": "/patients/",
    "a patient": "{patient}",
    "book a course": "{patient}book/",
    "capacity": "/capacity/",
    "waiting list": "/waiting/",
    "courses at risk": "/risks/",
    "disruptions": "/disruptions/",
    "report a disruption": "/disruptions/new/",
    "set-up": "/setup/",
    "a patient's schedule": "{portal}",
}
# Collects what the page paints and how it jumps, before anything of it is shown.
WATCH = """
window.seen = {lcp: 0, cls: 0, inp: 0};
new PerformanceObserver(l => { for (const e of l.getEntries()) seen.lcp = e.startTime })
  .observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput) seen.cls += e.value })
  .observe({type: 'layout-shift', buffered: true});
const slower = e => { if (e.interactionId) seen.inp = Math.max(seen.inp, e.duration) };
new PerformanceObserver(l => l.getEntries().forEach(slower))
  .observe({type: 'event', buffered: true, durationThreshold: 16});
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Hold what one visit of a page cost: bytes, requests, seconds, share of the screen, milliseconds."""

    size: int
    requests: int
    lcp: float
    cls: float
    inp: float


class Visitor:
    """Look at pages with one browser, and count what goes over the wire."""

    def __init__(self, page: Page) -> None:
        self.page, self.size, self.requests = page, 0, 0
        self.wire = page.context.new_cdp_session(page)
        self.wire.send("Network.enable")
        self.wire.on("Network.loadingFinished", self._count)
        page.add_init_script(WATCH)

    def _count(self, event: dict[str, Any]) -> None:
        if event["encodedDataLength"]:
            self.size += int(event["encodedDataLength"])
            self.requests += 1

    def slow_down(self) -> None:
        """Become a phone in a basement."""
        self.wire.send("Network.emulateNetworkConditions", SLOW_4G)
        self.wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def look(self, address: str, *, empty: bool) -> Seen:
        """Open a page with an empty or a full cache, and press a few keys on it."""
        if empty:
            self.wire.send("Network.clearBrowserCache")
        self.page.goto("about:blank")
        self.size = self.requests = 0
        self.page.goto(address, wait_until="networkidle")
        size, requests = self.size, self.requests
        for key in ("Tab", "Tab", "ArrowDown", "Tab"):
            self.page.keyboard.press(key)
        self.page.wait_for_function("performance.now() > seen.lcp + 300")
        seen = self.page.evaluate("seen")
        return Seen(size=size, requests=requests, lcp=seen["lcp"] / 1000, cls=seen["cls"], inp=seen["inp"])


def main() -> int:
    """Print the table; return 1 when a budget was not kept."""
    with clinic() as (address, said), sync_playwright() as playwright:
        found = os.environ.get("CHROMIUM", shutil.which("chromium"))
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        visitor = Visitor(page)
        sign_in(page, address, said)
        places = addresses(page, address, said)
        visitor.slow_down()
        print("| page | first KB | requests | next KB | LCP s, empty cache | CLS | INP ms |")
        print("|---|---|---|---|---|---|---|")
        kept = [measure(visitor, name, place) for name, place in places.items()]
        browser.close()
    return int(not all(kept))


def measure(visitor: Visitor, name: str, place: str) -> bool:
    """Print the line of one page, with a mark at what is over its budget; tell whether nothing is."""
    first = [visitor.look(place, empty=True) for _ in range(REPEATS)]
    after = visitor.look(place, empty=False)
    line = (
        max(seen.size for seen in first) / 1000,
        max(seen.requests for seen in first),
        after.size / 1000,
        median(seen.lcp for seen in first),
        max(seen.cls for seen in (*first, after)),
        median(seen.inp for seen in first),
    )
    over = [value > most for value, most in zip(line, BUDGETS, strict=True)]
    marked = (f"{value:{form}}{' !' * bad}" for value, form, bad in zip(line, FORMS, over, strict=True))
    print(f"| {name} | {' | '.join(marked)} |", flush=True)
    return not any(over)


def sign_in(page: Page, address: str, said: str) -> None:
    """Sign in as the manager, who may see everything."""
    page.goto(f"{address}/accounts/login/")
    page.fill("input[name=login]", re.search(r"for set-up\s+([^\s,]+)", said)[1])  # type: ignore[index]
    page.fill("input[name=password]", re.search(r"password\s+(\S+)", said)[1])  # type: ignore[index]
    page.click("main button[type=submit]")
    page.wait_for_selector("nav")


def addresses(page: Page, address: str, said: str) -> dict[str, str]:
    """Return the address of each page to be measured; the last is that of a patient who has given the date of birth."""
    page.goto(f"{address}/patients/?q=Okonjo")
    found = (page.locator("main a[href$='/book/']").first.get_attribute("href") or "").removesuffix("book/")
    page.goto(re.search(r"https?://\S+/my/\S+", said)[0])  # type: ignore[index]
    for name, value in {"day": "14", "month": "5", "year": "1971"}.items():
        page.fill(f"input[name={name}]", value)
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    values = {"patient": address + found, "portal": page.url}
    return {name: place.format(**values) if "{" in place else address + place for name, place in PAGES.items()}


@contextlib.contextmanager
def clinic() -> Iterator[tuple[str, str]]:
    """Open the invented clinic; yield its address and what it says about itself."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {
            "METRONOME_DEMO": "1",
            "METRONOME_SECRET_KEY": secrets.token_urlsafe(48),
            "DATABASE_URL": f"sqlite:///{folder}/clinic.sqlite3",
            "METRONOME_URL": "http://127.0.0.1:8765",
        }
        env.pop("METRONOME_DEBUG", None)
        manage = [sys.executable, "manage.py"]
        for command in ("migrate", "collectstatic"):
            subprocess.run([*manage, command, "--no-input"], cwd=ROOT, env=env, check=True, capture_output=True)
        said = subprocess.run([*manage, "demo"], cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout
        serve = ["gunicorn", "clinic.wsgi", "--bind", "127.0.0.1:8765", "--worker-class", "gthread", "--threads", "4"]
        with subprocess.Popen([sys.executable, "-m", *serve], cwd=ROOT, env=env, stderr=subprocess.DEVNULL) as server:
            try:
                time.sleep(3)
                yield env["METRONOME_URL"], said
            finally:
                server.terminate()


if __name__ == "__main__":
    sys.exit(main())
