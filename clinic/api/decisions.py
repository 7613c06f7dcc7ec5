"""Whether a course goes on: what there is to decide, what it would mean, and the answer."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Course
from clinic.selectors import records
from clinic.selectors.decisions import Branch, branches_of
from clinic.services import decisions
from clinic.services.audit import record_reads

from .operations import Operation, Strict, answered
from .repairs import WayOut, refusing, ways_out
from .wording import local

STATES = ("open", "held", "declined")
ANSWERS = ("hold", "yes", "no", "reopen")
MOST_MORE = 60


class BranchOut(serializers.Serializer):
    """What a course may go on with; `due_date` is that of the last session before it."""

    phase = serializers.CharField()
    condition = serializers.CharField()
    sessions = serializers.IntegerField()
    due_date = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    held_until = serializers.DateTimeField(allow_null=True)


class BranchesOut(serializers.Serializer):
    """The decisions of a course, and the last change of it, which can be undone for a while."""

    branches = BranchOut(many=True)
    repair = serializers.UUIDField(allow_null=True)


class ListDecisions(Operation):
    """Give what a course may go on with: conditional phases of its protocol, and more sessions (`extension`)."""

    scope, summary = "courses:read", "List the decisions of a course"
    is_tagged = True
    OutputSerializer = BranchesOut

    def get(self, request: Request, course: UUID) -> Response:
        """Answer with the branches."""
        row = get_object_or_404(records.courses_of(self.client), uid=course)
        record_reads([row.patient], by=self.actor, now=self.now)
        return self.found(branches_out(self, row))


class PreviewDecision(Operation):
    """Show how a course would go on with a branch, at the times that are held for it where there are any."""

    scope, summary = "courses:read", "Try out going on with a course (dry run)"
    problems = ("not-possible", "course-does-not-fit", "times-taken", "impossible-request")
    OutputSerializer = WayOut

    class QuerySerializer(Strict):
        phase = serializers.CharField(max_length=60)
        sessions = serializers.IntegerField(min_value=1, max_value=MOST_MORE, required=False)

    def get(self, request: Request, course: UUID) -> Response:
        """Answer with the way."""
        query = self.query()
        row = get_object_or_404(records.courses_of(self.client), uid=course)
        record_reads([row.patient], by=self.actor, now=self.now)

        def show() -> Response:
            way = decisions.preview(course=row, phase=query["phase"], sessions=query.get("sessions"), now=self.now)
            return Response(ways_out([way], row.site.zone)[0])

        return refusing(show, row.site.zone)


class Decide(Operation):
    """Hold times for a branch, book it, note that the course does not go on with it, or open that again.

    `yes` books the times that are held; without any, those of the `way` that was tried out, or the best there are.
    """

    scope, summary = "courses:write", "Decide whether a course goes on"
    problems = ("not-possible", "course-does-not-fit", "times-taken", "impossible-request")
    OutputSerializer = BranchesOut

    class InputSerializer(Strict):
        phase = serializers.CharField(max_length=60)
        answer = serializers.ChoiceField(choices=ANSWERS)
        sessions = serializers.IntegerField(
            min_value=1, max_value=MOST_MORE, required=False, help_text="For `extension`: how many more."
        )
        way = serializers.CharField(max_length=64, required=False)
        why = serializers.CharField(max_length=400, allow_blank=True, required=False)

    def post(self, request: Request, course: UUID) -> Response:
        """Answer with the decisions that are left."""
        data = self.input()
        row = get_object_or_404(records.courses_of(self.client), uid=course)

        def decide() -> Any:
            self.act(row, data)
            return answered(branches_out(self, get_object_or_404(records.courses_of(self.client), uid=course)))

        return refusing(lambda: self.write(decide), row.site.zone)

    def act(self, course: Course, data: Any) -> None:
        """Do what was answered."""
        common = {"course": course, "phase": data["phase"], "by": self.actor, "now": self.now}
        sessions = data.get("sessions")
        match data["answer"]:
            case "hold":
                decisions.hold(**common, sessions=sessions)
            case "yes":
                decisions.agree(**common, sessions=sessions, key=data.get("way", ""), why=data.get("why", ""))
            case "no":
                decisions.decline(**common)
            case "reopen":
                decisions.reopen(**common)


def branches_out(operation: Operation, course: Course) -> dict[str, Any]:
    """Write the decisions of a course."""
    last = course.repairs.first()
    branches = [_branch_out(operation, branch, course) for branch in branches_of(course)]
    return {"branches": branches, "repair": str(last.uid) if last else None}


def _branch_out(operation: Operation, branch: Branch, course: Course) -> dict[str, Any]:
    is_held = branch.is_held(operation.now)
    until = branch.decision.held_until if is_held and branch.decision else None
    return {
        **{name: getattr(branch, name) for name in ("phase", "condition", "sessions")},
        "due_date": branch.due_date and branch.due_date.isoformat(),
        "state": "held" if is_held else "open" if branch.is_open else "declined",
        "held_until": until and local(until, course.site.zone),
    }
