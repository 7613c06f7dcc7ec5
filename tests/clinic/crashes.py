"""Let workers send reminders to a mail server and a text message service on this machine, and kill them at random.

    DATABASE_URL=... python -m tests.clinic.crashes MESSAGES KILLS [WORKERS]

Needs an empty database, which it fills. Both sinks note a message and answer five milliseconds later, so that many
workers die between the two. The leases of dead workers end after some seconds here. Speed is counted from the first
message that arrives to the last; without kills it is that of the workers alone.
"""

import contextlib
import json
import os
import random
import re
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
os.environ["METRONOME_DEBUG"] = "1"  # no secret is needed here
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from clinic.management.commands.work import database_clock  # noqa: E402
from clinic.models import Course, MessageRules, OutboundMessage, Patient, Resource, Session, Site  # noqa: E402
from clinic.models.messages import MessageStatus  # noqa: E402
from clinic.services.outbox import LEASE  # noqa: E402

from .builders import NOW, make_protocol, make_site  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
ANSWERS_AFTER = 0.005
VISIT = datetime(2126, 11, 25, 9, tzinfo=UTC)  # the workers go by the database's clock
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
KILLED_BY = 0.6  # of the messages, so that there is something left to do after the last worker was killed
MOST_SECONDS = 3600
BETWEEN_LOOKS = 0.05
HELD_BY_THE_DEAD = timedelta(seconds=20)
arrived: list[str] = []
arrived_at: list[float] = []


class MailSink(socketserver.StreamRequestHandler):
    """Speak as much SMTP as a mail program needs, and note the Message-ID of what comes."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.take(re.search(rb"Message-ID: <(message-\d+)@", text))
            else:
                self.say("221 bye" if word == b"QUIT" else "250 fine")
            if word == b"QUIT":
                return

    def take(self, found: Any) -> None:
        note(found[1].decode())
        time.sleep(ANSWERS_AFTER)
        self.say("250 taken")

    def say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the worker is dead
            self.wfile.write(f"{text}\r\n".encode())


class TextSink(BaseHTTPRequestHandler):
    """Take text messages as a service of Twilio's shape does, and note the token of what comes."""

    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        note(self.headers["Idempotency-Key"])
        time.sleep(ANSWERS_AFTER)
        with contextlib.suppress(OSError):  # the worker is dead
            told = json.dumps({"sid": f"SM{len(arrived)}", "status": "queued"}).encode()
            self.send_response(201)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

    def log_message(self, *args: Any) -> None:
        pass


def note(key: str) -> None:
    arrived.append(key)
    arrived_at.append(time.monotonic())


