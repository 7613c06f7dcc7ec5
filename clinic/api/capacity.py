"""Capacity: the load of a site by week and hour, and how soon a course could begin. Nothing is written."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Chair, Protocol, Site
from clinic.selectors import forecast, records
from clinic.selectors.loads import Cell, loads
from clinic.services.audit import record_reads

from .courses import RequestIn
from .errors import named
from .operations import Operation, Strict
from .shapes import PlanOut, ReasonOut
from .wording import plans_out, speaker

ONE_SITE = "The token's only site when left out."
SLUG = 60


class LoadOut(serializers.Serializer):
    """One hour of the day over one week: minutes of chair time that are taken, and that are open and staffed."""

    week = serializers.DateField(help_text="Its first day.")
    hour = serializers.IntegerField()
    booked_minutes = serializers.IntegerField()
    open_minutes = serializers.IntegerField()
    percent = serializers.IntegerField(allow_null=True)


class ReadCapacity(Operation):
    """Give the load of a site by week and hour, from the current week on; times that are held count as taken."""

    scope, summary = "courses:read", "Read the load by week and hour"
    is_tagged = True

    class QuerySerializer(Strict):
        site = serializers.UUIDField(required=False, help_text=ONE_SITE)
        weeks = serializers.IntegerField(min_value=1, max_value=26, default=12)
        chair = serializers.UUIDField(required=False, help_text="Only this chair.")

    class OutputSerializer(serializers.Serializer):
        site = serializers.UUIDField()
        items = LoadOut(many=True)

    def get(self, request: Request) -> Response:
        """Answer with the load."""
        query = self.query()
        site = site_of(self, query)
        chairs = Chair.objects.filter(site=site, is_active=True)
        chair = named("chair", chairs, uid=query["chair"]) if "chair" in query else None
        today = self.now.astimezone(site.zone).date()
        found = loads(site, first=today, weeks=query["weeks"], now=self.now, chair=chair)
        items = [
            {
                "week": load.week.isoformat(),
                "hour": load.hour,
                "booked_minutes": load.booked,
                "open_minutes": load.open,
                "percent": Cell(week=load.week, booked=load.booked, open=load.open).percent,
            }
            for load in found
        ]
        return self.found({"site": str(site.uid), "items": items})


class QuoteStarts(Operation):
    """Say when a course could begin: soonest, at the wished time, at a quiet hour. Nothing is held.

    To hold times, propose the course. Without a patient, the answer is for somebody who has no other sessions.
    """

    scope, summary = "courses:read", "Quote the earliest starts of a course"
    problems = ("impossible-request",)

    class InputSerializer(Strict):
        protocol = serializers.SlugField(max_length=SLUG)
        site = serializers.UUIDField(required=False, help_text="The patient's site, or the token's only one.")
        patient = serializers.UUIDField(required=False)
        request = RequestIn()

    class OutputSerializer(serializers.Serializer):
        class OfferOut(serializers.Serializer):
            """One way to begin; `days_later` than the soonest one."""

            kind = serializers.ChoiceField(choices=("soonest", "wished time", "quiet hour"))
            first_date = serializers.DateField()
            days_later = serializers.IntegerField()
            plan = PlanOut()

        offers = OfferOut(many=True)
        reasons = ReasonOut(many=True, help_text="Why there is no offer.")

    def post(self, request: Request) -> Response:
        """Answer with the offers, or with the reasons why there is none."""
        data = self.input()
        protocol = protocol_of(data["protocol"])
        patients = records.patients_of(self.client)
        patient = named("patient", patients, uid=data["patient"]) if "patient" in data else None
        site = patient.site if patient and "site" not in data else site_of(self, data)
        sent: Any = request.data
        starts = forecast.earliest_starts(
            protocol=protocol, site=site, request=sent["request"], now=self.now, patient=patient
        )
        if patient:
            record_reads([patient], by=self.actor, now=self.now)
        plans = plans_out(offer.plan for offer in starts.offers)
        offers = [
            {"kind": o.kind, "first_date": o.first.date().isoformat(), "days_later": o.days_later, "plan": plan}
            for o, plan in zip(starts.offers, plans, strict=True)
        ]
        return Response({"offers": offers, "reasons": speaker()(starts.reasons, site.zone)})


def site_of(operation: Operation, data: Any) -> Site:
    """Return the site that is asked for, or the only one of the token."""
    sites = records.sites_of(operation.client)
    if "site" in data:
        return named("site", sites, uid=data["site"])
    mine = list(sites[:2])
    if len(mine) != 1:
        raise serializers.ValidationError({"site": ["Name a site; the token does not have just one."]})
    return mine[0]


def protocol_of(slug: str) -> Protocol:
    """Return the current version of a protocol."""
    return named("protocol", records.protocols(), slug=slug, is_current=True)
