"""The patients' keys: private links and calendar addresses."""

import logging
import os
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings as installed
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from clinic.logs import HideSecrets, without_secrets
from clinic.models import AuditEntry, CalendarLink, PatientLink
from clinic.services import access
from clinic.services.audit import Actor

DESK = Actor(name="Imogen")
WRONG = date(1970, 1, 1)
MINUTE = timedelta(minutes=1)
GUESS_TEN_TIMES = """
import django
django.setup()
from datetime import UTC, date, datetime
from clinic.services import access
for number in range(10):
    try:
        access.open_patient_link(f"guess {number}", date(1970, 1, 1), datetime(2026, 11, 20, tzinfo=UTC), address="x")
    except access.LinkRefused as refusal:
        print(type(refusal).__name__)
"""


@pytest.fixture(autouse=True)
def no_tries_yet(db):
    cache.clear()


@pytest.fixture
def link(margaret, now):
    return access.new_patient_link(patient=margaret, label="by post", by=DESK, now=now)


def try_to_open(secret, born, now, address="192.0.2.7"):
    """Return the link, or the name of the refusal."""
    try:
        return access.open_patient_link(secret, born, now, address=address)
    except access.LinkRefused as refusal:
        return type(refusal).__name__


def test_a_link_opens_with_the_date_of_birth_and_only_its_hash_is_stored(link, margaret, now):
    row, secret = link

    opened = try_to_open(secret, margaret.date_of_birth, now)

    assert opened.patient == margaret
    assert len(secret) >= 43
    stored = [str(value) for value in PatientLink.objects.filter(pk=row.pk).values_list()[0]]
    assert not [value for value in stored if secret in value]
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == ["private link made", "private link opened"]
    assert not [entry for entry in AuditEntry.objects.all() if secret in str(entry.data)]


def test_unknown_expired_revoked_and_wrongly_dated_links_are_refused_alike(link, margaret, pia, now):
    row, secret = link
    revoked, revoked_secret = access.new_patient_link(patient=margaret, label="", by=DESK, now=now)
    access.revoke_link(link=revoked, by=DESK, now=now)

    refusals = {
        try_to_open("x" * 43, margaret.date_of_birth, now),
        try_to_open(revoked_secret, margaret.date_of_birth, now),
        try_to_open(secret, margaret.date_of_birth, row.expires_at),
        try_to_open(secret, pia.date_of_birth, now),
        try_to_open("\ud800\x00", margaret.date_of_birth, now),
    }

    assert refusals == {"LinkRefused"}


def test_five_wrong_dates_lock_the_link_even_for_the_right_date(link, margaret, now, settings):
    _, secret = link

    for _ in range(settings.LINK_TRIES):
        assert try_to_open(secret, WRONG, now) == "LinkRefused"

    assert try_to_open(secret, margaret.date_of_birth, now + 14 * MINUTE, address="198.51.100.1") == "LinkRefused"
    assert try_to_open(secret, margaret.date_of_birth, now + 15 * MINUTE, address="198.51.100.1").patient == margaret


def test_each_further_lock_lasts_four_times_as_long_and_the_right_date_starts_anew(link, margaret, now, settings):
    row, secret = link
    locks = []
    for _ in range(6):
        for number in range(settings.LINK_TRIES):
            try_to_open(secret, WRONG, now, address=f"198.51.100.{number}")
        row.refresh_from_db()
        locks.append(row.locked_until - now)
        now = row.locked_until

    assert locks == [timedelta(minutes=minutes) for minutes in (15, 60, 240, 960, 1440, 1440)]
    try_to_open(secret, margaret.date_of_birth, now)
    row.refresh_from_db()
    assert (row.misses, row.locked_until) == (0, None)


def test_an_address_that_guesses_on_many_links_is_stopped_and_others_are_not(margaret, now):
    for number in range(access.TRIES_OF_AN_ADDRESS):
        assert try_to_open(f"guess {number}", WRONG, now) == "LinkRefused"

    assert try_to_open("one more", WRONG, now) == "TooManyTries"
    assert try_to_open("one more", WRONG, now, address="198.51.100.9") == "LinkRefused"
    assert try_to_open("one more", WRONG, now + 15 * MINUTE) == "LinkRefused"


