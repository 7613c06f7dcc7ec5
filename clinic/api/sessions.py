"""Sessions: list, read, find openings, move."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Chair
from clinic.models.courses import SessionStatus
from clinic.selectors import records
from clinic.services import booking
from clinic.services.audit import record_reads

from .errors import Problem, named
from .fields import Instant
from .operations import Operation, Strict, answered
from .paging import page
from .shapes import OpeningOut, PageQuery, SessionOut, page_of
from .wording import openings_out, speaker

FURTHEST = timedelta(days=730)
LONGEST_SEARCH = timedelta(days=62)


class ListSessions(Operation):
    """Give the sessions at the token's sites; filters can be combined."""

    scope, summary = "sessions:read", "List sessions"
    is_tagged = True
    OutputSerializer = page_of(SessionOut)

    class QuerySerializer(PageQuery):
        course = serializers.UUIDField(required=False)
        patient = serializers.UUIDField(required=False)
        status = serializers.ChoiceField(choices=SessionStatus.values, required=False)
        starts_from = Instant(required=False, help_text="Sessions that start then or later.")
        starts_before = Instant(required=False, help_text="Sessions that start earlier.")

    FILTERS = {
        "course": "course__uid",
        "patient": "patient__uid",
        "status": "status",
        "starts_from": "starts_at__gte",
        "starts_before": "starts_at__lt",
    }

    def get(self, request: Request) -> Response:
        """Answer with a page."""
        query = self.query()
        filters = {column: query[name] for name, column in self.FILTERS.items() if name in query}
        shown, following = page(records.sessions_of(self.client).filter(**filters), query)
        record_reads([row.patient for row in shown], by=self.actor, now=self.now)
        items = SessionOut(shown, many=True, context={"say": speaker()}).data
        return self.found({"items": items, "next": following})


class ReadSession(Operation):
    """Give one session."""

    scope, summary = "sessions:read", "Read a session"
    is_tagged = True
    OutputSerializer = SessionOut

    def get(self, request: Request, session: UUID) -> Response:
        """Answer with the session."""
        row = get_object_or_404(records.sessions_of(self.client), uid=session)
        record_reads([row.patient], by=self.actor, now=self.now)
        return self.found(session_out(row))


class FindOpenings(Operation):
    """Find free places for a session, each already judged by the rules of its course, soonest first."""

    scope, summary = "sessions:read", "Find openings for a session"

    class QuerySerializer(Strict):
        first = serializers.DateField(required=False, help_text="First date; today when left out.")
        last = serializers.DateField(required=False, help_text="Last date, at most 62 days later.")
        limit = serializers.IntegerField(min_value=1, max_value=50, default=12)

    class OutputSerializer(serializers.Serializer):
        openings = OpeningOut(many=True)

    def get(self, request: Request, session: UUID) -> Response:
        """Answer with the openings."""
        query = self.query()
        row = get_object_or_404(records.sessions_of(self.client), uid=session)
        today = self.now.astimezone(row.site.zone).date()
        first = query.get("first", today)
        if not today <= first <= today + FURTHEST:
            raise serializers.ValidationError({"first": ["Send a date from today to two years ahead."]})
        last = query.get("last", first + timedelta(days=14))
        if not first <= last <= first + LONGEST_SEARCH:
            raise serializers.ValidationError({"last": ["Send a date from the first date to 62 days later."]})
        found = booking.openings(session=row, first=first, last=last, now=self.now, limit=query["limit"])
        return Response({"openings": openings_out(found, row.site.zone)})


class MoveSession(Operation):
    """Move a session to another time, and to another chair when one is named. It keeps its id."""

    scope, summary = "sessions:write", "Move a session"
    problems = ("session-does-not-fit", "not-possible")
    is_tagged = needs_match = True
    OutputSerializer = SessionOut

    class InputSerializer(Strict):
        start = Instant()
        chair = serializers.UUIDField(allow_null=True, required=False, help_text="The best free chair when left out.")
        why = serializers.CharField(max_length=400, allow_blank=True, required=False)

    def patch(self, request: Request, session: UUID) -> Response:
        """Answer with the moved session."""
        data = self.input()
        if data["start"] > self.now + FURTHEST:
            raise serializers.ValidationError({"start": ["Send a time at most two years ahead."]})
        row = get_object_or_404(records.sessions_of(self.client), uid=session)
        chair = named("chair", Chair.objects.all(), uid=data["chair"], site=row.site) if data.get("chair") else None

        def move() -> Any:
            current = get_object_or_404(records.sessions_of(self.client), uid=session)
            self.match(session_out(current))
            booking.move_session(
                session=current,
                start=data["start"],
                chair=chair,
                by=self.actor,
                now=self.now,
                expected_version=current.version,
                why=data.get("why", ""),
            )
            return answered(session_out(records.sessions_of(self.client).get(uid=session)))

        try:
            return self.write(move)
        except booking.SessionDoesNotFit as refused:
            zone = row.site.zone
            raise Problem(
                "session-does-not-fit",
                "It was not moved: the reasons say why, and alternatives are free places near by.",
                reasons=speaker()(refused.reasons, zone),
                alternatives=openings_out(refused.alternatives, zone),
            ) from refused


def session_out(row: Any) -> Any:
    """Write one session."""
    return SessionOut(row, context={"say": speaker()}).data
