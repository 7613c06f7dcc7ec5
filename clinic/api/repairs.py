"""Making up missed sessions: the ways, doing one of them, and taking a change of a course back."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import planning
from clinic.models import Repair, Session
from clinic.models.repairs import RepairState
from clinic.selectors import records
from clinic.selectors.records import Named
from clinic.services import decisions, repair
from clinic.services.audit import record_reads

from .errors import Problem
from .operations import Operation, Strict, answered
from .shapes import NamedOut, ReasonOut
from .wording import local, named_out, speaker

CHANGES = ("moved", "added", "dropped")


class StandsOut(serializers.Serializer):
    """Where and when a session stands."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    chair = NamedOut(allow_null=True)
    technician = NamedOut(allow_null=True)


class SessionChangeOut(serializers.Serializer):
    """A session that moves, is new or falls away."""

    change = serializers.ChoiceField(choices=CHANGES)
    number = serializers.IntegerField()
    kind = serializers.CharField()
    phase = serializers.CharField()
    before = StandsOut(allow_null=True)
    after = StandsOut(allow_null=True)


class WayOut(serializers.Serializer):
    """One way to go on with a course: what it means, and every change. Send `way` to choose just this one."""

    way = serializers.CharField()
    kind = serializers.CharField()
    ends_before = serializers.DateField(allow_null=True)
    ends_after = serializers.DateField(allow_null=True)
    units_left = serializers.IntegerField(allow_null=True)
    longest_gap = serializers.IntegerField()
    price = ReasonOut(many=True, help_text="Rules that the course breaks in this way; then `why` is needed.")
    changes = SessionChangeOut(many=True)


class RepairOut(serializers.Serializer):
    """A change of a course that was made as one, and can be taken back as one until `undo_until`."""

    id = serializers.UUIDField(source="uid")
    course = serializers.UUIDField(source="course.uid")
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=RepairState.values)
    applied_at = serializers.DateTimeField()
    undo_until = serializers.DateTimeField()


class ListMakeUps(Operation):
    """Give the ways to make up a missed or cancelled session, each with its effect. Nothing is changed or held."""

    scope, summary = "sessions:read", "Try out how to make up a session (dry run)"
    problems = ("not-possible", "course-does-not-fit", "impossible-request")

    class OutputSerializer(serializers.Serializer):
        ways = WayOut(many=True)

    def get(self, request: Request, session: UUID) -> Response:
        """Answer with the ways, the one with the fewest changes first."""
        row = get_object_or_404(records.sessions_of(self.client), uid=session)
        record_reads([row.patient], by=self.actor, now=self.now)
        try:
            found = repair.make_up_ways(session=row, now=self.now)
        except repair.NoWay as none:
            raise no_way(none, row.site.zone) from none
        return Response({"ways": ways_out(found, row.site.zone)})


class MakeUpSession(Operation):
    """Make a session up in one of the ways that were tried out."""

    scope, summary, success = "sessions:write", "Make up a session", 201
    problems = ("not-possible", "course-does-not-fit", "times-taken", "impossible-request")
    OutputSerializer = RepairOut

    class InputSerializer(Strict):
        way = serializers.CharField(max_length=64)
        why = serializers.CharField(max_length=400, allow_blank=True, required=False)

    def post(self, request: Request, session: UUID) -> Response:
        """Answer with the change of the course."""
        data = self.input()
        row: Session = get_object_or_404(records.sessions_of(self.client), uid=session)

        def make_up() -> Any:
            done = repair.make_up(session=row, key=data["way"], by=self.actor, now=self.now, why=data.get("why", ""))
            return answered(RepairOut(done).data, status=201)

        return refusing(lambda: self.write(make_up), row.site.zone)


class UndoRepair(Operation):
    """Take a change of a course back, as long as that is possible; the course is as it was before."""

    scope, summary = "courses:write", "Undo a change of a course"
    problems = ("not-possible",)
    OutputSerializer = RepairOut

    def post(self, request: Request, repair: UUID) -> Response:
        """Answer with the change, undone."""
        rows = Repair.objects.filter(course__in=records.courses_of(self.client)).select_related("course__site")
        row = get_object_or_404(rows, uid=repair)

        def undo() -> Any:
            decisions.undo_repair(done=row, by=self.actor, now=self.now)
            row.refresh_from_db()
            return answered(RepairOut(row).data)

        return self.write(undo)


def refusing(act: Any, zone: ZoneInfo) -> Response:
    """Do something, and answer what stands in the way as a problem."""
    try:
        return act()
    except repair.NoWay as none:
        raise no_way(none, zone) from none
    except repair.WayLost as lost:
        detail = "Nothing was changed: this way is not there any more. Try it out again, and choose anew."
        raise Problem("times-taken", detail, reasons=speaker()(lost.reasons, zone)) from lost


def no_way(none: repair.NoWay, zone: ZoneInfo) -> Problem:
    """Say why a course cannot go on."""
    detail = "There is no way that keeps every rule of the course; the reasons say why."
    return Problem("course-does-not-fit", detail, reasons=speaker()(none.reasons, zone))


def ways_out(ways: Iterable[repair.Way], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Write ways for other systems."""
    named = records.resources()
    say = speaker(named)
    return [
        {
            "way": way.key,
            "kind": way.kind,
            **{name: _iso(getattr(way.effect, name)) for name in ("ends_before", "ends_after")},
            **{name: getattr(way.effect, name) for name in ("units_left", "longest_gap")},
            "price": say(planning.reasons_data(way.price), zone),
            "changes": [_change_out(change, named, zone) for change in way.changes],
        }
        for way in ways
    ]


def _change_out(change: Any, named: Mapping[str, Named], zone: ZoneInfo) -> dict[str, Any]:
    session = change.after or change.before
    stands = {"before": change.before, "after": change.after}
    return {
        **{"change": change.kind, "number": session.number, "kind": session.kind.value, "phase": session.phase},
        **{name: value and _stands_out(value, named, zone) for name, value in stands.items()},
    }


def _stands_out(session: Any, named: Mapping[str, Named], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "start": local(session.when.start, zone),
        "end": local(session.when.end, zone),
        **{name: named_out(named, getattr(session, name)) for name in ("chair", "technician")},
    }


def _iso(day: Any) -> str | None:
    return day and day.isoformat()
