"""Invented clinics and a full diary, for the tour, the tests, the benchmarks and the demo command.

Nobody here exists. Everything is a pure function of its arguments, the seed among them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from scheduler.catalog import CHRONIC_PAIN, INTERMITTENT, NEUROPATHIC_PAIN, OCD, PMS_DAILY, STANDARD_RTMS, TWENTY
from scheduler.course import Authorisation, CourseRequest
from scheduler.followups import place_follow_ups
from scheduler.hours import WeeklyHours, week_start
from scheduler.plan import Diary, Session
from scheduler.protocols import Protocol
from scheduler.resources import Chair, Clinic, Prescriber, Shift, Site, Technician

from .diarist import Diarist

TIMEZONE = "Europe/London"
OPEN = WeeklyHours.parse("Mon-Fri 08:00-18:00")
EARLY = WeeklyHours.parse("Mon-Fri 08:00-17:00")
LATE = WeeklyHours.parse("Mon-Fri 09:00-18:00")
DOCTORS = WeeklyHours.parse("Mon-Fri 08:30-12:30 13:30-17:30")

CHAIR_KINDS = ({"rtms"}, {"rtms"}, {"rtms", "deep"}, {"rtms", "pms"})
STAFF = (("Ana Silva", EARLY), ("Ben Okoro", EARLY), ("Chloe Marsh", EARLY), ("Dev Anand", LATE), ("Ewa Lis", LATE))
TOWNS = ("Ash", "Birch", "Cedar", "Elm", "Hazel", "Larch", "Maple", "Oak", "Rowan", "Willow")
FIRST_NAMES = (
    "Ada Bela Carl Dora Emil Fay Gus Hana Ivo June Kofi Lena Milo Nora Otto Pia Quinn Rosa Sven Tess Uma Vera Wes "
    "Xenia Yusuf Zoe Arun Bibi Cleo Dario Edda Finn Greta Hugo Ines Jonas Kira Leon Mara Nils"
)
LAST_NAMES = (
    "Abbey Barrow Calder Dunmore Eastlake Farrow Garth Holme Inglewood Jessop Kirkby Lindale Marsden Northcote Orton "
    "Penrose Quorn Redfern Selwood Thorne Ulverton Vickers Wharton Yarrow"
)
MIX: tuple[tuple[Protocol, int], ...] = (
    (STANDARD_RTMS, 40),
    (INTERMITTENT, 25),
    (CHRONIC_PAIN, 10),
    (NEUROPATHIC_PAIN, 8),
    (TWENTY, 7),
    (OCD, 5),
    (PMS_DAILY, 5),
)
FULL = 0.88  # no course begins in a week whose next week is this full; the diary then settles at about 80 %
MOST_STARTS_A_WEEK = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCourse:
    """Hold an invented patient's course as it was asked for and booked."""

    patient_name: str
    request: CourseRequest
    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDiary:
    """Hold a clinic with its courses, running and finished."""

    clinic: Clinic
    courses: tuple[DemoCourse, ...]

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Return the sessions of all courses."""
        return tuple(session for course in self.courses for session in course.sessions)

    def active(self, today: date) -> tuple[DemoCourse, ...]:
        """Return the courses that have begun and have sessions left."""
        return tuple(
            c for c in self.courses if c.sessions[0].when.start.date() <= today <= c.sessions[-1].when.end.date()
        )


def small_clinic() -> Clinic:
    """Build a clinic with four chairs, five technicians and a prescriber."""
    return network(sites=1)


def network(sites: int = 10) -> Clinic:
    """Build a clinic of several sites, each with four chairs, five technicians and a prescriber."""
    towns = TOWNS[:sites]
    return Clinic(
        sites=tuple(
            Site(id=town.lower(), name=f"{town} Street Clinic", timezone=TIMEZONE, hours=OPEN) for town in towns
        ),
        chairs=tuple(chair for town in towns for chair in _chairs(town)),
        technicians=tuple(technician for town in towns for technician in _technicians(town)),
        prescribers=tuple(
            Prescriber(
                id=f"{town.lower()}-dr", name=f"Dr {town}wood", shifts=(Shift(site=town.lower(), hours=DOCTORS),)
            )
            for town in towns
        ),
    )


def booked_demo_diary(
    today: date,
    seed: int = 1,
    clinic: Clinic | None = None,
    weeks_of_history: int = 13,
    full: float = FULL,
    missed: float = 0,
) -> DemoDiary:
    """Fill a clinic with invented courses until it is about 80 % full around `today`.

    Courses begin in the weeks of history and in the week of `today`, and run on as long as they need. Every course
    obeys the rule book. Sessions before `today` are fulfilled, the others booked; with a share of `missed` sessions,
    some of those before are missed or cancelled, and made up.
    """
    clinic = clinic or small_clinic()
    random = Random(seed)
    diarists = [Diarist(clinic, site, today, missed) for site in clinic.sites]
    people = _people(random)
    courses: list[DemoCourse] = []
    week = week_start(today) - timedelta(weeks=weeks_of_history)
    while week <= today:
        for diarist in diarists:
            for _ in range(MOST_STARTS_A_WEEK):
                if diarist.load(week + timedelta(weeks=1)) >= full:
                    break
                request = _request(random, len(courses) + 1, diarist.site, week)
                if sessions := diarist.place(request, random):
                    courses.append(DemoCourse(patient_name=next(people), request=request, sessions=sessions))
        week += timedelta(weeks=1)
    return DemoDiary(clinic=clinic, courses=tuple(courses))


def with_follow_ups(diary: DemoDiary) -> DemoDiary:
    """Add to each course its follow-ups, each at the free place nearest its date.

    Those of the catalogue need a prescriber and nobody else, so that only visits with one can be in their way.
    """
    taken, courses = [session for session in diary.sessions if session.prescriber], []
    for course in diary.courses:
        own = [session for session in course.sessions if session.takes_its_place]
        others = Diary.of(session for session in taken if session.course != course.request.course)
        placed, _ = place_follow_ups(course.request, diary.clinic, others, own)
        taken += placed
        courses.append(replace(course, sessions=course.sessions + placed))
    return replace(diary, courses=tuple(courses))


def _chairs(town: str) -> Iterator[Chair]:
    for number, kinds in enumerate(CHAIR_KINDS, 1):
        yield Chair(
            id=f"{town.lower()}-chair-{number}", name=f"Chair {number}", site=town.lower(), kinds=frozenset(kinds)
        )


def _technicians(town: str) -> Iterator[Technician]:
    for number, (name, hours) in enumerate(STAFF, 1):
        yield Technician(
            id=f"{town.lower()}-technician-{number}", name=name, shifts=(Shift(site=town.lower(), hours=hours),)
        )


def _people(random: Random) -> Iterator[str]:
    """Yield invented names without end, each pair once before any comes again."""
    pairs = [f"{first} {last}" for first in FIRST_NAMES.split() for last in LAST_NAMES.split()]
    while True:
        yield from random.sample(pairs, len(pairs))


def _request(random: Random, number: int, site: Site, week: date) -> CourseRequest:
    (protocol,) = random.choices([item for item, _ in MIX], [share for _, share in MIX])
    earliest = week + timedelta(days=random.randrange(5))
    authorisation = Authorisation(
        first_date=earliest,
        last_date=earliest + timedelta(days=120),
        units=protocol.sessions(),
        number=f"A-{number:05d}",
    )
    return CourseRequest(
        patient=f"patient-{number:05d}",
        protocol=protocol,
        earliest_date=earliest,
        authorisation=authorisation if random.random() < 0.5 else None,
        sites=frozenset({site.id}),
        course=f"course-{number:05d}",
    )
