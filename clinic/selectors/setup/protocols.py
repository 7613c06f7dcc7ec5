"""The catalogue and the clinic's own protocols, and whether the clinic has what each of them needs."""

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clinic.models import Chair, Course, Protocol, Shift
from clinic.models.courses import CourseStatus
from clinic.planning import protocol_value
from scheduler import Protocol as Recipe
from scheduler import Visit, catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """Hold a protocol of the catalogue, and what the clinic lacks for it."""

    slug: str
    name: str
    summary: str
    source: str
    sessions: int
    lacks: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProtocol:
    """Hold the latest version of a protocol that the clinic has, and what the clinic lacks for it."""

    row: Protocol
    lacks: str
    running: int


def catalogue() -> tuple[CatalogueEntry, ...]:
    """Return the whole catalogue."""
    have = set(Protocol.objects.values_list("slug", flat=True))
    judge = _Judge()
    return tuple(
        CatalogueEntry(
            slug=recipe.slug,
            name=recipe.name,
            summary=recipe.summary,
            source=recipe.source,
            sessions=recipe.sessions(),
            lacks=judge(recipe),
            is_chosen=recipe.slug in have,
        )
        for recipe in catalog.ALL
    )


def own_protocols() -> tuple[OwnProtocol, ...]:
    """Return the latest version of every protocol, whether it is on offer or not."""
    latest: dict[str, Protocol] = {}
    for row in Protocol.objects.order_by("version"):
        latest[row.slug] = row
    running = Counter(Course.objects.filter(status=CourseStatus.ACTIVE).values_list("protocol__slug", flat=True))
    judge = _Judge()
    rows = sorted(latest.values(), key=lambda row: (not row.is_current, row.position, row.name))
    return tuple(OwnProtocol(row=row, lacks=judge(protocol_value(row)), running=running[row.slug]) for row in rows)


def kinds_known() -> tuple[str, ...]:
    """Return the kinds that chairs have or that the catalogue's protocols ask for."""
    asked = {kind for recipe in catalog.ALL for visit in visits_of(recipe) for kind in visit.chair_kinds}
    return tuple(sorted(asked | {kind for kinds in Chair.objects.values_list("kinds", flat=True) for kind in kinds}))


def visits_of(recipe: Recipe) -> tuple[Visit, ...]:
    """Return every kind of visit of a protocol."""
    more = (recipe.first_visit, recipe.redetermination and recipe.redetermination.visit)
    return (
        *(phase.visit for phase in recipe.phases),
        *(visit for visit in more if visit),
        *(item.visit for item in recipe.follow_ups),
    )


class _Judge:
    """Says what the clinic lacks for a protocol."""

    def __init__(self) -> None:
        self.chairs = [
            frozenset(kinds) for kinds in Chair.objects.filter(is_active=True).values_list("kinds", flat=True)
        ]
        self.has_prescriber = Shift.objects.filter(prescriber__is_active=True).exists()

    def __call__(self, recipe: Recipe) -> str:
        visits = visits_of(recipe)
        for visit in visits:
            if visit.needs_chair and not any(visit.chair_kinds <= kinds for kinds in self.chairs):
                return _("no chair of kind %(joinorany)s") % {
                    "joinorany": ", ".join(sorted(visit.chair_kinds)) or "any"
                }
        if any(visit.prescriber_minutes for visit in visits) and not self.has_prescriber:
            return _("no prescriber")
        return ""
