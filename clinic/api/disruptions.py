"""Disruptions: try out, report, list, read, withdraw; and replans, which set many courses right at once."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Course, Disruption, Replan
from clinic.models.disruptions import DisruptionKind, DisruptionState, Strategy
from clinic.selectors import records
from clinic.selectors.disruptions import affected
from clinic.services import disruption
from clinic.services.audit import record_reads

from .errors import named
from .fields import Instant
from .operations import Operation, Strict, answered
from .paging import page
from .replan_shapes import PreviewOut, RefusedOut, ReplanOut, preview_out, refused_out, replan_out
from .shapes import NamedOut, PageQuery, SiteInstant, page_of


class HappenedIn(Strict):
    """What happened at a site. With a kind that is about one chair or person, that one is named as well."""

    site = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=DisruptionKind.values)
    chair = serializers.UUIDField(required=False)
    technician = serializers.UUIDField(required=False)
    prescriber = serializers.UUIDField(required=False)
    starts_at = Instant()
    ends_at = Instant()
    opens = serializers.TimeField(required=False, help_text="Of narrowed hours, by the clock of the site.")
    closes = serializers.TimeField(required=False, help_text="Of narrowed hours, by the clock of the site.")
    cause = serializers.CharField(max_length=120, allow_blank=True, required=False)


class QuoteIn(HappenedIn):
    """What might happen, and what would matter most."""

    strategy = serializers.ChoiceField(choices=Strategy.values, default=Strategy.FEWEST_CALLS)


class DisruptionOut(serializers.Serializer):
    """Something that keeps booked sessions from taking place; `affected` are those that still stand there."""

    id = serializers.UUIDField(source="uid")
    site = NamedOut()
    kind = serializers.ChoiceField(choices=DisruptionKind.values)
    what = serializers.CharField()
    starts_at = SiteInstant()
    ends_at = SiteInstant()
    opens = serializers.TimeField(allow_null=True)
    closes = serializers.TimeField(allow_null=True)
    cause = serializers.CharField()
    state = serializers.ChoiceField(choices=DisruptionState.values)
    updated_at = SiteInstant()


class WholeDisruptionOut(DisruptionOut):
    """A disruption with the sessions that it hits, and its latest replan."""

    affected = serializers.ListField(child=serializers.UUIDField())
    replan = serializers.UUIDField(allow_null=True)


class QuoteDisruption(Operation):
    """Say which sessions something would hit, and how they could be set right. Nothing is written or held."""

    scope, summary = "disruptions:read", "Try out a disruption (dry run)"
    problems = ("impossible-request",)
    InputSerializer = QuoteIn
    OutputSerializer = PreviewOut

    def post(self, request: Request) -> Response:
        """Answer with the changes, and what has no place."""
        data = dict(self.input())
        strategy = data.pop("strategy")
        happening = happened(self, data)
        answer = disruption.preview(happening=happening, strategy=strategy, now=self.now)
        found = [*(move.course.patient for move in answer.moves), *(item.course.patient for item in answer.unplaced)]
        record_reads(found, by=self.actor, now=self.now)
        return Response(preview_out(answer, happening.site))


class ReportDisruption(Operation):
    """Save what happened, whatever is booked there: nothing new is planned there from now on. Then ask for a replan."""

    scope, summary, success = "disruptions:write", "Report a disruption", 201
    problems = ("impossible-request",)
    InputSerializer = HappenedIn
    OutputSerializer = WholeDisruptionOut

    def post(self, request: Request) -> Response:
        """Answer with the disruption and the sessions that it hits."""
        happening = happened(self, self.input())

        def report() -> Any:
            return answered(out(disruption.report(happening=happening, by=self.actor, now=self.now), self), status=201)

        return self.write(report)


class ListDisruptions(Operation):
    """Give what happened at the token's sites."""

    scope, summary = "disruptions:read", "List disruptions"
    is_tagged = True

    OutputSerializer = page_of(DisruptionOut)

    class QuerySerializer(PageQuery):
        site = serializers.UUIDField(required=False, help_text="Only this site.")
        state = serializers.ChoiceField(choices=DisruptionState.values, required=False)

    def get(self, request: Request) -> Response:
        """Answer with a page."""
        query = self.query()
        filters = {name: query[key] for key, name in (("site", "site__uid"), ("state", "state")) if key in query}
        shown, following = page(records.disruptions_of(self.client).filter(**filters), query)
        return self.found({"items": DisruptionOut(shown, many=True).data, "next": following})


class ReadDisruption(Operation):
    """Give one disruption, with the sessions that still stand where they cannot take place."""

    scope, summary = "disruptions:read", "Read a disruption"
    is_tagged = True
    OutputSerializer = WholeDisruptionOut

    def get(self, request: Request, disruption: UUID) -> Response:
        """Answer with the disruption."""
        return self.found(out(get_object_or_404(records.disruptions_of(self.client), uid=disruption), self))


