"""Texts and fields that hold nothing that nobody could read later."""

from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models


def one_line(text: str, most: int | None = None) -> str:
    """Return what was typed as one line of so many characters, without the zero byte, which PostgreSQL refuses."""
    return " ".join(text.replace("\x00", "").split())[:most]


def validate_timezone(name: str) -> None:
    """Refuse a name that is no IANA time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValidationError(f"Unknown time zone {name!r}. Use a name such as 'Europe/London'.") from None


class HoursField(models.CharField):
    """Store weekly hours as the text that people write, such as "Mon-Fri 08:00-18:00"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 400} | kwargs)


class TimeZoneField(models.CharField):
    """Store the IANA name of a time zone."""

    default_validators = [validate_timezone]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 64} | kwargs)
