"""Names and sentences for the desk: what the things of a site are called, and reasons put into words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.messages import sentence
from clinic.models import Chair, Prescriber, Site, Technician
from clinic.planning import site_id

KINDS: Mapping[str, Any] = {
    "consultation": _("consultation"),
    "mapping": _("mapping"),
    "treatment": _("treatment"),
    "redetermination": _("redetermination"),
    "assessment": _("assessment"),
    "follow-up": _("follow-up"),
    "technician": _("technician"),
    "prescriber": _("prescriber"),
}
GROUPS = {"technician": _("Technicians"), "prescriber": _("Prescribers")}
TOLD = {
    "booked": _("Booked"),
    "changed": _("Changed"),
    "moved": _("Moved"),
    "cancelled": _("Cancelled"),
    "dropped": _("Dropped"),
    "offered": _("Offered"),
    "week": _("Week"),
    "visit": _("Visit"),
    "follow-up": _("Follow up"),
    "finished": _("Finished"),
}
Reasons = Iterable[Mapping[str, Any]]


def names_at(site: Site) -> dict[str, str]:
    """Return what the chairs and people of a site are called, by the id that plans use."""
    names = {site_id(site.pk): site.name}
    for rows in (
        Chair.objects.filter(site=site),
        Technician.objects.filter(shifts__site=site).distinct(),
        Prescriber.objects.filter(shifts__site=site).distinct(),
    ):
        names |= {str(pk): name for pk, name in rows.order_by().values_list("pk", "name")}
    return names


def told(reasons: Reasons, names: Mapping[str, str], site: Site) -> list[str]:
    """Write reasons as sentences, each once."""
    return list(dict.fromkeys(sentence(dict(reason), names, site.zone) for reason in reasons))


def kind_word(kind: str) -> str:
    """Return what the desk calls a kind of visit or of person."""
    return str(KINDS.get(kind, kind))


def people_word(kind: str) -> str:
    """Return what the desk calls those who work in one way."""
    return str(GROUPS[kind])


def told_word(template: str) -> str:
    """Return what a message is about, from the name of its text."""
    return str(TOLD.get(template, template.replace("-", " ").capitalize()))
