"""Look at one page as different people do: wide and light, small and dark, and with the colours of the system."""

import gzip
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

KILOBYTE = 1024
MOST_REQUESTS, MOST_KILOBYTES, MOST_JUMPS = 8, 15, 0.02
AXE = Axe().axe_script
# What does not change with the colours and the width is asked once.
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
SEEN_ONLY = EVERYTHING | {
    "runOnly": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]
}
LOOKS = {
    "wide and light": (1440, {"color_scheme": "light", "forced_colors": "none"}, EVERYTHING),
    "small and dark": (390, {"color_scheme": "dark", "forced_colors": "none"}, SEEN_ONLY),
    "narrow, colours of the system": (320, {"color_scheme": "light", "forced_colors": "active"}, SEEN_ONLY),
}
FAULTS = """
options => axe.run(document, options).then(found => found.violations.flatMap(
  fault => fault.nodes.map(node => `${fault.id}: ${node.html.slice(0, 160)}`)))
"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WATCH_JUMPS = """
window.jumps = 0;
new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) jumps += one.value })
  .observe({type: "layout-shift", buffered: true});
"""


@dataclass(slots=True)
class Looker:
    """Open pages one after the other, and write down what is wrong with each."""

    page: Page
    faults: dict[str, list[str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(WATCH_JUMPS)
        self.page.on("console", lambda line: self.said.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda trouble: self.said.append(str(trouble)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, name: str, address: str, ready: str = "main") -> None:
        """Open a page afresh, weigh it, and look at it with everything unfolded that can be."""
        self.page.set_viewport_size({"width": LOOKS["wide and light"][0], "height": 800})
        self.asked.clear()
        self.said.clear()
        answer = self.page.goto(address)
        self.page.locator(ready).first.wait_for()
        assert answer
        size = len(gzip.compress(answer.body(), 6)) / KILOBYTE
        found = [f"says {line}" for line in self.said if answer.ok]
        if len(self.asked) > MOST_REQUESTS:
            found.append(f"{len(self.asked)} requests")
        if size > MOST_KILOBYTES:
            found.append(f"{size:.1f} KB")
        if self.page.evaluate("jumps") > MOST_JUMPS:
            found.append("jumps while it is opened")
        self.faults[name] = found
        self.page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        self.look(name)

    def look(self, name: str) -> None:
        """Look at the page as it stands."""
        found = self.faults.setdefault(name, [])
        self.page.evaluate(AXE)
        for look, (width, media, options) in LOOKS.items():
            self.page.set_viewport_size({"width": width, "height": 800})
            self.page.emulate_media(**media)  # type: ignore[arg-type]
            found.extend(f"{look}: {fault}" for fault in self.page.evaluate(FAULTS, options))
            if over := self.page.evaluate(SIDEWAYS):
                found.append(f"{look}: scrolls sideways by {over}")

    @property
    def all_faults(self) -> dict[str, list[str]]:
        """Return the pages with which something is wrong."""
        return {name: found for name, found in self.faults.items() if found}
