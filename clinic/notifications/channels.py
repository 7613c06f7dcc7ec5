"""The ways in which a message leaves: a line for each, which is opened once and kept for all that is to be sent."""

import typing
from collections.abc import Callable, Mapping
from types import TracebackType

from .letter import Letter, NotDelivered
from .mail import MailLine
from .sms import TextLine, dialled, last_digits, service_key

__all__ = ["LINES", "Letter", "Line", "Lines", "NotDelivered", "dialled", "last_digits", "service_key"]


class Line(typing.Protocol):
    """What every way to send has to offer."""

    def send(self, letter: Letter) -> str:
        """Send a message; return how the service calls it. Raises NotDelivered, and what the connection raises."""

    def close(self) -> None:
        """End the connection."""


LINES: Mapping[str, Callable[[], Line]] = {"email": MailLine, "sms": TextLine}


class Lines:
    """Keep the lines that were opened until all has been sent; one on which something broke is opened anew."""

    def __init__(self) -> None:
        self._open: dict[str, Line] = {}

    def send(self, channel: str, letter: Letter) -> str:
        """Send a message on the line of its channel.

        Raises NotDelivered, and what the connection raises.
        """
        line = self._open.pop(channel, None) or LINES[channel]()
        try:
            told = line.send(letter)
        except NotDelivered:
            self._open[channel] = line  # the service has answered
            raise
        except BaseException:
            line.close()
            raise
        self._open[channel] = line
        return told

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for line in self._open.values():
            line.close()
