"""Measure what the calendar feed of a course of 36 sessions costs, new and when nothing has changed.

    python tests/bench/bench_feed.py

On SQLite and on PostgreSQL. A program that has the calendar is answered without building it.
"""

import sys
from datetime import timedelta

from common import on_each_database, p95, prepare, timed

SESSIONS, REQUESTS, WARM_UP, BUDGET = 36, 200, 10, 50.0


def main() -> int:
    """Measure both databases, or the one of this process."""
    if len(sys.argv) > 1:
        return measure(sys.argv[1])
    print(f"{'database':<12}{'answer':<16}{'p50 ms':>9}{'p95 ms':>9}{'processor p95':>15}{'queries':>9}", flush=True)
    return on_each_database(__file__)


def measure(name: str) -> int:
    """Fetch the feed again and again; tell whether a target was missed."""
    prepare()
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from clinic.services import access
    from clinic.services.audit import Actor
    from tests.clinic.builders import make_chair, make_course, make_patient, make_protocol, make_session, make_site
    from tests.clinic.builders import make_technician as technician_of

    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    site = make_site()
    course = make_course(make_patient(site), make_protocol())
    chair, technician = make_chair(site), technician_of(site)
    for day in range(SESSIONS):
        make_session(course, chair, technician, now + timedelta(days=day))
    _, secret = access.new_calendar_link(patient=course.patient, by=Actor(name="bench"), now=now)
    address, program = reverse("feeds:calendar", args=[secret]), Client(SERVER_NAME="localhost")
    etag = program.get(address)["ETag"]
    slow = False
    for words, headers, status in (("whole", {}, 200), ("not modified", {"If-None-Match": etag}, 304)):
        took = [timed(lambda headers=headers: program.get(address, headers=headers)) for _ in range(REQUESTS + WARM_UP)]
        kept = took[WARM_UP:]
        assert {each.answer.status_code for each in kept} == {status}
        clock, processor = ([getattr(each, what) for each in kept] for what in ("clock", "processor"))
        middle, queries = sorted(clock)[len(clock) // 2], max(each.queries for each in kept)
        print(f"{name:<12}{words:<16}{middle:>9.1f}{p95(clock):>9.1f}{p95(processor):>15.1f}{queries:>9}", flush=True)
        slow = slow or p95(processor) > BUDGET
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
