"""Words for patients in templates."""

from datetime import datetime

from django import template

from clinic.models import Site
from clinic.notifications.channels import dialled
from clinic.notifications.words import spoken_date, spoken_time

register = template.Library()
register.filter("dialled", dialled)


@register.filter
def spoken(moment: datetime, site: Site) -> str:
    """Say a moment by the wall clock of a site: "Wednesday 16 December, 8:30am"."""
    local = moment.astimezone(site.zone)
    return f"{spoken_date(local)}, {spoken_time(local.time())}"
