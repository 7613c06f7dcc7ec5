"""Words for patients in templates."""

from datetime import datetime

from django import template

from clinic.models import Site
from clinic.notifications.channels import dialled
from clinic.selectors.said import said_date, said_time

register = template.Library()
register.filter("dialled", dialled)


@register.filter
def spoken(moment: datetime, site: Site) -> str:
    """Say a moment by the wall clock of a site: "Wednesday 16 December, 8:30am"."""
    local = moment.astimezone(site.zone)
    return f"{said_date(local)}, {said_time(local.time())}"
