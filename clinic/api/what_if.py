"""What if a site were changed: the same people, planned as it is and as it would be. Nothing is booked or held."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Site, Technician, WhatIf
from clinic.selectors import records
from clinic.selectors.what_if import Comparison, Question, expected_people, weekly_hours
from clinic.services import what_if as services

from .capacity import ONE_SITE, SLUG, protocol_of, site_of
from .errors import Problem, named
from .operations import Operation, Strict


class PartTimeIn(Strict):
    """A technician who would work only at these hours."""

    technician = serializers.UUIDField()
    hours = serializers.CharField(max_length=200, help_text='Such as "Mon-Wed 08:00-13:00".')


class SwitchIn(Strict):
    """Everybody who would have had one protocol gets another one."""

    instead_of = serializers.SlugField(max_length=SLUG)
    give = serializers.SlugField(max_length=SLUG)


class ShareIn(Strict):
    """How many of the people who are expected need a protocol, against the shares of the others."""

    protocol = serializers.SlugField(max_length=SLUG)
    share = serializers.IntegerField(min_value=1, max_value=1000)


class OutcomeOut(serializers.Serializer):
    """What becomes of the people who are expected."""

    class MonthOut(serializers.Serializer):
        """The courses that begin in a month."""

        month = serializers.DateField(help_text="Its first day.")
        courses = serializers.IntegerField()

    class WeekOut(serializers.Serializer):
        """How full the open, staffed chair time of a week is."""

        week = serializers.DateField()
        percent = serializers.IntegerField()

    starts = MonthOut(many=True)
    typical_wait_days = serializers.FloatField(allow_null=True)
    turned_away = serializers.IntegerField()
    overloaded_weeks = serializers.IntegerField()
    loads = WeekOut(many=True)


class WhatIfOut(serializers.Serializer):
    """What becomes of the people who are expected, in the site as it is and as it would be, for the weeks so far."""

    id = serializers.UUIDField()
    site = serializers.UUIDField()
    first_date = serializers.DateField()
    weeks = serializers.IntegerField(help_text="The weeks that the answer is for.")
    weeks_asked = serializers.IntegerField()
    is_running = serializers.BooleanField(help_text="Whether further weeks are still looked at.")
    before = OutcomeOut()
    after = OutcomeOut()


class CompareWhatIf(Operation):
    """Plan the people who are expected from next week on, in the site as it is and in a changed copy of it.

    Who is expected is judged by the courses of the last half year unless it is said. The first weeks are answered at
    once, and a worker goes on with the others. The answer is kept for two weeks; nothing is booked or held.
    """

    scope, summary, success = "courses:read", "Compare a site with a changed one", 201
    problems = ("impossible-request",)
    OutputSerializer = WhatIfOut

    class InputSerializer(Strict):
        site = serializers.UUIDField(required=False, help_text=ONE_SITE)
        weeks = serializers.IntegerField(min_value=1, max_value=26, default=13)
        people_a_week = serializers.FloatField(min_value=0.5, max_value=20, required=False)
        mix = ShareIn(many=True, required=False)
        more_chairs = serializers.IntegerField(min_value=0, max_value=5, default=0)
        more_hours = serializers.CharField(max_length=200, required=False, help_text='Such as "Sat 09:00-13:00".')
        part_time = PartTimeIn(required=False)
        switch = SwitchIn(required=False)

        def validate_mix(self, mix: list[Any]) -> list[Any]:
            """Insist on a handful of protocols."""
            if not 1 <= len(mix) <= 20:
                raise serializers.ValidationError("Name 1 to 20 protocols.")
            return mix

    def post(self, request: Request) -> Response:
        """Answer with both sides."""
        data = self.input()
        site = site_of(self, data)
        question = self.question(data, site)
        row = services.ask(site=site, question=question, weeks=data["weeks"], by=self.actor, now=self.now)
        return Response(what_if_out(row), status=201, headers={"Location": f"{request.path}/{row.uid}"})

    def question(self, data: Any, site: Site) -> Question:
        """Read what is asked; who is expected as said, or as in the last half year."""
        usual = expected_people(site, self.now)
        said = tuple((protocol_of(item["protocol"]), item["share"]) for item in data.get("mix", ()))
        switch = data.get("switch")
        question = Question(
            a_week=data.get("people_a_week", usual.a_week),
            mix=tuple((row.slug, share) for row, share in said or usual.mix),
            chairs=data["more_chairs"],
            more_hours=_hours("more_hours", data["more_hours"]) if "more_hours" in data else None,
            part_time=_part_time(data["part_time"], site) if "part_time" in data else None,
            switch=(protocol_of(switch["instead_of"]).slug, protocol_of(switch["give"]).slug) if switch else None,
        )
        if not question.mix:
            raise Problem("impossible-request", "No course was booked in the last half year, so name a mix.")
        return question


class ReadWhatIf(Operation):
    """Give the answer so far, and how many weeks it is for."""

    scope, summary = "courses:read", "Read what would become of a changed site"
    is_tagged = True
    OutputSerializer = WhatIfOut

    def get(self, request: Request, what_if: UUID) -> Response:
        """Answer with the answer so far."""
        return self.found(what_if_out(found(self, what_if)))


class StopWhatIf(Operation):
    """Keep the answer for the weeks that it has; nobody looks at further ones any more."""

    scope, summary = "courses:read", "Stop looking at further weeks of a changed site"
    OutputSerializer = WhatIfOut

    def post(self, request: Request, what_if: UUID) -> Response:
        """Answer with the answer that is kept."""
        services.stop(what_if=found(self, what_if))
        return Response(what_if_out(found(self, what_if)))


def found(operation: Operation, uid: UUID) -> WhatIf:
    """Return a question about one of the token's sites."""
    return get_object_or_404(records.what_ifs_of(operation.client), uid=uid)


def what_if_out(row: WhatIf) -> dict[str, Any]:
    """Write an answer."""
    comparison = Comparison.read(row)
    return {
        "id": str(row.uid),
        "site": str(row.site.uid),
        "first_date": row.first_date.isoformat(),
        "weeks": row.weeks_done,
        "weeks_asked": row.weeks,
        "is_running": row.is_running,
        "before": outcome_out(comparison.before),
        "after": outcome_out(comparison.after),
    }


def outcome_out(outcome: Any) -> dict[str, Any]:
    """Write one side of a comparison."""
    return {
        "starts": [{"month": month.isoformat(), "courses": courses} for month, courses in outcome.starts],
        "typical_wait_days": outcome.typical_wait,
        "turned_away": outcome.turned_away,
        "overloaded_weeks": outcome.overloaded_weeks,
        "loads": [{"week": week.isoformat(), "percent": round(100 * share)} for week, share in outcome.loads],
    }


def _part_time(data: Any, site: Site) -> tuple[int, str]:
    here = Technician.objects.filter(shifts__site=site, is_active=True).distinct()
    person = named("part_time.technician", here, uid=data["technician"])
    return person.pk, _hours("part_time.hours", data["hours"])


def _hours(name: str, text: str) -> str:
    try:
        weekly_hours(text)
    except ValueError as wrong:
        raise serializers.ValidationError({name: [str(wrong)]}) from None
    return text
