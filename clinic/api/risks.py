"""Courses at risk, as the desk's work list has them."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.selectors import records
from clinic.selectors.risks import CourseAtRisk, courses_at_risk
from clinic.services.audit import record_reads

from .errors import named
from .operations import Operation
from .paging import page_by
from .shapes import CursorQuery, page_of

LEVELS = ("red", "amber")


class RiskOut(serializers.Serializer):
    """What endangers a course: a code for programs, a sentence for people. Red has reached a limit."""

    level = serializers.ChoiceField(choices=LEVELS)
    code = serializers.CharField()
    sentence = serializers.CharField()
    session = serializers.UUIDField(allow_null=True, help_text="The session that the next step is about.")


class CourseAtRiskOut(serializers.Serializer):
    """A course that needs somebody, with its figures as of today and its risks, worst first."""

    course = serializers.UUIDField(source="course.uid")
    patient = serializers.UUIDField(source="course.patient.uid")
    site = serializers.UUIDField(source="course.site.uid")
    level = serializers.ChoiceField(choices=LEVELS)
    done = serializers.IntegerField(source="watch.done")
    to_come = serializers.IntegerField(source="watch.to_come")
    missing = serializers.IntegerField(source="watch.missing", help_text="Sessions of the course without a time.")
    days_since = serializers.IntegerField(
        source="watch.days_since", allow_null=True, help_text="Days since the last session; null before the first."
    )
    longest_gap = serializers.IntegerField(source="watch.longest_gap")
    forecast_end = serializers.DateField(source="watch.forecast_end")
    risks = RiskOut(many=True, source="lines")


class ListRisks(Operation):
    """Give the courses at the token's sites that are in danger, worst first, as the desk sees them."""

    scope, summary = "courses:read", "List courses at risk"
    is_tagged = True

    OutputSerializer = page_of(CourseAtRiskOut)

    class QuerySerializer(CursorQuery):
        site = serializers.UUIDField(required=False, help_text="Only this site.")
        level = serializers.ChoiceField(choices=LEVELS, required=False)

    def get(self, request: Request) -> Response:
        """Answer with a page."""
        query = self.query()
        found = [row for row in self.rows(query) if query.get("level") in (None, row.level)]
        shown, following = page_by(found, query, _danger)
        record_reads([row.course.patient for row in shown], by=self.actor, now=self.now)
        return self.found({"items": CourseAtRiskOut(shown, many=True).data, "next": following})

    def rows(self, query: Any) -> list[CourseAtRisk]:
        """Judge the courses of the asked site, or of all sites of the token."""
        sites = records.sites_of(self.client)
        chosen = [named("site", sites, uid=query["site"])] if "site" in query else sites
        return [row for site in chosen for row in courses_at_risk(site, self.now)]


def _danger(row: CourseAtRisk) -> tuple[int, ...]:
    """Return what the desk's list is in order of, without names, since cursors stand in addresses."""
    return LEVELS.index(row.level), -row.reds, -row.watch.missing, -(row.watch.days_since or 0), row.course.pk
