"""What was decided about the invented courses that are over."""

from collections.abc import Iterable, Iterator

from clinic.models import Course, Decision, User
from clinic.models.courses import CourseStatus
from clinic.models.repairs import DecisionState


def decide_what_is_over(courses: Iterable[Course], by: User) -> None:
    """Write that finished courses did not go on with the conditional phases of their protocols."""
    Decision.objects.bulk_create(_declined(courses, by))


def _declined(courses: Iterable[Course], by: User) -> Iterator[Decision]:
    for course in courses:
        for phase in course.protocol.definition["phases"] if course.status == CourseStatus.COMPLETED else ():
            if phase.get("condition"):
                yield Decision(
                    course=course,
                    phase=phase["name"],
                    sessions=phase["sessions"],
                    state=DecisionState.DECLINED,
                    noted_by=by,
                    noted_at=course.updated_at,
                )
