"""Workers that are killed at any moment lose no message: on the database that the other tests use too."""

import json
import os
import subprocess
import sys

import pytest

from .test_race import ROOT, empty_database

MESSAGES, KILLS = 200, 5
MOST_SECONDS = 900


@pytest.mark.race
def test_workers_that_are_killed_at_random_lose_no_message_and_repeat_only_what_they_could_not_note(tmp_path):
    with empty_database(tmp_path, "crashes") as address:
        command = [sys.executable, "-m", "tests.clinic.crashes", str(MESSAGES), str(KILLS)]
        environment = os.environ | {"DATABASE_URL": address}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
        )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])

    assert (found["messages"], found["killed"]) == (MESSAGES, KILLS)
    assert (found["lost"], found["unknown"], found["not noted as sent"]) == (0, 0, 0)
    assert found["more than once without a crash"] == 0
    assert found["more than once"] <= KILLS
