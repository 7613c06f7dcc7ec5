"""How long it takes to find who could be due a reminder, among 100,000 sessions to come.

    DATABASE_URL=... python -m tests.bench.bench_outbox [SESSIONS]

Needs an empty database, which it fills. For what killed workers do to 10,000 messages: python -m tests.clinic.crashes
10000 32
"""

import os
import statistics
import sys
import time
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
os.environ["METRONOME_DEBUG"] = "1"  # no secret is needed here
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from clinic.models import Course, Patient, ReminderLook, Resource, Session  # noqa: E402
from clinic.services.outbox import plan_due_reminders  # noqa: E402
from clinic.services.outbox.reminding import could_be_due  # noqa: E402
from tests.clinic.builders import NOW, make_protocol, make_site  # noqa: E402

SESSIONS_EACH = 20
BATCH = 500
LOOKS = 15
DUE_SHARE = 25  # one patient in so many has something due


def fill(sessions: int) -> None:
    """Write patients with twenty daily sessions each from tomorrow on, all looked at, a few of them due again."""
    site, protocol = make_site(holiday_country=""), make_protocol()
    count = sessions // SESSIONS_EACH
    owners = Resource.objects.bulk_create((Resource(kind="patient") for _ in range(count)), batch_size=BATCH)
    born = NOW.date()
    patients = Patient.objects.bulk_create(
        [Patient(resource=owner, site=site, number=f"B{owner.pk}", family_name="B", given_name="B", date_of_birth=born,
                 email="b@example.org", channel="email", search_text=f" b{owner.pk}") for owner in owners],
        batch_size=BATCH,
    )  # fmt: skip
    courses = Course.objects.bulk_create(
        [Course(patient=patient, protocol=protocol, site=site, request={"earliest_date": "2026-11-23"}, booked_at=NOW,
                updated_at=NOW) for patient in patients], batch_size=BATCH,
    )  # fmt: skip
    before, half = NOW - timedelta(days=3), timedelta(minutes=30)
    for course in courses:
        starts = [NOW + timedelta(days=day + course.pk % 40) for day in range(1, SESSIONS_EACH + 1)]
        Session.objects.bulk_create(
            Session(course=course, patient_id=course.patient_id, number=number, kind="treatment", phase="acute",
                    site=site, starts_at=start, ends_at=start + half, chair_until=start + half, updated_at=before)
            for number, start in enumerate(starts, 1)
        )  # fmt: skip
    looked_at = NOW - timedelta(days=1)
    dues = [NOW + timedelta(hours=number % DUE_SHARE - 0.5) for number in range(count)]
    looks = [ReminderLook(patient=p, looked_at=looked_at, next_at=due) for p, due in zip(patients, dues, strict=True)]
    ReminderLook.objects.bulk_create(looks, batch_size=BATCH)


def main(sessions: int) -> None:
    """Fill, measure, and print."""
    call_command("migrate", verbosity=0)
    fill(sessions)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    seen = NOW - timedelta(minutes=1)
    spent = []
    for _ in range(LOOKS):
        begin = time.perf_counter()
        found = len(could_be_due(NOW, seen)[:200])
        spent.append((time.perf_counter() - begin) * 1000)
    begin = time.process_time()
    looked = plan_due_reminders(NOW, limit=200)
    seconds = time.process_time() - begin
    print(
        f"{connection.vendor}: {Session.objects.count():,} sessions to come; finding who could be due: "
        f"{statistics.median(spent):.1f} ms median, {max(spent):.1f} ms at most, {found} patients; "
        f"working out and writing what {looked} of them are told: {seconds:.2f} s of processor time"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
