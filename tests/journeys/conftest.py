"""A real browser for the journeys: Chromium of this machine (`CHROMIUM` names it), or Playwright's own.

Give a test `page` and `live_server`; pages are opened as `page.goto(live_server.url + "/")`. Journeys run in a pytest
of their own, because Playwright keeps an event loop running that Django takes for a mistake in all later tests.
"""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start Chromium so that it also runs as root and in a small container."""
    found = os.environ.get("CHROMIUM", shutil.which("chromium") or "")
    own = {"executable_path": found} if found else {}
    return browser_type_launch_args | own | {"args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Look at the clinic from one language and zone, on every machine, and without animations."""
    return browser_context_args | {"locale": "en-GB", "timezone_id": "Europe/London", "reduced_motion": "reduce"}


@pytest.fixture(scope="session", autouse=True)
def no_connection_is_left(django_db_setup: None, django_db_blocker: Any) -> Any:
    """Close what the server's threads keep open, because PostgreSQL drops no database that somebody still reads."""
    from django.db import connection

    yield
    if connection.vendor == "postgresql":
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")


@pytest.fixture
def clinic(transactional_db: None, monkeypatch: pytest.MonkeyPatch, live_server: Any, settings: Any) -> Any:
    """A clinic that is half booked, with Imogen at its desk, and Margaret, who has finished a course there."""
    from tests.clinic import builders

    monkeypatch.setattr("django.utils.timezone.now", lambda: builders.NOW)
    settings.BASE_URL = live_server.url
    return builders.make_lived_in_clinic()
