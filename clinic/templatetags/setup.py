"""Words for the set-up pages in templates."""

from django import template

from clinic.selectors.replans import lasting

register = template.Library()
register.filter("lasting", lasting)
