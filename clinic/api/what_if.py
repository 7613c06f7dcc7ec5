"""What if a site were changed: the same people, planned as it is and as it would be. Nothing is written."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Site, Technician
from clinic.selectors import forecast
from clinic.selectors.forecast import Altered, Expected

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


class CompareWhatIf(Operation):
    """Plan the people who are expected from next week on, in the site as it is and in a changed copy of it.

    Who is expected is judged by the courses of the last half year unless it is said. As many weeks are looked at as
    two seconds allow, and the answer says how many.
    """

    scope, summary = "courses:read", "Compare a site with a changed one"
    problems = ("impossible-request",)

    class InputSerializer(Strict):
        site = serializers.UUIDField(required=False, help_text=ONE_SITE)
        weeks = serializers.IntegerField(min_value=1, max_value=12, default=12)
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

    class OutputSerializer(serializers.Serializer):
        first_date = serializers.DateField()
        weeks = serializers.IntegerField()
        before = OutcomeOut()
        after = OutcomeOut()

    def post(self, request: Request) -> Response:
        """Answer with both sides."""
        data = self.input()
        site = site_of(self, data)
        change = altered(data, site)
        expected = self.expected(data, site)
        try:
            found = forecast.what_if(site=site, expected=expected, altered=change, weeks=data["weeks"], now=self.now)
        except forecast.TooManyPeople:
            detail = "So many people cannot be planned in two seconds. Ask for fewer people a week."
            raise Problem("impossible-request", detail) from None
        sides = {"before": outcome_out(found.before), "after": outcome_out(found.after)}
        return Response({"first_date": found.first.isoformat(), "weeks": found.weeks, **sides})

    def expected(self, data: Any, site: Site) -> Expected:
        """Return who is expected: as said, or as in the last half year."""
        usual = forecast.expected_people(site, self.now)
        said = tuple((protocol_of(item["protocol"]), item["share"]) for item in data.get("mix", ()))
        if not (said or usual.mix):
            raise Problem("impossible-request", "No course was booked in the last half year, so name a mix.")
        return Expected(a_week=data.get("people_a_week", usual.a_week), mix=said or usual.mix)


def altered(data: Any, site: Site) -> Altered:
    """Read how the site would be changed."""
    part_time, switch = data.get("part_time"), data.get("switch")
    here = Technician.objects.filter(shifts__site=site, is_active=True).distinct()
    return Altered(
        chairs=data["more_chairs"],
        more_hours=_hours("more_hours", data["more_hours"]) if "more_hours" in data else None,
        part_time=(
            (
                named("part_time.technician", here, uid=part_time["technician"]).pk,
                _hours("part_time.hours", part_time["hours"]),
            )
            if part_time
            else None
        ),
        switch=(protocol_of(switch["instead_of"]).slug, protocol_of(switch["give"])) if switch else None,
    )


def outcome_out(outcome: Any) -> dict[str, Any]:
    """Write one side of a comparison."""
    return {
        "starts": [{"month": month.isoformat(), "courses": courses} for month, courses in outcome.starts],
        "typical_wait_days": outcome.typical_wait,
        "turned_away": outcome.turned_away,
        "overloaded_weeks": outcome.overloaded_weeks,
        "loads": [{"week": week.isoformat(), "percent": round(100 * share)} for week, share in outcome.loads],
    }


def _hours(name: str, text: str) -> Any:
    try:
        return forecast.weekly_hours(text)
    except ValueError as wrong:
        raise serializers.ValidationError({name: [str(wrong)]}) from None
