"""Numbers as the capacity pages show them."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def in_hours(minutes: int) -> int:
    """Return minutes as whole hours."""
    return round(minutes / 60)


@register.filter
def percent(number: int | None) -> str:
    """Write a share in per cent, or a dash where there is nothing to share."""
    return "–" if number is None else _("%(number)d%%") % {"number": number}


@register.simple_tag
def bar(percent: int | None) -> SafeString:
    """Draw a bar beside a number, which says the same and is what is read out."""
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="8"/></svg>',
        percent or 0,
    )
