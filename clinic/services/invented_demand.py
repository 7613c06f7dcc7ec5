"""Invented people who ask for courses now: planned for real, until the coming weeks are as full as a busy clinic's."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import scheduler
from scheduler import catalog

from .invented_clinic import InventedCourse

FULL = 0.8
MOST_TRIES = 14
WEEKS = 2
NAMES = (
    *("Amara Boateng", "Tomasz Wrona", "Siobhan Keane", "Rafael Duarte", "Leila Haddad", "Owen Pryce", "Mei Tanaka"),
    *("Callum Baird", "Ines Moreau", "Dilip Rao", "Freya Holm", "Samuel Asante", "Nadia Petrov", "Bryn Maddox"),
    *("Yara Costa", "Henrik Dahl", "Aisha Khan", "Luca Ferri", "Maeve Doyle", "Jonah Pike", "Priya Nair"),
)
WISHES = ("", "Mon-Fri 08:00-12:00", "Mon-Fri 13:00-18:00", "Mon-Fri 09:00-16:00")
ASKED = (catalog.STANDARD_RTMS, catalog.INTERMITTENT, catalog.INTERMITTENT, catalog.NEUROPATHIC_PAIN)


def fill_up(
    courses: Iterable[InventedCourse], clinic: scheduler.Clinic, *, today: date, random: Random
) -> Iterator[InventedCourse]:
    """Plan further courses beside those that are there, until the next two whole weeks are full."""
    monday = scheduler.week_start(today) + timedelta(weeks=1)
    sessions = [session for course in courses for session in course.sessions]
    names = iter(random.sample(NAMES, len(NAMES)))
    for _ in range(MOST_TRIES):
        if load(sessions, clinic, monday) >= FULL:
            return
        hours = random.choice(WISHES)
        request = scheduler.CourseRequest(
            patient="new",
            protocol=random.choice(ASKED),
            earliest_date=monday + timedelta(days=random.randrange(3)),
            availability=scheduler.Availability.parse(hours) if hours else scheduler.Availability(),
            course="new",
        )
        plan = scheduler.plan_course(request, clinic, scheduler.Diary.of(sessions))[0]
        name = next(names, None) if plan.is_complete else None
        if name:
            placed = tuple(replace(session, status="booked") for session in plan.sessions)
            sessions += [replace(session, patient=name, course=name) for session in placed]
            yield InventedCourse(patient_name=name, request=request, sessions=placed)


def load(sessions: Iterable[scheduler.Session], clinic: scheduler.Clinic, monday: date) -> float:
    """Return the taken share of the chairs' opening hours in some weeks from a Monday on."""
    site = clinic.sites[0]
    weeks = scheduler.local_days(monday, monday + timedelta(weeks=WEEKS, days=-1), site.timezone)
    taken = sum(when.minutes for one in sessions if one.chair for when in [one.when] if when.overlaps(weeks))
    hours = [clinic.hours_of(chair) for chair in clinic.chairs]
    return taken / (WEEKS * sum(end - start for one in hours for day in range(7) for start, end in one.on_weekday(day)))
