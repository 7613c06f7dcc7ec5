#!/usr/bin/env python3
"""Set up, run and check Metronome on this machine.

    python3 dev.py demo     open an invented clinic in the browser
    python3 dev.py test     run every test (or some: scheduler, sqlite, postgresql, journeys, house)
    python3 dev.py bench    measure speed
    python3 dev.py lint     judge style, types, layers and settings
    python3 dev.py fmt      put the code into the house style
    python3 dev.py lock     pin the packages anew

This file needs Python 3.11 and nothing else: it makes .venv, installs the pinned packages into it and starts the rest
from there.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VAR = ROOT / "var"
PYTHON = VENV / "bin" / "python"
RUNTIME, TEST, BENCH = "requirements.txt", "requirements-test.txt", "requirements-bench.txt"


class Stop(Exception):
    """A sentence that tells the person what is wrong, why, and what to do next."""


@contextlib.contextmanager
def step(what):
    """Say what is being done, and how long it took."""
    print(what + " ...", end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print("stopped.", flush=True)
        raise
    print(f"done in {time.monotonic() - began:.0f} s.", flush=True)


def quietly(command, *, advice, env=None):
    """Run a command without its chatter; when it fails, show the chatter and the advice."""
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        last_lines = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise Stop(f"{last_lines}\n\n{advice}")


def install(lock):
    """Install the packages of a lock into .venv, unless exactly these are there."""
    digest = hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()
    stamp = VENV / f"{lock}.sha256"
    if stamp.exists() and stamp.read_text() == digest:
        return
    make_environment()
    count = sum("==" in line for line in (ROOT / lock).read_text().splitlines())
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    with step(f"Installing up to {count} packages from {lock}; this takes about a minute"):
        quietly(
            [*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock],
            advice="The packages could not be installed. Check the connection to your package index and try again.",
        )
    stamp.write_text(digest)
    if lock != RUNTIME:  # the other locks hold everything that runs the clinic
        (VENV / f"{RUNTIME}.sha256").write_text(hashlib.sha256((ROOT / RUNTIME).read_bytes()).hexdigest())


def make_environment():
    """Make .venv, unless a working one is there."""
    works = PYTHON.exists() and not subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode
    if works:
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise Stop(
            "This Python cannot make a virtual environment, because Debian keeps that part in a separate package.\n"
            "Run `apt-get install python3-venv` (as root) and then the same command again."
        )
    with step("Making a virtual environment in .venv"):
        quietly(
            [sys.executable, "-m", "venv", "--clear", VENV],
            advice="The virtual environment could not be made. Is there room on the disk, and may you write here?",
        )


def environment(**extra):
    """Return the variables for a command, with .venv first on the path."""
    return {**os.environ, "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', '')}", **extra}


def demo(*_):
    """Open an invented clinic on this machine."""
    install(RUNTIME)
    (VAR / "static").mkdir(parents=True, exist_ok=True)
    port, messages = free_port(8000), VAR / "messages.log"
    address = f"http://127.0.0.1:{port}"
    env = environment(
        METRONOME_DEMO="1",
        EMAIL_URL="console:",
        METRONOME_URL=address,
        DATABASE_URL=f"sqlite:///{VAR / 'demo.sqlite3'}",
        METRONOME_SECRET_KEY=secret(VAR / "demo.secret"),
    )
    with step("Preparing the database and the pages"):
        for what, command in (("database", "migrate"), ("pages", "collectstatic")):
            advice = f"The {what} could not be prepared. Is there room on the disk?"
            quietly([PYTHON, "manage.py", command, "--no-input"], env=env, advice=advice)
    options = ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning"]
    # The server starts while the clinic is filled, so that a second start takes two seconds instead of three.
    with running([PYTHON, "-m", "gunicorn", "clinic.wsgi", "--bind", f"127.0.0.1:{port}", *options], env) as server:
        if subprocess.run([PYTHON, "manage.py", "demo"], cwd=ROOT, env=env, check=False).returncode:
            raise Stop("The invented clinic could not be filled; the message above says why.")
        while not is_open(port):
            if server.poll() is not None:
                raise Stop("The web server did not start; the message above says why.")
            time.sleep(0.05)
        with messages.open("a") as outbox, running([PYTHON, "manage.py", "work"], env, output=outbox):
            print(f"\nMetronome is open at {address}")
            print(f"Nothing leaves this machine: messages to patients are written to {messages.relative_to(ROOT)}.")
            print("To stop it, press Ctrl-C. What you change is kept in var/.", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                server.wait()
    print("Stopped.")


@contextlib.contextmanager
def running(command, env, output=None):
    """Run a program in the background for as long as the block lasts."""
    program = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        yield program
    finally:
        program.terminate()
        program.wait()


def secret(path):
    """Return the secret kept in a file; make it on the first run."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def free_port(first):
    """Find the first port from here on that nobody listens to."""
    for port in range(first, first + 100):
        with socket.socket() as candidate, contextlib.suppress(OSError):
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            candidate.bind(("127.0.0.1", port))
            return port
    raise Stop(f"All ports from {first} to {first + 99} are taken. Stop one of the programs that use them.")


