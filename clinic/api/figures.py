"""How it went, and how much of each chair and technician is used: the numbers of the capacity pages, by week."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.models import Chair, Site, Technician
from clinic.selectors.figures import figures
from clinic.selectors.stretches import Span, site_weeks
from clinic.selectors.usage import Usage, usage

from .capacity import ONE_SITE, site_of
from .operations import Operation, Strict

MOST_WEEKS = 26
FARTHEST = timedelta(days=3660)
KINDS: dict[str, tuple[str, type[Chair | Technician]]] = {
    "chair": ("chairs", Chair),
    "technician": ("technicians", Technician),
}


class WeeksQuery(Strict):
    """Some weeks of a site, each from the weekday on which its weeks begin."""

    site = serializers.UUIDField(required=False, help_text=ONE_SITE)
    first_date = serializers.DateField(required=False, help_text="A date in the first week.")
    weeks = serializers.IntegerField(min_value=1, max_value=MOST_WEEKS, default=4)


class WeekOut(serializers.Serializer):
    """A week: its first and its last date."""

    first_date = serializers.DateField()
    last_date = serializers.DateField()


class UsedOut(WeekOut):
    """What is used of a chair or technician in one week. A technician's minutes count once for each patient at once."""

    kind = serializers.ChoiceField(choices=tuple(KINDS))
    id = serializers.UUIDField()
    name = serializers.CharField()
    used_minutes = serializers.IntegerField()
    open_minutes = serializers.IntegerField()
    percent = serializers.IntegerField(allow_null=True)


class FiguresOut(WeekOut):
    """How one week went. Sessions count once their time has passed; a wait belongs to the week of the first session."""

    done = serializers.IntegerField(help_text="Sessions that took place.")
    missed = serializers.IntegerField()
    unnoted = serializers.IntegerField(help_text="Sessions of which nobody has noted what became of them.")
    freed = serializers.IntegerField(help_text="Times that were cancelled or moved away from.")
    refilled = serializers.IntegerField(help_text="Those of them in which another session stands on the same chair.")
    waits = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Days from referral or booking to the first session, of each course.",
    )


class ReadUsage(Operation):
    """Give the minutes of each chair and technician that are used and open, by week, from the current week on.

    A chair is open while somebody is there to run it. Times that are held count as used.
    """

    scope, summary = "courses:read", "Read the use of chairs and technicians by week"
    is_tagged = True
    QuerySerializer = WeeksQuery

    class OutputSerializer(serializers.Serializer):
        site = serializers.UUIDField()
        items = UsedOut(many=True)

    def get(self, request: Request) -> Response:
        """Answer with the minutes."""
        query = self.query()
        site = site_of(self, query)
        used = usage(site, _weeks(query, site, self.now.astimezone(site.zone).date()), now=self.now)
        return self.found({"site": str(site.uid), "items": [item for kind in KINDS for item in _items(used, kind)]})


class ReadFigures(Operation):
    """Say by week how many sessions took place or were missed, which freed times were used again, and who waited.

    Without a first date, these are the weeks before the current one. No patient is named.
    """

    scope, summary = "courses:read", "Read how the last weeks went"
    is_tagged = True
    QuerySerializer = WeeksQuery

    class OutputSerializer(serializers.Serializer):
        site = serializers.UUIDField()
        items = FiguresOut(many=True)

    def get(self, request: Request) -> Response:
        """Answer with the figures."""
        query = self.query()
        site = site_of(self, query)
        before = self.now.astimezone(site.zone).date() - timedelta(weeks=query["weeks"])
        found = figures(site, _weeks(query, site, before), now=self.now)
        counts = ("done", "missed", "unnoted", "freed", "refilled")
        items = [
            _dates((row.first, row.last)) | {name: getattr(row, name) for name in counts} | {"waits": sorted(row.waits)}
            for row in found
        ]
        return self.found({"site": str(site.uid), "items": items})


def _weeks(query: Mapping[str, Any], site: Site, default: date) -> tuple[Span, ...]:
    first = query.get("first_date", default)
    if abs(first - default) > FARTHEST:
        raise serializers.ValidationError({"first_date": ["This is more than ten years away. Check the year."]})
    return site_weeks(site, first, query["weeks"])


def _items(used: Usage, kind: str) -> list[dict[str, Any]]:
    """Return what is used of all chairs, or of all technicians."""
    rows, model = used.rows(KINDS[kind][0]), KINDS[kind][1]
    uids = dict(model.objects.filter(pk__in=[row.key for row in rows]).values_list("pk", "uid"))
    return [
        _dates(span)
        | {"kind": kind, "id": str(uids[int(row.key)]), "name": row.name}
        | {"used_minutes": cell.booked, "open_minutes": cell.open, "percent": cell.percent}
        for row in rows
        for span, cell in zip(used.spans, row.cells, strict=True)
    ]


def _dates(span: Span) -> dict[str, Any]:
    return {"first_date": str(span[0]), "last_date": str(span[1])}