class Mail(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        """Expect that workers break off."""


class Texts(ThreadingHTTPServer):
    def handle_error(self, *args: Any) -> None:
        """Expect that workers break off."""


def fill(count: int) -> None:
    """Write one reminder each to many patients, half of them by text message, all due."""
    site = make_site(holiday_country="")
    MessageRules.objects.create(site=site, rules={"opens": 0, "closes": 1440, "most_a_week": 0})
    protocol = make_protocol()
    owners = Resource.objects.bulk_create(Resource(kind="patient") for _ in range(count))
    patients = Patient.objects.bulk_create(
        [_patient(site, owner, number) for number, owner in enumerate(owners)], batch_size=500
    )
    courses = Course.objects.bulk_create(
        [Course(patient=patient, protocol=protocol, site=site, request={"earliest_date": "2026-11-23"},
                booked_at=NOW, updated_at=NOW) for patient in patients], batch_size=500,
    )  # fmt: skip
    half = timedelta(minutes=30)
    sessions = Session.objects.bulk_create(
        [Session(course=course, patient_id=course.patient_id, number=1, kind="treatment", phase="acute", site=site,
                 starts_at=VISIT, ends_at=VISIT + half, chair_until=VISIT + half, updated_at=NOW)
         for course in courses], batch_size=500,
    )  # fmt: skip
    OutboundMessage.objects.bulk_create(
        [OutboundMessage(key=f"visit-{session.pk}", patient_id=session.patient_id, course_id=session.course_id,
                         channel="email", template="visit", due_at=LONG_AGO, useless_at=VISIT,
                         data={"visits": {session.pk: VISIT.isoformat()}}) for session in sessions], batch_size=500,
    )  # fmt: skip


def _patient(site: Site, owner: Resource, number: int) -> Patient:
    return Patient(
        resource=owner,
        site=site,
        number=f"C{number}",
        family_name=f"Patient{number}",
        given_name="Pat",
        date_of_birth=NOW.date(),
        phone=f"+44117{number:07}",
        email=f"patient{number}@example.org",
        channel="sms" if number % 2 else "email",
    )


def start_worker(mail: Any, texts: Any) -> "subprocess.Popen[bytes]":
    services = {
        "EMAIL_URL": f"smtp://127.0.0.1:{mail.server_address[1]}",
        "SMS_URL": f"http://AC1:key@127.0.0.1:{texts.server_address[1]}?from=1",
    }
    command = [sys.executable, "manage.py", "work"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | services, stdout=subprocess.DEVNULL)


def end_leases_of_the_dead() -> None:
    """Do not wait minutes for what a dead worker held: nobody who lives holds a message for so long."""
    claimed_before = database_clock() - HELD_BY_THE_DEAD
    OutboundMessage.objects.filter(
        status=MessageStatus.SENDING, lease_until__gt=LONG_AGO, lease_until__lte=claimed_before + LEASE
    ).update(lease_until=LONG_AGO)


def waiting(*statuses: str) -> int:
    return OutboundMessage.objects.filter(status__in=statuses).count()


def main(messages: int, kills: int, workers: int) -> dict[str, Any]:
    """Fill the database, let workers work and die, and report."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    fill(messages)
    chance, killed, began = random.Random(messages), 0, time.monotonic()
    with Mail(("127.0.0.1", 0), MailSink) as mail, Texts(("127.0.0.1", 0), TextSink) as texts:
        for sink in (mail, texts):
            threading.Thread(target=sink.serve_forever, daemon=True).start()
        running = [start_worker(mail, texts) for _ in range(workers)]
        # Counted in messages and not in seconds, so that a quick machine kills as many workers as a slow one.
        kill_at = sorted(chance.sample(range(1, max(kills + 1, int(messages * KILLED_BY))), kills))
        while waiting(MessageStatus.DUE, MessageStatus.SENDING) and time.monotonic() - began < MOST_SECONDS:
            if any(worker.poll() is not None for worker in running):
                stop(running)
                raise SystemExit("A worker has ended by itself.")
            if killed < kills and len(arrived) >= kill_at[killed]:
                victim = chance.randrange(workers)
                running[victim].send_signal(signal.SIGKILL)
                running[victim].wait()
                running[victim] = start_worker(mail, texts)
                killed += 1
            end_leases_of_the_dead()
            time.sleep(BETWEEN_LOOKS)
        stop(running)
        seconds = arrived_at[-1] - arrived_at[0]
    return judge(killed, seconds)


def stop(running: list["subprocess.Popen[bytes]"]) -> None:
    for worker in running:
        worker.terminate()
    for worker in running:
        worker.wait()


def judge(killed: int, seconds: float) -> dict[str, Any]:
    """Compare what arrived with what was to be sent."""
    counts = Counter(arrived)
    rows = {f"message-{row.pk}": row for row in OutboundMessage.objects.all()}
    twice = {key for key, count in counts.items() if count > 1}
    return {
        "messages": len(rows),
        "killed": killed,
        "lost": len(rows.keys() - counts.keys()),
        "unknown": len(counts.keys() - rows.keys()),
        "not noted as sent": sum(row.status != MessageStatus.SENT for row in rows.values()),
        "more than once": len(twice),
        "more than once without a crash": sum(rows[key].attempts < counts[key] for key in twice),
        "tried again": sum(row.attempts > 1 for row in rows.values()),
        "a second": round(len(arrived) / seconds),
        "database": connection.vendor,
    }


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    print(json.dumps(main(*numbers[:2], workers=numbers[2] if len(numbers) > 2 else 2)))  # noqa: T201
