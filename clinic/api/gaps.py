"""What is free of a day, and whom it would suit: sessions to make up first, then people who wait for a course."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Chair, Site
from clinic.selectors.day_gaps import gaps_of_day
from clinic.selectors.gaps import Fit, who_fits
from clinic.services.audit import record_reads

from .capacity import ONE_SITE, site_of
from .errors import named
from .fields import Instant
from .operations import Operation, Strict
from .sessions import FURTHEST
from .shapes import NamedOut
from .wording import local

LONGEST_GAP = timedelta(days=1)


class GapOut(serializers.Serializer):
    """A stretch of a day in which a chair is free, and how many people it suits."""

    chair = NamedOut()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    fits = serializers.IntegerField()


class FitOut(serializers.Serializer):
    """Somebody whom a gap suits from `starts_at` on: for a missed session, or for the first one of a referral."""

    patient = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    session = serializers.UUIDField(allow_null=True, help_text="The missed session that could be made up.")
    referral = serializers.UUIDField(allow_null=True, help_text="The referral of somebody who waits for a course.")


class ListGaps(Operation):
    """Give what is free of a day from now on, chair by chair, and how many people each gap suits."""

    scope, summary = "courses:read", "List the gaps of a day"
    is_tagged = True

    class QuerySerializer(Strict):
        site = serializers.UUIDField(required=False, help_text=ONE_SITE)
        date = serializers.DateField(required=False, help_text="Today when left out.")

    class OutputSerializer(serializers.Serializer):
        items = GapOut(many=True)

    def get(self, request: Request) -> Response:
        """Answer with the gaps in order of time."""
        query = self.query()
        site = site_of(self, query)
        today = self.now.astimezone(site.zone).date()
        day = query.get("date", today)
        if day > today + FURTHEST:
            raise serializers.ValidationError({"date": ["Send a date up to two years ahead."]})
        items = [
            {
                "chair": {"id": str(gap.chair.uid), "name": gap.chair.name},
                "starts_at": local(gap.starts_at, site.zone),
                "ends_at": local(gap.ends_at, site.zone),
                "fits": gap.fits,
            }
            for gap in gaps_of_day(site, day, self.now)
        ]
        return self.found({"items": items})


class FindWhoFits(Operation):
    """Give whom a gap suits by length, availability, rhythm and chair: make-ups first, then those who wait longest.

    Whether every rule of the course allows it is known when it is planned there: make the session up, or offer the
    referral times that begin at `starts_at`.
    """

    scope, summary = "courses:read", "Find whom a gap suits"

    class QuerySerializer(Strict):
        site = serializers.UUIDField(required=False, help_text=ONE_SITE)
        starts_at = Instant()
        ends_at = Instant()
        chair = serializers.UUIDField(required=False, help_text="Only whom this chair suits.")

    class OutputSerializer(serializers.Serializer):
        items = FitOut(many=True)

    def get(self, request: Request) -> Response:
        """Answer with the people, the first to be asked first."""
        query = self.query()
        site = site_of(self, query)
        start, end = query["starts_at"], query["ends_at"]
        if not self.now - LONGEST_GAP <= start <= self.now + FURTHEST:
            raise serializers.ValidationError({"starts_at": ["Send a time from today to two years ahead."]})
        if not start < end <= start + LONGEST_GAP:
            raise serializers.ValidationError({"ends_at": ["Send a time after the start, at most a day later."]})
        chairs = Chair.objects.filter(site=site, is_active=True)
        chair = named("chair", chairs, uid=query["chair"]) if "chair" in query else None
        found = who_fits(site, start, end, now=self.now, chair=chair)
        record_reads([fit.patient for fit in found], by=self.actor, now=self.now)
        return Response({"items": [_fit_out(fit, site) for fit in found]})


def _fit_out(fit: Fit, site: Site) -> dict[str, Any]:
    assert fit.starts_at is not None
    return {
        "patient": str(fit.patient.uid),
        "starts_at": local(fit.starts_at, site.zone),
        "minutes": fit.minutes,
        "session": str(fit.session.uid) if fit.session else None,
        "referral": str(fit.referral.uid) if fit.referral else None,
    }
