"""Nothing is booked twice, whatever comes at once: on the database that the other tests use too."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import IntegrityError, connection, transaction

from clinic.models import Occupancy
from clinic.services import occupancy

from .builders import at, make_course, make_session

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, SECONDS = 32, 20
SHORT_SECONDS = 4
MOST_SECONDS = 540


@pytest.mark.race
def test_thirty_two_processes_book_whole_courses_and_nothing_twice(tmp_path):
    with empty_database(tmp_path, "guarded") as address:
        found = race(address, SECONDS)

    assert found["booked"] >= PROCESSES
    assert found["courses"] == found["booked"]
    assert (found["overlaps"], found["half courses"], found["cells that do not match"]) == (0, 0, 0)
    assert found["refused"] > 0
    assert found["offered anew"] == found["refused"]
    assert not [key for key in found if key.startswith("failed")]


@pytest.mark.race
def test_the_same_race_finds_double_bookings_when_nothing_guards_the_diary(tmp_path):
    with empty_database(tmp_path, "unguarded") as address:
        found = race(address, SHORT_SECONDS, "unguarded")

    assert found["overlaps"] > 0


@pytest.mark.race
def test_people_carry_out_replans_at_once_while_others_book_and_every_course_stays_whole(tmp_path):
    with empty_database(tmp_path, "replans") as address:
        found = run("tests.clinic.replan_race", address=address)

    assert (found["overlaps"], found["half courses"], found["cells that do not match"]) == (0, 0, 0)
    assert (found["half replans"], found["left to do"]) == (0, 0)
    assert found["moved"] > 0
    assert found["refused"] > 0
    assert found["offered anew"] == found["refused"]
    assert found["booked"] == 6
    assert not [key for key in found if key.startswith("failed")]


@pytest.mark.race
def test_the_same_replans_double_book_when_nothing_guards_the_diary(tmp_path):
    with empty_database(tmp_path, "replans_unguarded") as address:
        found = run("tests.clinic.replan_race", "unguarded", address=address)

    assert found["overlaps"] > 0


@contextmanager
def empty_database(folder, name):
    """Yield the address of a database that nobody else uses, of the kind that is being tested."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder}/{name}.sqlite3"
        return
    import psycopg

    server = os.environ["DATABASE_URL"]
    name = f"race_{name}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def race(address, seconds, *how):
    return run("tests.clinic.race", str(PROCESSES), str(seconds), *how, address=address)


def run(module, *words, address):
    command = [sys.executable, "-m", module, *words]
    env = os.environ | {"DATABASE_URL": address}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def booked(clinic, chairs, technicians, protocol, margaret):
    """Margaret's session at 09:00 on chair 1 with Ana."""
    return make_session(make_course(margaret, protocol), chairs[0], technicians[0], at("2026-11-23", "09:00"))


def insert(resource, cell, session, lane=0):
    """Write a row past every rule of the program."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinic_occupancy (resource_id, lane, cell, session_id) VALUES (%s, %s, %s, %s)",
            [resource, lane, cell, session.pk],
        )


@pytest.mark.parametrize("minutes", [0, 5, 25])
@pytest.mark.parametrize("column", ["chair_id", "technician_id", "patient_id"])
def test_the_database_itself_refuses_a_second_session_at_a_time(booked, column, minutes):
    cell = int(booked.starts_at.timestamp()) // 300 + minutes // 5

    with pytest.raises(IntegrityError):
        insert(getattr(booked, column), cell, booked)


def test_the_database_refuses_a_session_in_the_turnaround_of_the_one_before(booked):
    cell = int(booked.ends_at.timestamp()) // 300

    with pytest.raises(IntegrityError):
        insert(booked.chair_id, cell, booked)


def test_the_database_allows_a_session_that_only_touches_the_one_before(booked):
    cell = int(booked.chair_until.timestamp()) // 300

    insert(booked.chair_id, cell, booked)

    assert Occupancy.objects.filter(resource=booked.chair_id, cell=cell).count() == 1


def test_the_database_allows_a_technician_a_second_patient_in_another_lane(booked):
    insert(booked.technician_id, int(booked.starts_at.timestamp()) // 300, booked, lane=1)

    assert Occupancy.objects.filter(resource=booked.technician_id, lane=1).exists()


def test_cells_of_days_long_gone_are_forgotten_and_others_stay(booked, now):
    insert(booked.chair_id, int((now - timedelta(days=31)).timestamp()) // 300, booked)
    before = Occupancy.objects.count()

    assert occupancy.forget_past(now=now) == 1

    assert Occupancy.objects.count() == before - 1
