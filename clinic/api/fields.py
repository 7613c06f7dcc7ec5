"""What each kind of field says when it cannot be read: what is wrong, and what to send instead."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core import validators
from django.utils.encoding import force_str
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

A_DATE = "Give a date such as 2026-11-24."
AN_INSTANT = "Give a date and time with its offset from UTC, such as 2026-11-24T08:30:00+00:00."
A_TEXT = "Send a text, in quotation marks."
A_NUMBER = "Send a number, without quotation marks."
NAMES = "Send names with values, in braces."
A_SLUG = "Send letters, digits and dashes, such as pain-10-daily."
A_LIST = "Send a list, in square brackets."
AN_ID = "This is no id. Send one as it came from this API, such as 7d5a3c52-5a51-4f3b-9f0e-6f2b0c1d2e3f."

# The kind nearest to a field counts, and what that does not say comes from the kind that it is made of.
WORDS: Mapping[type[serializers.Field], Mapping[str, str]] = {
    serializers.Field: {"required": "It is missing. Add it.", "null": "It is null, which says nothing. Give a value."},
    serializers.CharField: {"invalid": A_TEXT, "blank": "It is empty. Give a text that says something."},
    serializers.UUIDField: {"invalid": AN_ID},
    serializers.DateField: {"invalid": A_DATE, "datetime": A_DATE},
    serializers.DateTimeField: {
        "invalid": AN_INSTANT,
        "date": AN_INSTANT,
        "naive": f"It has no offset from UTC, so nobody knows when that is. {AN_INSTANT}",
        "overflow": "It lies beyond the years of the calendar. Check the year.",
    },
    serializers.IntegerField: {"invalid": A_NUMBER, "max_string_length": "The number is too long. Check it."},
    serializers.FloatField: {"invalid": A_NUMBER, "max_string_length": "The number is too long. Check it."},
    serializers.BooleanField: {"invalid": "Send true or false."},
    serializers.ListField: {"not_a_list": A_LIST},
    serializers.ListSerializer: {"not_a_list": A_LIST},
    serializers.Serializer: {"invalid": NAMES},
}
LIMITS: Mapping[type[Any], str] = {
    validators.MaxLengthValidator: "It has %(show_value)d characters, and %(limit_value)d is the most. Shorten it.",
    validators.MinValueValidator: "%(limit_value)s is the least. Give a higher number.",
    validators.MaxValueValidator: "%(limit_value)s is the most. Give a lower number.",
    validators.EmailValidator: "This is not an e-mail address. Check it, or leave it empty.",
    validators.ProhibitNullCharactersValidator: "It holds the character with the number 0. Take that out.",
    ProhibitSurrogateCharactersValidator: "It holds half a character (U+{code_point:X}). Send whole ones, in UTF-8.",
}
TOO_LONG_A_LIST = "It has %(show_value)d entries, and %(limit_value)d is the most. Send fewer."
A_LIST = "It has %(show_value)d entries, and %(limit_value)d is the most. Send fewer."


class Instant(serializers.DateTimeField):
    """An instant: a date and time with its offset, because one without could be any of a day's hours."""

    default_error_messages = {"naive": AN_INSTANT}

    def enforce_timezone(self, value: datetime) -> datetime:
        """Refuse a time without an offset."""
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)


def reworded(field: serializers.Field) -> serializers.Field:
    """Give a field, and what its list holds, the sentences that are meant for whoever wrote the request."""
    for kind in reversed(type(field).__mro__):
        field.error_messages.update(WORDS.get(kind, {}))
    if isinstance(field, serializers.ChoiceField):
        field.error_messages["invalid_choice"] = f"Choose one of: {', '.join(map(str, field.choices))}."
    rules: list[Any] = field.validators
    for validator in rules:
        if words := LIMITS.get(type(validator)):
            is_list = isinstance(field, serializers.ListField) and "characters" in words
            validator.message = TOO_LONG_A_LIST if is_list else words
        elif isinstance(validator, validators.RegexValidator):
            form = A_SLUG if isinstance(field, serializers.SlugField) else force_str(field.help_text or "")
            validator.message = f"It is not of the form that is asked for. {form}".strip()
    child: Any = getattr(field, "child", None)
    if child is not None:
        reworded(child)
    return field
