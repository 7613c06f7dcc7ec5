"""Measure side by side with django-appointment: where does a whole course of 30 sessions fit?

    python tests/bench/bench_peer.py

Both have the same clinic on SQLite, 80 % full: the same chairs (there: members of staff), hours and visits of half an
hour. Metronome is asked once, and answers with the best whole plan. django-appointment knows single appointments
only, so it is asked for the slots of each chair on each of the working days among which Metronome has searched; putting
a course together from its answers would come on top. Both are called inside their process, without a web server. The
time that counts is the processor's, because other programs on the machine do not change it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from statistics import median
from typing import Any

CHAIRS, FULLNESS, MINUTES = 4, 0.8, 30
OPENS, CLOSES = 8 * 60, 18 * 60
TODAY = datetime.now(UTC).date()
EARLIEST = TODAY + timedelta(days=7 - TODAY.weekday())
TIMES = 7
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Ask both, and compare."""
    ours = asked("metronome")
    theirs = asked("appointment", ours["last"])
    ratio = theirs["processor"] / ours["processor"]
    print(f"Where do 30 sessions fit on {CHAIRS} chairs, {EARLIEST} to {ours['last']}?")
    print(f"{'':<20}{'processor ms':>14}{'elapsed ms':>12}  questions")
    for name, took, questions in (("Metronome", ours, "1"), ("django-appointment", theirs, theirs["questions"])):
        print(f"{name:<20}{took['processor']:>14.0f}{took['elapsed']:>12.0f}  {questions}")
    print(f"{ratio:.0f} x faster (at least 100 x), {theirs['elapsed'] / ours['elapsed']:.0f} x by the clock")
    return int(ratio < 100)


def asked(who: str, *last: str) -> Any:
    """Run this file again, in a process and a Django of its own."""
    with tempfile.TemporaryDirectory() as folder:
        env = {"DATABASE_URL": f"sqlite:///{folder}/{who}.sqlite3", "METRONOME_DEMO": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, __file__, who, *last]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def is_taken(chair: int, day: date, minute: int) -> bool:
    """Tell whether a half hour is taken: the same answer in both clinics."""
    import random

    return random.Random(f"{chair} {day} {minute}").random() < FULLNESS


def working_days(last: date) -> list[date]:
    """Return the working days of the search."""
    days = (EARLIEST + timedelta(days=offset) for offset in range((last - EARLIEST).days + 1))
    return [day for day in days if day.weekday() < 5]


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Do a piece of work and return what it took, in milliseconds."""
    processor, elapsed = time.process_time(), time.perf_counter()
    work()
    return {
        "processor": (time.process_time() - processor) * 1000,
        "elapsed": (time.perf_counter() - elapsed) * 1000,
    }


def metronome() -> dict[str, Any]:
    """Ask Metronome for the whole course."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    from clinic import planning
    from clinic.services import booking
    from scheduler import Phase, Protocol, Visit
    from tests.clinic import builders

    phase = Phase(name="acute", visit=Visit(minutes=MINUTES), sessions=30, per_week_max=5, per_week_min=3)
    with transaction.atomic():
        site = builders.make_site(holiday_country="")
        protocol = builders.make_protocol(Protocol(slug="thirty", name="30 sessions", phases=(phase,)))
        patient = builders.make_patient(site)
        request = {"earliest_date": EARLIEST.isoformat()}
        wanted = planning.request_value(request, patient=patient, protocol=protocol, site=site)
        _, last = planning.horizon(wanted)
        for chair in range(CHAIRS):
            _fill_chair(chair, builders.make_chair(site), builders.make_technician(site), protocol, last)
    now = datetime.combine(TODAY, datetime.min.time(), UTC)
    asked = {"patient": patient, "protocol": protocol, "site": site, "request": request, "now": now}
    asked |= {"alternatives": False}  # where it fits; the other kinds of plan are more than the question
    assert all(len(plan["sessions"]) == 30 for plan in booking.quote(**asked))
    found = [timed(lambda: booking.quote(**asked)) for _ in range(TIMES)]
    return {key: median(times[key] for times in found) for key in found[0]} | {"last": last.isoformat()}


