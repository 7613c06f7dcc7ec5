"""Courses of which everything was given are finished; until now they ran for ever."""

from typing import Any

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Now

FREES_ITS_PLACE = ("cancelled", "noshow", "entered-in-error")


def finish_what_was_given(apps: Any, schema_editor: Any) -> None:
    """Finish such courses, and let finished ones run of which sessions are to come."""
    courses, sessions = (apps.get_model("clinic", name).objects for name in ("Course", "Session"))
    treatment = sessions.exclude(kind="follow-up").exclude(status="entered-in-error").order_by()
    standing = treatment.exclude(status__in=FREES_ITS_PLACE)
    waiting = standing.exclude(status="fulfilled")
    begun = courses.filter(status="active", pk__in=standing.values("course")).exclude(pk__in=waiting.values("course"))
    finished = [
        course.pk
        for course in begun.select_related("protocol").iterator()
        if _numbers(treatment, course) <= set(standing.filter(course=course).values_list("number", flat=True))
        and not _is_to_be_decided(course)
    ]
    changed = {"version": F("version") + 1, "updated_at": Now()}
    for first in range(0, len(finished), 500):
        courses.filter(pk__in=finished[first : first + 500]).update(status="completed", **changed)
    to_come = waiting.filter(starts_at__gt=Now()).values("course")
    courses.filter(status="completed", pk__in=to_come).update(status="active", **changed)


def _numbers(treatment: Any, course: Any) -> set[int]:
    """Return the numbers of the sessions that a course is to have."""
    if course.plan_kind == "imported":
        return set(treatment.filter(course=course).values_list("number", flat=True))
    asked = course.request
    out, chosen = asked.get("without") or (), asked.get("phases") or ()
    planned = sum(
        phase.get("sessions") or sum(phase["taper"]) * phase.get("sessions_per_day", 1)
        for phase in course.protocol.definition["phases"]
        if phase["name"] not in out and (not phase.get("condition") or phase["name"] in chosen)
    )
    return set(range(1, planned + (asked.get("extension") or 0) + 1))


def _is_to_be_decided(course: Any) -> bool:
    made = dict(course.decisions.order_by("noted_at", "pk").values_list("phase", "state"))
    if "held" in made.values():
        return True
    chosen = course.request.get("phases") or ()
    phases = course.protocol.definition["phases"] if course.plan_kind != "imported" else ()
    return any(
        phase.get("condition") and phase["name"] not in chosen and made.get(phase["name"]) is None for phase in phases
    )


class Migration(migrations.Migration):
    dependencies = [("clinic", "0017_mail_invitations_to_staff")]
    operations = [migrations.RunPython(finish_what_was_given, migrations.RunPython.noop)]
