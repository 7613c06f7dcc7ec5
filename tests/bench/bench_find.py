"""Measure the search field among 100,000 patients: how long the list below it takes, and how many queries.

    python3 dev.py bench bench_find

Names are as unevenly spread as people's are: a few are very frequent. On SQLite and on PostgreSQL, where the time on
the processor is without the server's part.
"""

import random
import sys
from functools import partial
from statistics import median
from typing import Any

from tests.bench.common import on_each_database, p95, prepare, timed

PATIENTS, REPEATS, MOST_MS = 100_000, 20, 100
SEARCHES = {
    "a frequent name": "maria",
    "two letters": "ma",
    "both names": "lopez maria",
    "beginnings": "mar lop",
    "a wrong letter": "lopaz mariq",
    "swapped letters": "amria",
    "patient number": "N77777",
    "phone": "+44 7700 900 123",
    "end of a phone": "00123",
    "date of birth": "14/5/1971",
    "name and birth": "maria 14 may 1971",
    "nobody": "xylophonist",
    "nobody, two words": "qwertz asdfgh",
    "a command": "day 3 dec",
    "book and a name": "book lopez maria",
    "everybody": "",
}


def answer(name: str) -> int:
    """Fill the database, search, and print; return 1 when a search took too long."""
    prepare()
    desk = filled()
    print(f"{name:<22}{'p50 ms':>8}{'p95 ms':>8}{'processor':>11}{'queries':>9}", flush=True)
    slow = 0
    for what, text in SEARCHES.items():
        search = partial(desk.get, "/patients/", {"q": text}, headers={"HX-Request": "true"})
        found = [timed(search) for _ in range(REPEATS)]
        assert all(one.answer.status_code == 200 for one in found), what
        clock, processor = [one.clock for one in found], [one.processor for one in found]
        slow += p95(clock[1:]) > MOST_MS
        queries = max(one.queries for one in found)
        print(
            f"  {what:<20}{median(clock):>8.1f}{p95(clock[1:]):>8.1f}{median(processor):>11.1f}{queries:>9}", flush=True
        )
    return int(slow > 0)


def filled() -> Any:
    """Fill a clinic of 90,000 and one of 10,000 patients; return the browser of somebody at the first."""
    from django.db import connection, transaction
    from django.test import Client

    from tests.clinic.builders import make_site, make_user

    draw = random.Random(1)
    sites = [make_site(), make_site()]
    with transaction.atomic():
        write(sites, draw)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    desk = Client(SERVER_NAME="localhost")
    desk.force_login(make_user(sites[0]))
    return desk


def write(sites: list[Any], draw: random.Random) -> None:
    """Write the patients and their keys."""
    from datetime import date, timedelta

    from clinic.models import Patient, Resource
    from clinic.models.people import plain_text
    from clinic.services.patient_keys import add_keys

    given, family = names(draw, ["Maria", "Mariana", "Margaret", "Marek"], 600), names(draw, ["Lopez", "López"], 12_000)
    Resource.objects.bulk_create([Resource(kind="patient") for _ in range(PATIENTS)], batch_size=5000)
    keys = list(Resource.objects.filter(kind="patient").order_by("pk").values_list("pk", flat=True))
    for first in range(0, PATIENTS, 5000):
        rows = []
        for place, key in enumerate(keys[first : first + 5000], first):
            row = Patient(pk=key, site=sites[place % 10 == 9], number=f"N{place}", phone=f"07700 9{place:05}")
            row.given_name, row.family_name = pick(draw, given), pick(draw, family)
            row.date_of_birth = date(1940, 1, 1) + timedelta(days=draw.randrange(25_000))
            row.search_text = plain_text(row.family_name, row.given_name, row.number, row.phone)
            rows.append(row)
        Patient.objects.bulk_create(rows, batch_size=2000)
        add_keys(rows)


def names(draw: random.Random, first: list[str], count: int) -> list[str]:
    """Invent names of two to four syllables, after a few that are given."""
    heads, tails = [*"bdfghjklmnprstvwz", "br", "st", "kl"], [*"aeiou", "an", "el", "or", "in", "ez"]
    made = (
        "".join(draw.choice(heads) + draw.choice(tails) for _ in range(draw.randint(2, 4))).title()
        for _ in range(count)
    )
    return [*first, *made]


def pick(draw: random.Random, names: list[str]) -> str:
    """Draw a name; the first ones are drawn far more often than the last."""
    return names[int(len(names) * draw.random() ** 3)]


if __name__ == "__main__":
    sys.exit(answer(sys.argv[1]) if len(sys.argv) > 1 else on_each_database(__file__))
