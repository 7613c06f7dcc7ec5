"""The waiting list: who waits, whom to add, and planning everybody at once."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models.referrals import AuthorisationState, Priority, ReferralState
from clinic.selectors import records
from clinic.selectors.waiting import referrals_of, why_not
from clinic.selectors.words import names_at
from clinic.services import waiting_list
from clinic.services.audit import record_reads

from .courses import RequestIn, WantedIn, wanted
from .errors import named
from .operations import Operation, Strict, answered
from .paging import page
from .shapes import NamedOut, PageQuery, PlanOut, ProtocolBriefOut, SiteInstant, page_of
from .wording import plans_out

PRIORITIES = {choice.name.lower(): choice.value for choice in Priority}  # labels are written in many languages


class PriorityField(serializers.ChoiceField):
    """How urgent a referral is, by name."""

    def to_representation(self, value: Any) -> str:
        """Return the name of a priority."""
        return Priority(value).name.lower()


class ReferralOut(serializers.Serializer):
    """A person who waits for a course; while the state is `offered`, `proposal` can be booked as a course."""

    id = serializers.UUIDField(source="uid")
    patient = serializers.UUIDField(source="patient.uid")
    protocol = ProtocolBriefOut()
    site = NamedOut()
    priority = PriorityField(choices=tuple(PRIORITIES))
    authorisation = serializers.ChoiceField(choices=AuthorisationState.values)
    request = RequestIn()
    state = serializers.ChoiceField(choices=ReferralState.values)
    proposal = serializers.SerializerMethodField()
    created_at = SiteInstant()
    updated_at = SiteInstant()

    def get_proposal(self, row: Any) -> str | None:
        """Give the proposal whose times are held."""
        return str(row.proposal.uid) if row.state == ReferralState.OFFERED else None


class ListReferrals(Operation):
    """Give the referrals to the token's sites. A state may change as time passes, without a change of the row."""

    scope, summary = "courses:read", "List the waiting list"
    is_tagged = True
    OutputSerializer = page_of(ReferralOut)

    class QuerySerializer(PageQuery):
        site = serializers.UUIDField(required=False, help_text="Only this site.")
        state = serializers.ChoiceField(choices=ReferralState.values, required=False)

    def get(self, request: Request) -> Response:
        """Answer with a page."""
        query = self.query()
        rows = referrals_of(self.client, self.now)
        if "site" in query:
            rows = rows.filter(site=named("site", records.sites_of(self.client), uid=query["site"]))
        if "state" in query:
            rows = rows.in_state(query["state"])
        shown, following = page(rows, query)
        record_reads([row.patient for row in shown], by=self.actor, now=self.now)
        return self.found({"items": ReferralOut(shown, many=True).data, "next": following})


class ReferPatient(Operation):
    """Put a patient on the waiting list. Nobody is on it twice."""

    scope, summary, success = "courses:write", "Put a patient on the waiting list", 201
    problems = ("impossible-request", "not-possible")
    OutputSerializer = ReferralOut

    class InputSerializer(WantedIn):
        priority = serializers.ChoiceField(choices=tuple(PRIORITIES), default="routine")
        authorisation = serializers.ChoiceField(choices=AuthorisationState.values, default="not-needed")

    def post(self, request: Request) -> Response:
        """Answer with the referral."""
        data = self.input()

        def refer() -> Any:
            row = waiting_list.refer(
                **wanted(self, data),
                priority=PRIORITIES[data["priority"]],
                authorisation=data["authorisation"],
                by=self.actor,
                now=self.now,
            )
            return answered(ReferralOut(referrals_of(self.client, self.now).get(pk=row.pk)).data, status=201)

        return self.write(refer)


class AdmittedOut(serializers.Serializer):
    """What one person would get, or is given: the plan, and otherwise why there is none."""

    referral = serializers.UUIDField()
    patient = serializers.UUIDField()
    fits = serializers.BooleanField()
    plan = PlanOut(allow_null=True, help_text="Null when the request cannot be planned any more.")
    why_not = serializers.ListField(child=serializers.CharField())


class AdmitReferrals(Operation):
    """Plan the most urgent of those who wait at a site, all at once. With `apply`, hold for each what fits for a day.

    Without `apply` nothing is held. Those whose authorisation is awaited are left out.
    """

    scope, summary = "courses:write", "Plan the waiting list"

    class InputSerializer(Strict):
        site = serializers.UUIDField()
        apply = serializers.BooleanField(default=False, help_text="Hold the times; otherwise it is a dry run.")

    class OutputSerializer(serializers.Serializer):
        applied = serializers.BooleanField()
        items = AdmittedOut(many=True)

    def post(self, request: Request) -> Response:
        """Answer with what each person gets."""
        data = self.input()
        site = named("site", records.sites_of(self.client), uid=data["site"])

        def admit() -> Any:
            if data["apply"]:
                places = waiting_list.offer(site=site, by=self.actor, now=self.now)
            else:
                places = waiting_list.admit(site=site, now=self.now)
            record_reads([place.referral.patient for place in places], by=self.actor, now=self.now)
            return answered({"applied": data["apply"], "items": places_out(places, site)})

        return self.write(admit)


def places_out(places: Any, site: Any) -> list[dict[str, Any]]:
    """Write what each person gets."""
    names = names_at(site)
    plans = iter(plans_out(place.data for place in places if place.data))
    return [
        {
            "referral": str(place.referral.uid),
            "patient": str(place.referral.patient.uid),
            "fits": place.fits,
            "plan": next(plans) if place.data else None,
            "why_not": [] if place.fits else why_not(place.data, place.errors, names, site),
        }
        for place in places
    ]
