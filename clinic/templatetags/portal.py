"""Words for patients in templates."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from clinic.models import Site
from clinic.notifications.channels import dialled
from clinic.selectors.said import said_date, said_time

register = template.Library()
register.filter("dialled", dialled)


@register.filter
def spoken(moment: datetime, place: Site | ZoneInfo) -> str:
    """Say a moment by the wall clock of a site, or of a zone: "Wednesday 16 December, 8:30am"."""
    local = moment.astimezone(place if isinstance(place, ZoneInfo) else place.zone)
    return f"{said_date(local)}, {said_time(local.time())}"


@register.filter
def clock(moment: datetime, site: Site) -> str:
    """Say the time of day of a moment: "8:30am"."""
    return said_time(moment.astimezone(site.zone).time())
