"""What every test may rely on: no network, the same examples each time, and the database that was asked for.

The database is chosen by `DATABASE_URL`, which the settings read; `python3 dev.py test` runs the clinic's tests on
SQLite and on PostgreSQL. Django is not imported here, because the scheduler's tests run without it.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The time of one example says nothing on a busy machine, so there is no deadline.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


class NetworkForbidden(OSError):
    """A test tried to leave this machine."""


def _is_this_machine(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # the path of a unix socket
    host = str(address[0])
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Any:
    """Refuse every connection that would leave this machine."""
    original = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}

    def guarded(name: str) -> Any:
        def connect(self: socket.socket, address: Any) -> Any:
            if not _is_this_machine(address):
                raise NetworkForbidden(f"Tests stay on this machine; this one asked for {address!r}.")
            return original[name](self, address)

        return connect

    patch = pytest.MonkeyPatch()
    for name in original:
        patch.setattr(socket.socket, name, guarded(name))
    yield
    patch.undo()