def test_the_right_date_costs_an_address_nothing(link, margaret, now):
    _, secret = link

    for _ in range(access.TRIES_OF_AN_ADDRESS + 1):
        assert try_to_open(secret, margaret.date_of_birth, now).patient == margaret


def test_revoking_twice_is_written_down_once(link, now):
    row, _ = link

    access.revoke_link(link=row, by=DESK, now=now)
    access.revoke_link(link=row, by=DESK, now=now + MINUTE)

    assert AuditEntry.objects.filter(action="private link revoked").count() == 1
    assert access.living_patient_link(str(row.uid), now) is None


def test_a_new_calendar_address_ends_the_one_that_it_replaces(margaret, now):
    first, first_secret = access.new_calendar_link(patient=margaret, by=DESK, now=now)
    second, second_secret = access.new_calendar_link(patient=margaret, by=DESK, now=now, replaces=first)

    assert access.patient_of_calendar(first_secret, now) is None
    assert access.patient_of_calendar(second_secret, now) == margaret
    assert list(access.calendar_links(margaret, now)) == [second]


def test_reading_a_calendar_is_noted_now_and_then(margaret, now):
    link, secret = access.new_calendar_link(patient=margaret, by=DESK, now=now)
    seen = []

    for minutes in (0, 5, 12):
        access.patient_of_calendar(secret, now + minutes * MINUTE)
        link.refresh_from_db()
        seen.append(link.last_used_at - now)

    assert seen == [0 * MINUTE, 0 * MINUTE, 12 * MINUTE]


def test_a_patient_has_five_calendar_addresses_at_most(margaret, now):
    for _ in range(access.MOST_CALENDARS):
        last, _ = access.new_calendar_link(patient=margaret, by=DESK, now=now)

    with pytest.raises(access.TooManyLinks):
        access.new_calendar_link(patient=margaret, by=DESK, now=now)
    access.new_calendar_link(patient=margaret, by=DESK, now=now, replaces=last)

    assert CalendarLink.objects.filter(revoked_at=None).count() == access.MOST_CALENDARS


def test_a_link_of_a_patient_is_not_an_address_of_a_calendar(link, now):
    _, secret = link

    assert access.patient_of_calendar(secret, now) is None


def test_logs_never_show_a_secret(link):
    _, secret = link

    for line in (f'GET /my/{secret}/ HTTP/1.1" 200', f"Not Found: /calendar/{secret}.ics", f"to http://x/my/{secret}"):
        assert secret[:8] not in without_secrets(line)
    assert without_secrets("GET /my/calendar/ 200") == "GET /my/calendar/ 200"


def test_a_log_record_loses_the_secret_in_its_text_and_in_its_traceback(link):
    _, secret = link
    try:
        raise LookupError(f"/calendar/{secret}.ics")
    except LookupError:
        record = logging.LogRecord("gunicorn.access", 20, "", 0, "GET %s", (f"/my/{secret}/",), sys.exc_info())

    passed = HideSecrets().filter(record)
    written = logging.Formatter().format(record)

    assert passed
    assert "GET /my/.../" in written
    assert "LookupError: /calendar/....ics" in written
    assert secret not in written


def test_every_handler_of_the_settings_hides_secrets():
    assert installed.LOGGING["handlers"]
    assert all("secrets" in handler["filters"] for handler in installed.LOGGING["handlers"].values())


def test_a_migrated_database_has_the_table_in_which_tries_are_counted(db):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE shared_cache")

    call_command("migrate", verbosity=0)

    assert "shared_cache" in connection.introspection.table_names()


@pytest.mark.race
def test_processes_that_guess_at_the_same_time_share_one_count_of_tries(tmp_path):
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "clinic.settings", "METRONOME_DEBUG": "1"}
    env["DATABASE_URL"] = f"sqlite:///{tmp_path / 'tries.sqlite3'}"
    root = Path(installed.BASE_DIR)
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=root, env=env, check=True)

    command = [sys.executable, "-c", GUESS_TEN_TIMES]
    guessing = [subprocess.Popen(command, cwd=root, env=env, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = Counter(line for process in guessing for line in process.communicate(timeout=60)[0].split())

    allowed = access.TRIES_OF_AN_ADDRESS
    assert answers == {"LinkRefused": allowed, "TooManyTries": 40 - allowed}
