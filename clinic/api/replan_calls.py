"""Working through a replan: what came of calling each patient, and keeping the answer as it is."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models.disruptions import CallState
from clinic.selectors import records
from clinic.services import disruption

from .operations import Operation, Strict, answered
from .replan_shapes import ReplanOut, replan_out


class NoteCall(Operation):
    """Note what came of calling the patient of a course. Once anybody was called, the answer stays as it is."""

    scope, summary = "disruptions:write", "Note a call about a replan"
    problems = ("not-possible",)
    OutputSerializer = ReplanOut

    class InputSerializer(Strict):
        course = serializers.UUIDField()
        call = serializers.ChoiceField(choices=CallState.values)

    def post(self, request: Request, replan: UUID) -> Response:
        """Answer with the replan as it is then."""
        data = self.input()
        row = get_object_or_404(records.replans_of(self.client), uid=replan)

        def note() -> Any:
            disruption.note_call(replan=row, by=self.actor, now=self.now, **data)
            return answered(replan_out(records.replans_of(self.client).get(uid=replan), self))

        return self.write(note)


class StopReplanSearch(Operation):
    """Keep the answer as it is; nobody looks for a better one any more."""

    scope, summary = "disruptions:write", "Stop the search for a better replan"
    OutputSerializer = ReplanOut

    def post(self, request: Request, replan: UUID) -> Response:
        """Answer with the replan that is kept."""
        row = get_object_or_404(records.replans_of(self.client), uid=replan)

        def stop() -> Any:
            disruption.stop_search(replan=row, by=self.actor, now=self.now)
            return answered(replan_out(records.replans_of(self.client).get(uid=replan), self))

        return self.write(stop)
