"""Reading what was typed: one field after another, with a sentence for each that is wrong."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from clinic.services.booking import StaleVersion
from clinic.services.patients import tidied

from .errors import InvalidSetup
from .hours import read_week


class Reader:
    """Reads one field after another and collects a sentence for each that is wrong."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.errors: dict[str, str] = {}

    def text(self, field: str, what: str, most: int, *, required: bool = False) -> str:
        """Read a short text, without control characters and doubled spaces."""
        text = tidied(str(self.data.get(field) or ""))
        if len(text) > most:
            self.fault(
                field,
                _("The %(what)s has %(count)s characters, and %(most)s is the most. Please shorten it.")
                % {"what": what, "count": f"{len(text):,}", "most": most},
            )
        elif required and not any(sign.isalnum() for sign in text):
            self.fault(field, _("Please give the %(what)s.") % {"what": what})
        return text

    def number(self, field: str, what: str, low: int, high: int) -> int:
        """Read a whole number."""
        text = str(self.data.get(field) or "").strip()
        if text.isascii() and text.isdecimal() and len(text) < 9 and low <= int(text) <= high:
            return int(text)
        self.fault(
            field,
            _("Give the %(what)s as a number from %(low)s to %(high)s.") % {"what": what, "low": low, "high": high},
        )
        return low

    def choice(self, field: str, values: Collection[Any], sentence: str) -> str:
        """Read one of some values."""
        value = str(self.data.get(field) or "")
        if value not in values:
            self.fault(field, sentence)
        return value

    def week(self, *, required: bool = False) -> str:
        """Read the seven texts under "hours"."""
        texts: Sequence[str] = self.data.get("hours") or [""] * 7
        try:
            return str(read_week(texts, required=required))
        except InvalidSetup as wrong:
            self.errors |= wrong.errors
            return ""

    def fault(self, field: str, sentence: str) -> None:
        """Note what is wrong with a field; the first fault of a field is told."""
        self.errors.setdefault(field, sentence)

    def done(self) -> None:
        """Finish reading.

        Raises InvalidSetup when anything was wrong.
        """
        if self.errors:
            raise InvalidSetup(self.errors)


def insist_on(seen: str | None, mark: str) -> None:
    """Insist that what is changed is what the page showed; None means that no page was shown.

    Raises StaleVersion.
    """
    if seen not in (None, mark):
        raise StaleVersion
