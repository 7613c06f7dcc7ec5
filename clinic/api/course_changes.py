"""Changing a running course: the ways to go on with something else that is asked of it, and doing one of them."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.selectors import records
from clinic.services import booking, repair
from clinic.services.audit import record_reads

from .courses import course_out
from .errors import Problem
from .operations import Operation, Strict, answered
from .repairs import RepairOut, WayOut, refusing, ways_out

# What a refusal of the planner is called in this request, where that differs.
SENT_AS = {"pace": "per_week"}
NOTHING = "Name at least one thing that shall be different, such as per_week."


class ChangesIn(Strict):
    """What is asked instead of what was asked before; everything that is left out stays as it is."""

    availability = serializers.CharField(
        max_length=1000,
        allow_blank=True,  # refused below, with a sentence that says how to ask for any time
        allow_null=True,
        required=False,
        help_text='Weekly hours such as "Mon-Fri 08:00-12:00", from now on; null means any time.',
    )
    away = serializers.ListField(
        child=serializers.DateField(), max_length=400, required=False, help_text="All dates away, not only new ones."
    )
    skipped = serializers.ListField(
        child=serializers.DateField(), max_length=400, required=False, help_text="All dates that are kept free."
    )
    latest_date = serializers.DateField(allow_null=True, required=False)
    without = serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=20,
        required=False,
        help_text="All phases that are left out, such as a taper; one that has begun cannot be.",
    )
    per_week = serializers.IntegerField(
        min_value=1,
        max_value=7,
        allow_null=True,
        required=False,
        help_text="The most treatment days a week, from next week on; null means as many as the protocol has.",
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Insist on something that is different."""
        if not data:
            raise serializers.ValidationError(NOTHING)
        return data


class QuoteCourseChange(Operation):
    """Give the ways to go on with a running course of which something else is asked. Nothing is changed or held."""

    scope, summary = "courses:read", "Try out a change of a course (dry run)"
    problems = ("not-possible", "course-does-not-fit", "impossible-request")

    class InputSerializer(Strict):
        changes = ChangesIn()

    class OutputSerializer(serializers.Serializer):
        ways = WayOut(many=True)

    def post(self, request: Request, course: UUID) -> Response:
        """Answer with the ways, the one with the fewest changes first."""
        changes = self.input()["changes"]
        row = get_object_or_404(records.courses_of(self.client), uid=course)
        record_reads([row.patient], by=self.actor, now=self.now)

        def show() -> Response:
            found = repair.change_ways(course=row, changes=_plain(changes), now=self.now)
            return Response({"ways": ways_out(found, row.site.zone)})

        return _telling(lambda: refusing(show, row.site.zone))


class ChangeCourse(Operation):
    """Change a running course in one of the ways that were tried out, with the same `changes`."""

    scope, summary, success = "courses:write", "Change a course", 201
    problems = ("not-possible", "course-does-not-fit", "times-taken", "impossible-request")
    needs_match = True
    OutputSerializer = RepairOut

    class InputSerializer(Strict):
        changes = ChangesIn()
        way = serializers.CharField(max_length=64)
        why = serializers.CharField(max_length=400, allow_blank=True, required=False)

    def post(self, request: Request, course: UUID) -> Response:
        """Answer with the change of the course, which can be undone for a while."""
        data = self.input()
        row = get_object_or_404(records.courses_of(self.client), uid=course)

        def change() -> Any:
            self.match(course_out(self, course))
            asked = {"changes": _plain(data["changes"]), "key": data["way"], "why": data.get("why", "")}
            done = repair.change(course=row, **asked, by=self.actor, now=self.now)
            return answered(RepairOut(done).data, status=201)

        return _telling(lambda: refusing(lambda: self.write(change), row.site.zone))


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Write what was read as the data of a request again: dates as texts."""
    return {name: _as_sent(value) for name, value in changes.items()}


def _as_sent(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_sent(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _telling(act: Callable[[], Response]) -> Response:
    """Do something, and name what cannot be asked as it was sent."""
    try:
        return act()
    except booking.InvalidRequest as wrong:
        errors = [
            {"field": f"changes.{SENT_AS.get(name, name)}", "detail": text} for name, text in wrong.errors.items()
        ]
        raise Problem("impossible-request", "Some changes cannot be as they are; see errors.", errors=errors) from wrong
