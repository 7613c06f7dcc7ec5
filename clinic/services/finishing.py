"""Whether a course goes on or is finished: by what was given, and by what is still to be decided."""

from datetime import datetime
from typing import Any

from clinic import planning
from clinic.models import Course
from clinic.models.courses import IMPORTED, LIVING, CourseStatus, SessionStatus
from clinic.models.repairs import DecisionState
from clinic.planning import FREES_ITS_PLACE
from clinic.selectors.decisions import EXTENSION, branches_of

from . import audit, outbox

FOLLOW_UP = "follow-up"
# Wishes do not matter here.
NO_WISHES: dict[str, Any] = {"chair": None, "technician": None, "fixed": []}


def settle(course: Course, *, by: audit.Actor, now: datetime) -> None:
    """Finish a course whose last session was given, or let it run again; its row has to be locked."""
    if course.status not in LIVING:
        return
    is_over = is_finished(course)
    status = CourseStatus.COMPLETED if is_over else CourseStatus.ACTIVE
    if status == course.status:
        return
    course.status = status
    course.version += 1
    course.updated_at = now
    course.save(update_fields=["status", "version", "updated_at"])
    if not is_over:
        outbox.forget_finished(course)
    action = "course finished" if is_over else "course runs again"
    audit.record(by=by, now=now, action=action, patient=course.patient, course=course)


def is_finished(course: Course) -> bool:
    """Tell whether all that was planned of a course was given, and nothing is left to decide.

    A session that was missed and not made up keeps a course running. One that came from a spreadsheet has the sessions
    that the spreadsheet had, and was over when all of these lay in the past.
    """
    rows = course.sessions.exclude(kind=FOLLOW_UP).exclude(status=SessionStatus.ENTERED_IN_ERROR)
    numbers = list(rows.values_list("number", "status"))
    standing = [(number, status) for number, status in numbers if status not in FREES_ITS_PLACE]
    if not standing or any(status != SessionStatus.FULFILLED for _, status in standing):
        return False
    given = {number for number, _ in standing}
    if course.plan_kind == IMPORTED:
        is_whole = course.status == CourseStatus.COMPLETED or given == {number for number, _ in numbers}
        return is_whole and not course.decisions.filter(state=DecisionState.HELD).exists()
    try:
        wanted = planning.request_value(
            course.request | NO_WISHES,
            patient=course.patient,
            protocol=course.protocol,
            site=course.site,
            course=str(course.uid),
        ).sessions
    except planning.InvalidRequest:  # what was asked cannot be read any more, so it stays as it is
        return course.status == CourseStatus.COMPLETED
    return given >= set(range(1, wanted + 1)) and not _is_to_be_decided(course)


def _is_to_be_decided(course: Course) -> bool:
    """Tell whether a conditional phase is undecided, or times are held for more sessions."""
    return any(branch.is_open and (branch.phase != EXTENSION or branch.decision) for branch in branches_of(course))
