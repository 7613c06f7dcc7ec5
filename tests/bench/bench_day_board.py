"""Measure the day of a clinic with 40 chairs and 400 sessions a day, with 1,000,000 sessions stored.

    python3 dev.py bench bench_day_board

At eleven in the morning, while 50 people wait for a course: the page, the page with its gaps, what an act answers, one
session, the list, and whether anything has changed. KB are those of the wire. It is eleven by a clock of its own, so
that there is as much of the day to come whenever this is run.
"""

import gzip
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import count
from statistics import median
from typing import Any

from tests.bench.common import on_each_database, p95, prepare, timed

SESSIONS, CHAIRS, A_DAY, A_COURSE, WAITING = 1_000_000, 40, 10, 30, 50
ROUNDS_TO_COME = 3  # courses one after the other in each place of the day, that of today among them
REPEATS, MOST_MS = 40, 100
TODAY = date(2026, 11, 20)
NOW = datetime.combine(TODAY, time(11, 7), UTC)
SYLLABLES = ("ba", "den", "fi", "gor", "hul", "jan", "kle", "lin", "mor", "nas", "ol", "pe", "ru", "sto", "tal", "wen")
HTMX = {"HX-Request": "true"}


def answer(name: str) -> int:
    """Fill the database, ask, and print; return 1 when something took too long."""
    prepare()
    from django.utils import timezone

    timezone.now = lambda: NOW
    desk, session = filled()
    day = f"/day/{TODAY}/"
    print(f"{name:<22}{'p50 ms':>8}{'p95 ms':>8}{'processor':>11}{'queries':>9}{'KB':>6}", flush=True)
    gaps = partial(desk.get, f"{day}gaps/", headers=HTMX)
    seen = gaps().content.decode().partition('data-seen="')[2].partition('"')[0]
    steps = count()

    def act() -> Any:
        status = "arrived" if next(steps) % 2 == 0 else "booked"
        return desk.post(f"/sessions/{session.uid}/status/", {"status": status}, headers=HTMX)

    asked: dict[str, Callable[[], Any]] = {
        "board": partial(desk.get, day),
        "board with its gaps": gaps,
        "nothing has changed": partial(desk.get, f"{day}gaps/", {"seen": seen}, headers=HTMX),
        "an act": act,
        "one session": partial(desk.get, day, {"at": session.pk}, headers=HTMX | {"HX-Target": "section#chosen"}),
    }
    slow = sum(report(what, send) > MOST_MS for what, send in asked.items())
    desk.post("/day/look/", {"view": "list"})
    return int(slow + (report("list", partial(desk.get, day)) > MOST_MS) > 0)


def report(what: str, send: Callable[[], Any]) -> float:
    """Send a request again and again, and print what it took; return what 95 of 100 keep."""
    found = [timed(send) for _ in range(REPEATS)][1:]
    assert all(one.answer.status_code in (200, 204) for one in found), found[-1].answer
    clock, processor = [one.clock for one in found], [one.processor for one in found]
    size = max(len(gzip.compress(one.answer.content)) for one in found)
    times = f"{median(clock):>8.1f}{p95(clock):>8.1f}{median(processor):>11.1f}"
    print(f"  {what:<20}{times}{max(one.queries for one in found):>9}{size / 1024:>6.1f}", flush=True)
    return p95(clock)


def filled() -> tuple[Any, Any]:
    """Fill a clinic around a day; return the browser of somebody at its desk, and a session of the afternoon."""
    from django.db import connection, transaction
    from django.test import Client

    from clinic.models import Session
    from clinic.services import waiting_list
    from clinic.services.audit import Actor
    from tests.bench.network import copy
    from tests.clinic.builders import at, make_patient, make_protocol, make_site, make_user

    site = make_site(hours="Mon-Sun 08:00-18:00", holiday_country="", holiday_region="")
    protocol = make_protocol()
    with transaction.atomic():
        copy(Session._meta.db_table, sessions(site, protocol))
    for number in range(WAITING):
        hours = ("Mon-Fri 08:00-12:00", "Mon-Fri 12:00-18:00", "Wed-Fri 15:00-18:00", "Mon-Fri 08:00-18:00")
        request = {"earliest_date": str(TODAY), "availability": hours[number % len(hours)]}
        patient, by = make_patient(site), Actor.of_command("bench")
        waiting_list.refer(patient=patient, protocol=protocol, site=site, request=request, by=by, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    desk = Client(SERVER_NAME="localhost")
    desk.force_login(make_user(site))
    return desk, Session.objects.filter(site=site, starts_at=at(str(TODAY), "15:05")).first()


def sessions(site: Any, protocol: Any) -> Iterator[dict[str, Any]]:
    """Return the rows: in each place of the day one course follows another, from long ago to long after."""
    from clinic.models import Course
    from tests.clinic.builders import make_chair, make_patient, make_technician

    chairs = [make_chair(site, name=f"Chair {number}", position=number).pk for number in range(1, CHAIRS + 1)]
    people = [make_technician(site, name=f"Technician {number}").pk for number in range(CHAIRS)]
    patients = [make_patient(site, **name_of(place)) for place in range(CHAIRS * A_DAY)]
    rounds = SESSIONS // (CHAIRS * A_DAY * A_COURSE)
    first = TODAY - timedelta(days=(rounds - ROUNDS_TO_COME) * A_COURSE + 7)
    plain = {"protocol": protocol, "site": site, "request": {}, "booked_at": NOW, "updated_at": NOW}
    courses = Course.objects.bulk_create(
        [
            Course(patient=patient, status="completed" if turn < rounds - ROUNDS_TO_COME else "active", **plain)
            for turn in range(rounds)
            for patient in patients
        ],
        batch_size=2000,
    )

    def rows() -> Iterator[dict[str, Any]]:
        for turn in range(rounds):
            for number in range(A_COURSE):
                day = first + timedelta(days=turn * A_COURSE + number)
                for place, course in enumerate(courses[turn * len(patients) : (turn + 1) * len(patients)]):
                    # Nobody's visits begin and end like those on the next chair.
                    start = datetime.combine(day, time(8 + place % A_DAY, place // A_DAY % 5 * 5), UTC)
                    end = start + timedelta(minutes=(20, 30, 35)[place % 3])
                    yield {
                        **{"uid": uuid.uuid4(), "course_id": course.pk, "patient_id": course.patient_id},
                        **{"number": number + 1, "kind": "treatment", "phase": "acute", "site_id": site.pk, "lane": 0},
                        **{"chair_id": chairs[place // A_DAY], "technician_id": people[place // A_DAY]},
                        **{"starts_at": start, "ends_at": end, "chair_until": end},
                        **{"status": "fulfilled" if end < NOW else "booked", "assessments": "[]", "reasons": "[]"},
                        **{"is_fixed": False, "version": place % 4, "updated_at": NOW - timedelta(days=1)},
                    }

    return rows()


def name_of(place: int) -> dict[str, str]:
    """Invent a name that is like no other, because equal ones would weigh nothing on the wire."""
    digits = [place // 16**power * 7 % 16 for power in range(3)]
    family = "".join(SYLLABLES[(digit + place) % 16] for digit in digits)
    return {"family_name": family.title(), "given_name": (SYLLABLES[place * 5 % 16] + SYLLABLES[digits[0]]).title()}


if __name__ == "__main__":
    sys.exit(answer(sys.argv[1]) if len(sys.argv) > 1 else on_each_database(__file__))
