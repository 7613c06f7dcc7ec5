"""The waiting list planned together: an answer at once, a better one while a worker looks, and holding it."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Admission
from clinic.selectors import records
from clinic.services import admission_search, waiting_list
from clinic.services.audit import record_reads

from .errors import named
from .operations import Operation, Strict, answered
from .referrals import AdmittedOut, places_out
from .wording import local


class AdmissionOut(serializers.Serializer):
    """What each person would get. `revision` counts the answers; `searched_seconds` have gone into a better one.

    Who was not planned yet has no plan, and `why_not` says nothing. Once it is applied, the items are empty.
    """

    id = serializers.UUIDField()
    site = serializers.UUIDField()
    revision = serializers.IntegerField()
    is_searching = serializers.BooleanField(help_text="Whether a better answer is still looked for.")
    is_proven = serializers.BooleanField(help_text="Whether it is proven that no answer serves more priority.")
    searched_seconds = serializers.IntegerField()
    search_seconds = serializers.IntegerField()
    expires_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    items = AdmittedOut(many=True)


class PlanWaitingList(Operation):
    """Plan who waits at a site, most urgent first, at most fifty. A first answer comes at once, and nothing is held.

    A worker looks for a better one meanwhile. Those whose authorisation is awaited are left out.
    """

    scope, summary, success = "courses:write", "Plan the waiting list together", 201
    OutputSerializer = AdmissionOut

    class InputSerializer(Strict):
        site = serializers.UUIDField()

    def post(self, request: Request) -> Response:
        """Answer with the first answer."""
        site = named("site", records.sites_of(self.client), uid=self.input()["site"])

        def plan() -> Any:
            row = admission_search.start(site=site, by=self.actor, now=self.now)
            headers = {"Location": f"{request.path}/{row.uid}"}
            return answered(admission_out(row, self), status=201, headers=headers)

        return self.write(plan)


class ReadAdmission(Operation):
    """Give the best answer so far, and how far the search for a better one is."""

    scope, summary = "courses:read", "Read a planned waiting list"
    is_tagged = True
    OutputSerializer = AdmissionOut

    def get(self, request: Request, admission: UUID) -> Response:
        """Answer with the answer so far."""
        return self.found(admission_out(found(self, admission), self))


class StopAdmissionSearch(Operation):
    """Keep the answer as it is; nobody looks for a better one any more."""

    scope, summary = "courses:write", "Stop the search for a better admission"
    OutputSerializer = AdmissionOut

    def post(self, request: Request, admission: UUID) -> Response:
        """Answer with the answer that is kept."""
        row = found(self, admission)

        def stop() -> Any:
            admission_search.stop_search(admission=row, by=self.actor, now=self.now)
            return answered(admission_out(found(self, admission), self))

        return self.write(stop)


class ApplyAdmission(Operation):
    """Hold for a day what each person was given, where it is still free, and ask them to call."""

    scope, summary = "courses:write", "Hold what a planned waiting list gives"
    problems = ("not-possible", "stale")

    class InputSerializer(Strict):
        revision = serializers.IntegerField(min_value=1, help_text="That of the answer which was read.")

    class OutputSerializer(serializers.Serializer):
        held = serializers.ListField(child=serializers.UUIDField(), help_text="The referrals that have times now.")
        lost = serializers.ListField(child=serializers.UUIDField(), help_text="Those whose times were taken meanwhile.")

    def post(self, request: Request, admission: UUID) -> Response:
        """Answer with who has times now."""
        revision = self.input()["revision"]
        row = found(self, admission)

        def hold() -> Any:
            both = waiting_list.offer_as_shown(admission=row, revision=revision, by=self.actor, now=self.now)
            held, lost = ([str(place.referral.uid) for place in places] for places in both)
            return answered({"held": held, "lost": lost})

        return self.write(hold)


def found(operation: Operation, uid: UUID) -> Admission:
    """Return a planned waiting list of one of the token's sites."""
    return get_object_or_404(records.admissions_of(operation.client), uid=uid)


def admission_out(row: Admission, operation: Operation) -> dict[str, Any]:
    """Write an answer; that its patients were read goes on record."""
    places = admission_search.places_of(row, operation.now)
    record_reads([place.referral.patient for place in places], by=operation.actor, now=operation.now)
    plain = ("revision", "is_searching", "is_proven", "searched_seconds", "search_seconds")
    return {
        "id": str(row.uid),
        "site": str(row.site.uid),
        **{name: getattr(row, name) for name in plain},
        "expires_at": local(row.expires_at, row.site.zone),
        "applied_at": local(row.applied_at, row.site.zone) if row.applied_at else None,
        "items": places_out(places, row.site),
    }
