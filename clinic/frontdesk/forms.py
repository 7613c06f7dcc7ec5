"""The base of the desk's forms: what they refuse is said as one says it to a colleague."""

from typing import Any

from django import forms
from django.core import validators
from django.utils.translation import gettext_lazy as _

WORDS = {
    "required": _("This is missing. Please fill it in."),
    "invalid": _("This could not be read. Please type it again."),
    "invalid_choice": _("This is not one of the choices. Please choose from the list."),
}
CHOOSE = {code: _("Choose one of the list.") for code in ("required", "invalid_choice")}
A_NUMBER = _("Please give a number, such as 3.")
LIMITS: dict[type[Any], Any] = {
    validators.MaxLengthValidator: _(
        "This has %(show_value)d characters, and %(limit_value)d is the most. Please shorten it."
    ),
    validators.MinValueValidator: _("Please give %(limit_value)s or more."),
    validators.MaxValueValidator: _("Please give %(limit_value)s or less."),
    validators.ProhibitNullCharactersValidator: _("This holds a sign that nobody can see. Please type it again."),
}


class DeskForm(forms.Form):
    """A form whose fields speak in our words, unless they bring sentences of their own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            usual = _usual_words(field)
            words = WORDS | ({"invalid": A_NUMBER} if isinstance(field, forms.IntegerField) else {})
            for code, sentence in words.items():
                if field.error_messages.get(code) == usual.get(code):
                    field.error_messages[code] = sentence
            rules: list[Any] = field.validators
            for rule in rules:
                rule.message = LIMITS.get(type(rule), rule.message)


def _usual_words(field: forms.Field) -> dict[str, Any]:
    """Return what the framework lets a field of this kind say."""
    words: dict[str, Any] = {}
    for kind in reversed(type(field).__mro__):
        words |= getattr(kind, "default_error_messages", {})
    return words