def _fill_chair(number: int, chair: Any, technician: Any, protocol: Any, last: date) -> None:
    from clinic.models import Session
    from tests.clinic import builders

    rows = []
    course = builders.make_course(builders.make_patient(chair.site), protocol)
    common = {"course": course, "patient": course.patient, "site": chair.site, "updated_at": builders.NOW}
    for day in working_days(last):
        for minute in range(OPENS, CLOSES, MINUTES):
            if is_taken(number, day, minute):
                start = datetime.combine(day, datetime.min.time(), chair.site.zone) + timedelta(minutes=minute)
                end = start + timedelta(minutes=MINUTES)
                place = {"chair": chair, "technician": technician, "starts_at": start, "ends_at": end}
                rows.append(Session(number=len(rows) + 1, kind="treatment", chair_until=end, **place, **common))
    Session.objects.bulk_create(rows, batch_size=1000)


def appointment(last: str) -> dict[str, Any]:
    """Ask django-appointment for the slots of every chair on every working day."""
    import django
    from django.conf import settings

    apps = ["auth", "contenttypes", "sessions", "messages"]
    settings.configure(
        SECRET_KEY="measured",
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), "appointment"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE_URL"][10:]}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ROOT_URLCONF="appointment.urls",
        USE_TZ=True,
        TIME_ZONE="Europe/London",
        LOGGING_CONFIG=None,
    )
    django.setup()
    from django.core.management import call_command
    from django.test import RequestFactory

    call_command("migrate", run_syncdb=True, verbosity=0)
    from appointment.views import get_available_slots_ajax

    staff, service = _staff(working_days(date.fromisoformat(last)))
    ask = RequestFactory()
    questions = [
        ask.get(
            "/",
            {"selected_date": day.isoformat(), "staff_member": member.pk, "service_id": service.pk},
            headers={"X-Requested-With": "XMLHttpRequest"},
        )
        for member in staff
        for day in working_days(date.fromisoformat(last))
    ]
    answers = [json.loads(get_available_slots_ajax(question).content) for question in questions]
    free = [len(answer["available_slots"]) for answer in answers]
    assert 0.15 < sum(free) / len(free) / ((CLOSES - OPENS) / MINUTES) < 0.25, "this is not the same clinic"
    found = timed(lambda: [get_available_slots_ajax(question) for question in questions])
    return found | {"questions": len(questions)}


def _staff(days: list[date]) -> tuple[list[Any], Any]:
    from appointment.models import Appointment, AppointmentRequest, Service, StaffMember, WorkingHours
    from django.contrib.auth.models import User

    opens, closes = clock(OPENS // 60), clock(CLOSES // 60)
    service = Service.objects.create(name="Visit", duration=timedelta(minutes=MINUTES), price=0)
    client = User.objects.create(username="client")
    staff = []
    for number in range(CHAIRS):
        user = User.objects.create(username=f"chair{number}", first_name=f"Chair{number}")
        member = StaffMember.objects.create(
            user=user, slot_duration=MINUTES, lead_time=opens, finish_time=closes, appointment_buffer_time=0
        )
        member.services_offered.add(service)
        for day in range(1, 6):
            WorkingHours.objects.create(staff_member=member, day_of_week=day, start_time=opens, end_time=closes)
        taken = [
            datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
            for day in days
            for minute in range(OPENS, CLOSES, MINUTES)
            if is_taken(number, day, minute)
        ]
        requests = AppointmentRequest.objects.bulk_create(
            AppointmentRequest(
                date=start.date(),
                start_time=start.time(),
                end_time=(start + timedelta(minutes=MINUTES)).time(),
                service=service,
                staff_member=member,
            )
            for start in taken
        )
        Appointment.objects.bulk_create(Appointment(client=client, appointment_request=request) for request in requests)
        staff.append(member)
    return staff, service


if __name__ == "__main__":
    known: dict[str, Callable[..., Any]] = {"metronome": metronome, "appointment": appointment}
    if len(sys.argv) > 1:
        print(json.dumps(known[sys.argv[1]](*sys.argv[2:])))
    else:
        sys.exit(main())
