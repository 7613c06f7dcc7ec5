"""Reading bodies without ever failing on them."""

from collections.abc import Mapping
from json import JSONDecodeError
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class JsonParser(JSONParser):
    """Read JSON; a body that is nested too deeply is refused like any other that cannot be read."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return what the body says."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The body is nested too deeply. Send what /api/v1/docs/ describes.") from None
        except ParseError as refused:
            raise ParseError(_why(refused.__context__)) from None


def _why(cause: BaseException | None) -> str:
    match cause:
        case JSONDecodeError() if "BOM" in cause.msg:
            return "The body begins with a byte order mark. Send it in UTF-8 without one."
        case JSONDecodeError():
            where = f"line {cause.lineno}, column {cause.colno}"
            return f"The body is no JSON from {where} on. Check the quotation marks, commas and brackets there."
        case UnicodeDecodeError():
            return f"The body is no UTF-8 text from byte {cause.start + 1} on. Send it in UTF-8."
    return "The body has a number that JSON does not know, such as NaN, or one of thousands of digits. Send another."
