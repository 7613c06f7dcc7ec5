"""The small clinic that a walk goes through, the diary as it stands, and the laws that it has to keep."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from clinic.models import Course, Disruption, Occupancy, Session, Site
from clinic.models.courses import CourseStatus, SessionStatus
from clinic.planning import FREES_ITS_PLACE
from clinic.selectors.disruptions import affected
from clinic.services import diary_check, occupancy
from scheduler import FollowUp, Phase, Visit, VisitKind
from tests.clinic.builders import make_chair, make_prescriber, make_protocol, make_recipe, make_site, make_technician

VOID = SessionStatus.ENTERED_IN_ERROR
CHANGES_EACH_TIME = ("version", "updated_at")
Rows = dict[int, dict[int, dict[str, Any]]]  # by course, then by session

VISIT = Visit(minutes=30, turnaround_minutes=5)
ACUTE = Phase(name="acute", visit=VISIT, sessions=6, per_week_max=5)
WEEKLY = Phase(
    name="weekly",
    visit=VISIT,
    sessions=2,
    per_week_max=1,
    min_days_between=5,
    max_days_between=10,
    condition="if pain eased",
)
GOING_ON = make_recipe(slug="going-on", phases=(ACUTE, WEEKLY), first_visit=None, follow_ups=())
TAPERING = make_recipe(
    slug="tapering",
    phases=(ACUTE, Phase(name="taper", visit=VISIT, taper=(2, 1))),
    follow_ups=(FollowUp(name="two weeks", visit=Visit(kind=VisitKind.FOLLOW_UP, minutes=20), days=14),),
)
RECIPES = (GOING_ON, TAPERING)


def make_small_clinic() -> Site:
    """Make two chairs with their people, and two protocols: little room, so that steps collide."""
    site = make_site()
    for _ in range(2):
        make_chair(site)
        make_technician(site)
    make_prescriber(site)
    for recipe in RECIPES:
        make_protocol(recipe)
    return site


def rows() -> Rows:
    """Return every session exactly as it is kept."""
    found: Rows = {}
    for row in Session.objects.order_by("pk").values():
        found.setdefault(row["course_id"], {})[row["id"]] = row
    return found


def standing(kept: Rows, courses: Iterable[int]) -> Rows:
    """Return the sessions of some courses that are not void, apart from how often they were changed."""
    return {
        course: {
            pk: {name: value for name, value in row.items() if name not in CHANGES_EACH_TIME}
            for pk, row in kept.get(course, {}).items()
            if row["status"] != VOID
        }
        for course in courses
    }


def living_courses(site: Site) -> list[Course]:
    """Return the courses of a site that were not cancelled."""
    found = Course.objects.filter(site=site).exclude(status=CourseStatus.REVOKED).order_by("pk")
    return list(found.select_related("patient__site", "protocol", "site"))


def assert_laws(site: Site, now: datetime) -> None:
    """Insist on what must hold between any two steps."""
    hit = [row for what in Disruption.objects.exclude(state="withdrawn") for row in affected(what, now)]
    known = {diary_check._where(row) for row in hit}
    found = diary_check.broken_rules(site, now=now)
    assert [str(finding) for finding in found if finding.where not in known] == []
    assert_cells_are_those_of_the_sessions()
    for course in living_courses(site):
        assert_has_all_its_sessions(course)
        assert_is_finished_when_all_was_given(course)


def assert_cells_are_those_of_the_sessions() -> None:
    """Insist that each standing session takes its cells, and nothing else takes any."""
    stand = Session.objects.exclude(status__in=FREES_ITS_PLACE)
    implied = sorted((*cell, row.pk) for row in stand for cell in occupancy.cells(row))
    assert sorted(Occupancy.objects.values_list("resource", "lane", "cell", "session")) == implied


def assert_has_all_its_sessions(course: Course) -> None:
    """Insist that each session of the protocol stands once, or waits to be made up."""
    rows = list(course.sessions.exclude(kind=VisitKind.FOLLOW_UP.value).exclude(status=VOID))
    stand = [row.number for row in rows if row.status not in FREES_ITS_PLACE]
    wanted = set(range(1, _wanted(course) + 1))
    assert len(stand) == len(set(stand))
    assert set(stand) - wanted == set()
    assert wanted - {row.number for row in rows} == set()


def assert_is_finished_when_all_was_given(course: Course) -> None:
    """Insist that a course is finished exactly when its last session was given and nothing is left to decide."""
    rows = course.sessions.exclude(kind=VisitKind.FOLLOW_UP.value).exclude(status=VOID)
    stand = rows.exclude(status__in=FREES_ITS_PLACE).values_list("number", "status")
    is_given = sorted(stand) == [(number, "fulfilled") for number in range(1, _wanted(course) + 1)]
    made = dict(course.decisions.order_by("noted_at", "pk").values_list("phase", "state"))
    chosen = course.request.get("phases", ())
    asked = [phase["name"] for phase in course.protocol.definition["phases"] if phase.get("condition")]
    is_open = "held" in made.values() or any(name not in made for name in asked if name not in chosen)
    assert (course.status == CourseStatus.COMPLETED) == (is_given and not is_open)


def _wanted(course: Course) -> int:
    asked = course.request
    phases = [phase for phase in course.protocol.definition["phases"] if phase["name"] not in asked.get("without", ())]
    planned = [phase for phase in phases if not phase.get("condition") or phase["name"] in asked.get("phases", ())]
    return sum(phase["sessions"] for phase in planned) + asked.get("extension", 0)