class WithdrawDisruption(Operation):
    """Take back what was reported, because it is over or was a mistake. Sessions that were moved stay moved."""

    scope, summary = "disruptions:write", "Withdraw a disruption"
    OutputSerializer = WholeDisruptionOut

    def post(self, request: Request, disruption: UUID) -> Response:
        """Answer with the disruption as it is then."""
        row = get_object_or_404(records.disruptions_of(self.client), uid=disruption)

        def withdraw() -> Any:
            return answered(out(withdrawn(row, self), self))

        return self.write(withdraw)


class ProposeReplan(Operation):
    """Plan every course that a disruption hits, and hold the new times until the replan expires; nothing moves yet."""

    scope, summary, success = "disruptions:write", "Propose a replan and hold its times", 201
    OutputSerializer = ReplanOut

    class InputSerializer(Strict):
        strategy = serializers.ChoiceField(choices=Strategy.values, default=Strategy.FEWEST_CALLS)

    def post(self, request: Request, disruption: UUID) -> Response:
        """Answer with the replan."""
        strategy = self.input()["strategy"]
        row = get_object_or_404(records.disruptions_of(self.client), uid=disruption)

        def propose() -> Any:
            return answered(replan_out(proposed(row, strategy, self), self), status=201)

        return self.write(propose)


class ReadReplan(Operation):
    """Give a replan; while it waits a better answer may take the place of the one that was read, see `revision`."""

    scope, summary = "disruptions:read", "Read a replan"
    is_tagged = True
    OutputSerializer = ReplanOut

    def get(self, request: Request, replan: UUID) -> Response:
        """Answer with the replan."""
        return self.found(replan_out(get_object_or_404(records.replans_of(self.client), uid=replan), self))


class ApplyReplan(Operation):
    """Move the sessions of some courses of a replan, or of all; what no longer fits is refused with a fresh plan."""

    scope, summary = "disruptions:write", "Apply a replan, whole or in part"
    problems = ("not-possible", "stale")

    class InputSerializer(Strict):
        revision = serializers.IntegerField(min_value=1, help_text="That of the answer which was read.")
        courses = serializers.ListField(
            child=serializers.UUIDField(), max_length=1000, required=False, help_text="All of them when left out."
        )

    class OutputSerializer(serializers.Serializer):
        sessions = serializers.IntegerField(help_text="How many sessions were moved.")
        courses = serializers.IntegerField(help_text="Of how many courses.")
        refused = RefusedOut(many=True)
        replan = ReplanOut()

    def post(self, request: Request, replan: UUID) -> Response:
        """Answer with what was done, and the replan as it is then."""
        data = self.input()
        row = get_object_or_404(records.replans_of(self.client), uid=replan)

        def move() -> Any:
            done = disruption.apply_courses(
                replan=row, courses=data.get("courses"), by=self.actor, now=self.now, revision=data["revision"]
            )
            if done.refused:
                left = list(Course.objects.filter(uid__in=done.refused))
                disruption.renew(replan=row, courses=left, by=self.actor, now=self.now)
            current = records.replans_of(self.client).get(uid=replan)
            counts = {"sessions": done.sessions, "courses": done.courses}
            refused = refused_out(done, row.disruption.site)
            return answered({**counts, "refused": refused, "replan": replan_out(current, self)})

        return self.write(move)


class UndoReplan(Operation):
    """Put every session that a replan moved back where it stood, or none of them."""

    scope, summary = "disruptions:write", "Undo a replan as one"
    problems = ("not-possible",)
    OutputSerializer = ReplanOut

    def post(self, request: Request, replan: UUID) -> Response:
        """Answer with the replan as it is then."""
        row = get_object_or_404(records.replans_of(self.client), uid=replan)

        def back() -> Any:
            disruption.undo(replan=row, by=self.actor, now=self.now)
            return answered(replan_out(records.replans_of(self.client).get(uid=replan), self))

        return self.write(back)


def happened(operation: Operation, data: Any) -> disruption.Happening:
    """Read what happened at one of the token's sites."""
    said = dict(data)
    site = named("site", records.sites_of(operation.client), uid=said.pop("site"))
    said["from"], said["until"] = said.pop("starts_at"), said.pop("ends_at")
    try:
        return disruption.read_happening(said, site=site, now=operation.now)
    except disruption.InvalidDisruption as wrong:
        outside = {"from": "starts_at", "until": "ends_at"}
        errors = {outside.get(name, name): text for name, text in wrong.errors.items()}
        raise disruption.InvalidDisruption(errors) from wrong


def out(row: Disruption, operation: Operation) -> Any:
    """Write a disruption with the sessions that it hits; that these were read goes on record."""
    hit = affected(row, operation.now)
    record_reads([session.patient for session in hit], by=operation.actor, now=operation.now)
    row.affected = [session.uid for session in hit]  # type: ignore[attr-defined]
    latest = row.replans.first()
    row.replan = latest and latest.uid  # type: ignore[attr-defined]
    return WholeDisruptionOut(row).data


def withdrawn(row: Disruption, operation: Operation) -> Disruption:
    """Withdraw a disruption for the client."""
    return disruption.withdraw(disruption=row, by=operation.actor, now=operation.now)


def proposed(row: Disruption, strategy: str, operation: Operation) -> Replan:
    """Propose a replan for the client."""
    return disruption.propose_replan(disruption=row, strategy=strategy, by=operation.actor, now=operation.now)
