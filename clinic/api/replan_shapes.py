"""What a replan looks like outside: changes with their places before and after, and what has no place."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from clinic.models import Replan, Site
from clinic.models.disruptions import CallState, ChangeState, Contact, ReplanState, Strategy
from clinic.selectors.records import Named, resources
from clinic.services.audit import record_reads
from clinic.services.disruption import Answer, Applied

from .operations import Operation
from .shapes import NamedOut, ReasonOut
from .wording import local, named_out, speaker


class PlaceOut(serializers.Serializer):
    """When a session stands, and where."""

    start = serializers.DateTimeField()
    chair = NamedOut(allow_null=True)
    technician = NamedOut(allow_null=True)


class PlannedChangeOut(serializers.Serializer):
    """One session before and after; `contact` says how the patient has to be told."""

    course = serializers.UUIDField()
    patient = serializers.UUIDField()
    session = serializers.UUIDField()
    number = serializers.IntegerField()
    contact = serializers.ChoiceField(choices=Contact.values)
    before = PlaceOut()
    after = PlaceOut()


class ChangeOut(PlannedChangeOut):
    """One session of a replan, and whether it was moved."""

    call = serializers.ChoiceField(choices=CallState.values)
    state = serializers.ChoiceField(choices=ChangeState.values)


class RefusedOut(serializers.Serializer):
    """A course that cannot be, or was not, set right, and why; without reasons somebody has changed it meanwhile."""

    course = serializers.UUIDField()
    reasons = ReasonOut(many=True)


class BoundsOut(serializers.Serializer):
    """How many people and sessions come at another time, and the least that is proven of any replan."""

    people = serializers.IntegerField()
    people_bound = serializers.IntegerField()
    sessions = serializers.IntegerField()
    sessions_bound = serializers.IntegerField()


class PreviewOut(serializers.Serializer):
    """What would change."""

    changes = PlannedChangeOut(many=True)
    unplaced = RefusedOut(many=True)
    bounds = BoundsOut()


class ReplanOut(serializers.Serializer):
    """A replan. `revision` counts its answers; `searched_seconds` of `search_seconds` have gone into a better one."""

    id = serializers.UUIDField()
    disruption = serializers.UUIDField()
    strategy = serializers.ChoiceField(choices=Strategy.values)
    state = serializers.ChoiceField(choices=ReplanState.values)
    revision = serializers.IntegerField()
    is_searching = serializers.BooleanField(help_text="Whether a better answer is still looked for.")
    searched_seconds = serializers.IntegerField()
    search_seconds = serializers.IntegerField()
    expires_at = serializers.DateTimeField()
    changes = ChangeOut(many=True)
    unplaced = RefusedOut(many=True)
    bounds = BoundsOut()


def replan_out(replan: Replan, operation: Operation) -> dict[str, Any]:
    """Write a replan; that its patients were read goes on record."""
    site, named = replan.disruption.site, resources()
    changes = list(replan.changes.select_related("course__patient", "session").order_by("pk"))
    record_reads([change.course.patient for change in changes], by=operation.actor, now=operation.now)
    plain = ("strategy", "state", "revision", "is_searching", "searched_seconds", "search_seconds", "bounds")
    return {
        "id": str(replan.uid),
        "disruption": str(replan.disruption.uid),
        **{name: getattr(replan, name) for name in plain},
        "expires_at": local(replan.expires_at, site.zone),
        "changes": [
            {
                **_whose(change.course, change.session),
                "contact": change.contact,
                "before": _place(change.was, site, named),
                "after": _place(change.becomes, site, named),
                "call": change.call,
                "state": change.state,
            }
            for change in changes
        ],
        "unplaced": _refused(((item["course"], item["reasons"]) for item in replan.unplaced), site, named),
    }


def preview_out(answer: Answer, site: Site) -> dict[str, Any]:
    """Write what would change."""
    named = resources()
    pairs = [(str(item.course.uid), item.reasons) for item in answer.unplaced]
    return {
        "changes": [
            {
                **_whose(move.course, move.row),
                "contact": move.contact,
                "before": _place(_of_row(move.row), site, named),
                "after": _place(_of_value(move.after), site, named),
            }
            for move in answer.moves
        ],
        "unplaced": _refused(pairs, site, named),
        "bounds": answer.bounds,
    }


def refused_out(done: Applied, site: Site) -> list[dict[str, Any]]:
    """Write which courses no longer fitted, and why."""
    return _refused(((str(course), reasons) for course, reasons in done.refused.items()), site, resources())


def _whose(course: Any, session: Any) -> dict[str, Any]:
    return {
        "course": str(course.uid),
        "patient": str(course.patient.uid),
        "session": str(session.uid),
        "number": session.number,
    }


def _refused(pairs: Iterable[tuple[str, Any]], site: Site, named: Mapping[str, Named]) -> list[dict[str, Any]]:
    say = speaker(named)
    return [{"course": course, "reasons": say(reasons, site.zone)} for course, reasons in pairs]


def _place(place: Mapping[str, Any], site: Site, named: Mapping[str, Named]) -> dict[str, Any]:
    chair, technician = (named_out(named, str(place[name] or "")) for name in ("chair_id", "technician_id"))
    return {"start": local(place["starts_at"], site.zone), "chair": chair, "technician": technician}


def _of_row(row: Any) -> dict[str, Any]:
    return {"starts_at": row.starts_at, "chair_id": row.chair_id, "technician_id": row.technician_id}


def _of_value(value: Any) -> dict[str, Any]:
    return {"starts_at": value.when.start, "chair_id": value.chair, "technician_id": value.technician}
