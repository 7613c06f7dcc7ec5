"""What must stay true of the whole house, whoever adds a room to it."""

from __future__ import annotations

import ast
import doctest
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("scheduler", "clinic", "templates", "static", "locale", "tests", "docs", ".ci")
NUMBERS_AND_DATES = {"numpy", "highspy", "dateutil", "six", "tzdata"}  # six comes with dateutil, tzdata with zoneinfo

# The letter in brackets keeps this file from finding itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:wor[k]/|roo[t]/|hom[e]/\w|tm[p]/\w|User[s]/\w)")
REGISTRY = re.compile(r"https?://[\w.:-]*(?:pyp[i]|pythonhoste[d]|npmj[s]|registr[y]|unpk[g]|jsdeliv[r])[\w.:-]*")
EVENTS = (
    "abort|animation|before|blur|change|click|close|copy|cut|dbl|drag|drop|error|focus|hash|input|invalid|key|load"
    "|message|mouse|page|paste|pointer|pop|reset|resize|scroll|select|submit|toggle|touch|transition|unload|wheel"
)
INLINE = re.compile(
    rf"""<style\b | \sstyle\s*= | \son(?:{EVENTS})\w*\s*= | \shx-on\b | javascript:
    | <script(?![^>]*\bsrc=)(?![^>]*/json")""",
    re.VERBOSE | re.IGNORECASE,
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s#]+)|\b(?:src|href)=\"([^\"#]+)\"")

LIST_MODULES = """
import importlib, pkgutil, sys
before = set(sys.modules)
import scheduler
for module in pkgutil.walk_packages(scheduler.__path__, "scheduler."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*{name.partition(".")[0] for name in set(sys.modules) - before})
"""


def files(*endings: str) -> list[Path]:
    """List the files of the house, or those with these endings, without what Python leaves behind."""
    top = [path for path in ROOT.iterdir() if path.is_file()]
    inside = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    return sorted(
        path for path in top + inside if (not endings or path.suffix in endings) and "__pycache__" not in path.parts
    )


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def findings(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Name each line that a pattern finds, as an editor can open it."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(read(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def links(page: Path) -> set[Path]:
    """Resolve the links of a page that stay inside the house."""
    targets = {first or second for first, second in LINK.findall(read(page))}
    return {(page.parent / target).resolve() for target in targets if not re.match(r"[a-z]+:|/", target)}


def test_the_scheduler_needs_nothing_but_python_dateutil_numpy_and_highs():
    listed = subprocess.run([sys.executable, "-c", LIST_MODULES], cwd=ROOT, capture_output=True, text=True, check=True)

    foreign = set(listed.stdout.split()) - sys.stdlib_module_names - NUMBERS_AND_DATES - {"scheduler"}

    assert not {name for name in foreign if not name.startswith("_")}


def test_no_template_carries_style_or_script_of_its_own():
    templates = files(".html")

    assert templates
    assert not findings(INLINE, templates)


@pytest.mark.parametrize(
    "markup, is_inline",
    [
        ('<p style="color: red">', True),
        ("<style>p {}</style>", True),
        ('<button onclick="go()">', True),
        ("<script>go()</script>", True),
        ('<div hx-on:click="go()">', True),
        ('<script src="/static/desk.js" defer></script>', False),
        ('<script id="days" type="application/json">[]</script>', False),
        ('<p class="style" data-online="1" content="on = off">', False),
    ],
)
def test_inline_style_and_script_are_recognised(markup, is_inline):
    assert bool(INLINE.search(markup)) is is_inline


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["paths", "registries"])
def test_no_file_names_one_machine_or_a_package_registry(pattern):
    assert not findings(pattern, files())


def test_every_command_is_named_by_a_test():
    commands = [path.stem for path in (ROOT / "clinic/management/commands").glob("[!_]*.py")]
    tests = "\n".join(read(path) for path in files(".py") if path.is_relative_to(ROOT / "tests"))

    assert commands
    assert not [name for name in commands if not re.search(rf"""["']{name}["']""", tests)]


def test_every_page_and_picture_of_the_documents_can_be_reached_from_the_readme():
    documents = {path.resolve() for path in (ROOT / "docs").rglob("*") if path.is_file()}
    reached: set[Path] = set()
    to_read = [ROOT / "README.md"]

    while to_read:
        new = links(to_read.pop()) - reached
        reached |= new
        to_read += [path for path in new if path.suffix == ".md" and path.exists()]

    assert not [str(path) for path in documents - reached]
    assert not [str(path) for path in reached if not path.exists()]


def test_the_tour_in_the_readme_is_true():
    tour = "\n".join(re.findall(r"```pycon\n(.*?)```", read(ROOT / "README.md"), re.DOTALL))

    example = doctest.DocTestParser().get_doctest(tour, {}, "the tour", "README.md", 0)
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example)

    assert result.attempted
    assert not result.failed


def test_no_module_is_longer_than_400_lines():
    modules = [path for path in files(".py") if "migrations" not in path.parts]

    assert not [str(path) for path in modules if len(read(path).splitlines()) > 400]


def test_the_locks_pin_the_same_versions_by_hash_and_carry_no_address():
    versions: dict[str, set[str]] = {}
    for lock in ROOT.glob("requirements*.txt"):
        text = read(lock)
        for name, version in re.findall(r"^([\w.\[\]-]+)==(\S+)", text, re.MULTILINE):
            versions.setdefault(f"{lock.name} {name}", set()).add(version)
        assert "://" not in text
        assert not [block for block in re.split(r"\n(?=\S)", text.strip()) if "--hash=sha256:" not in block]

    runtime = {key.split()[1]: found for key, found in versions.items() if key.startswith("requirements.txt")}
    assert runtime
    for key, found in versions.items():
        assert found <= runtime.get(key.split()[1], found), key


def test_an_older_python_can_read_the_sentence_that_it_is_too_old():
    source = read(ROOT / "dev.py")

    assert ast.parse(source, feature_version=(3, 8))
    assert "needs Python 3.11 or newer" in source


def test_a_test_cannot_leave_this_machine():
    with socket.socket() as visitor, pytest.raises(OSError, match="Tests stay on this machine"):
        visitor.connect(("192.0.2.1", 80))
