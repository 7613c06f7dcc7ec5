"""Follow-ups of a course that have no date yet: which there are, where they could be, and booking one."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Chair
from clinic.selectors import records
from clinic.selectors.follow_ups import OpenFollowUp, open_follow_ups
from clinic.services import booking, follow_ups
from clinic.services.audit import record_reads

from .courses import course_out
from .errors import Problem, named
from .fields import Instant
from .operations import Operation, Strict, answered
from .repairs import RepairOut, refusing
from .sessions import FURTHEST
from .shapes import OpeningOut
from .wording import openings_out, speaker


class FollowUpOut(serializers.Serializer):
    """A follow-up without a date: when it is due, and the dates between which it should be."""

    position = serializers.IntegerField(help_text="Names it in the addresses below the course.")
    name = serializers.CharField()
    due_date = serializers.DateField()
    first_date = serializers.DateField()
    last_date = serializers.DateField()


class ListFollowUps(Operation):
    """Give the follow-ups of a running or finished course that have no date yet."""

    scope, summary = "courses:read", "List the follow-ups without a date"
    is_tagged = True

    class OutputSerializer(serializers.Serializer):
        follow_ups = FollowUpOut(many=True)

    def get(self, request: Request, course: UUID) -> Response:
        """Answer with the follow-ups."""
        row = get_object_or_404(records.courses_of(self.client), uid=course)
        record_reads([row.patient], by=self.actor, now=self.now)
        found = open_follow_ups(row, row.sessions.all())
        return self.found({"follow_ups": [_follow_up_out(item) for item in found]})


class FindFollowUpOpenings(Operation):
    """Find free places for a follow-up, inside its dates while these are not over, soonest first."""

    scope, summary = "courses:read", "Find openings for a follow-up"
    problems = ("not-possible", "impossible-request")

    class QuerySerializer(Strict):
        first = serializers.DateField(required=False, help_text="First of 14 dates; the first allowed when left out.")

    class OutputSerializer(serializers.Serializer):
        openings = OpeningOut(many=True)

    def get(self, request: Request, course: UUID, position: int) -> Response:
        """Answer with the openings."""
        query = self.query()
        row = get_object_or_404(records.courses_of(self.client), uid=course)
        record_reads([row.patient], by=self.actor, now=self.now)
        due = follow_ups.follow_up_of(row, position)
        today = self.now.astimezone(row.site.zone).date()
        first = query.get("first", max(due.first, today))
        if "first" in query and not today <= first <= today + FURTHEST:
            raise serializers.ValidationError({"first": ["Send a date from today to two years ahead."]})
        found = follow_ups.openings(course=row, follow_up=due, first=first, now=self.now)
        return Response({"openings": openings_out(found, row.site.zone)})


class BookFollowUp(Operation):
    """Book a follow-up that has no date at one of its openings."""

    scope, summary, success = "courses:write", "Book a follow-up", 201
    problems = ("session-does-not-fit", "not-possible", "times-taken", "impossible-request")
    needs_match = True
    OutputSerializer = RepairOut

    class InputSerializer(Strict):
        start = Instant()
        chair = serializers.UUIDField(
            allow_null=True, required=False, help_text="That of the opening; null or left out where it has none."
        )
        why = serializers.CharField(
            max_length=400, allow_blank=True, required=False, help_text="Needed outside its dates."
        )

    def post(self, request: Request, course: UUID, position: int) -> Response:
        """Answer with the change of the course, which can be undone for a while."""
        data = self.input()
        if not self.now < data["start"] <= self.now + FURTHEST:
            raise serializers.ValidationError({"start": ["Send a time to come, at most two years ahead."]})
        row = get_object_or_404(records.courses_of(self.client), uid=course)
        chair = named("chair", Chair.objects.all(), uid=data["chair"], site=row.site) if data.get("chair") else None

        def book() -> Any:
            self.match(course_out(self, course))
            place = {"position": position, "start": data["start"], "chair": chair, "why": data.get("why", "")}
            done = follow_ups.book(course=row, **place, by=self.actor, now=self.now)
            return answered(RepairOut(done).data, status=201)

        try:
            return refusing(lambda: self.write(book), row.site.zone)
        except booking.SessionDoesNotFit as refused:
            raise Problem(
                "session-does-not-fit",
                "It was not booked: this is none of its openings. Alternatives are free places from that date on.",
                reasons=speaker()(refused.reasons, row.site.zone),
                alternatives=openings_out(refused.alternatives, row.site.zone),
            ) from refused


def _follow_up_out(item: OpenFollowUp) -> dict[str, Any]:
    days = {"due_date": item.due.due_date, "first_date": item.first, "last_date": item.last}
    return {"position": item.position, "name": item.name, **{name: day.isoformat() for name, day in days.items()}}