def is_open(port):
    """Tell whether somebody listens to a port."""
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


def test(*parts):
    """Run the tests, or the named parts of them, and count what passed."""
    install(TEST)
    return subprocess.run([PYTHON, "tests/run.py", *parts], cwd=ROOT, env=environment(), check=False).returncode


def bench(*names):
    """Measure speed: every tests/bench/bench_*.py, or those that are named."""
    install(TEST)
    install(BENCH)
    chosen = [path for path in sorted((ROOT / "tests" / "bench").glob("bench_*.py")) if not names or path.stem in names]
    if not chosen:
        raise Stop("There is no such benchmark in tests/bench.")
    env = environment(PYTHONPATH=str(ROOT), METRONOME_SECRET_KEY=secrets.token_urlsafe(48))
    codes = []
    for path in chosen:
        print(f"\n== {path.stem}", flush=True)
        codes.append(subprocess.run([PYTHON, path], cwd=ROOT, env=env, check=False).returncode)
    return max(codes)


def lint(*_):
    """Judge style, types, layers and settings; every check runs, even after one has failed."""
    install(TEST)
    env = environment(METRONOME_SECRET_KEY=secrets.token_urlsafe(48), DATABASE_URL=f"sqlite:///{VAR / 'test.sqlite3'}")
    checks = {
        "style": ["ruff", "check", "."],
        "format": ["ruff", "format", "--check", "."],
        "types": ["mypy"],
        "layers": ["lint-imports"],
        "settings": ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        "migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    }
    failed = []
    for name, command in checks.items():
        print(f"\n== {' '.join(command)}", flush=True)
        if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
            failed.append(name)
    print(f"\nNot right: {', '.join(failed)}." if failed else "\nAll is right.", flush=True)
    return int(bool(failed))


def fmt(*_):
    """Put the code into the house style."""
    install(TEST)
    codes = [
        subprocess.run([PYTHON, "-m", "ruff", *command, "."], cwd=ROOT, check=False).returncode
        for command in (["check", "--fix"], ["format"])
    ]
    return max(codes)


def lock(*_):
    """Pin the packages anew: names and hashes, no addresses."""
    uv = shutil.which("uv", path=environment()["PATH"])
    if uv is None:
        raise Stop("Pinning needs uv. Run `pip install uv` and then the same command again.")
    pin = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    for name in (RUNTIME, TEST, BENCH):
        same = [] if name == RUNTIME else ["--constraint", RUNTIME]
        source = name.replace(".txt", ".in")
        with step(f"Pinning {name}"):
            quietly(
                [*pin, "--no-annotate", "--no-header", source, *same, "--output-file", name],
                advice=f"{name} could not be pinned.",
            )


VERBS = {verb.__name__: verb for verb in (demo, test, bench, lint, fmt, lock)}


def main():
    """Do what the first word says."""
    if sys.version_info < (3, 11):  # noqa: UP036  an older Python may read this file, and deserves a sentence
        version = ".".join(map(str, sys.version_info[:2]))
        return f"Metronome needs Python 3.11 or newer; this is {version}. Install it and run `python3.11 dev.py ...`."
    verb, *rest = sys.argv[1:] or ["help"]
    if verb not in VERBS:
        print(__doc__)
        return int(verb not in ("help", "-h", "--help"))
    # Being asked to end is treated like Ctrl-C, which a shell switches off for what runs in its background.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.default_int_handler)
    try:
        return VERBS[verb](*rest)
    except Stop as sentence:
        return str(sentence)
    except KeyboardInterrupt:
        return "Stopped."


if __name__ == "__main__":
    sys.exit(main())
