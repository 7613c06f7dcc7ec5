"""One message that is ready to leave, and what becomes of one that could not."""

from dataclasses import dataclass
from datetime import timedelta

from .entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Hold one message that is ready to leave. Its key is the same each time it is tried.

    `stop` is where a mail program ends the messages, `report` where the service says what became of this one; `entries`
    are for the calendar of whoever gets an e-mail.
    """

    key: str
    to: str
    subject: str
    text: str
    stop: str = ""
    report: str = ""
    entries: tuple[Entry, ...] = ()


class NotDelivered(Exception):
    """The service refused a message; the text names the answer, never the person.

    A final refusal, such as of an address that does not exist, is not worth trying again; `wait` is how long the
    service asked to be left alone. A refusal that `is_about_service` would meet every other message as well.
    """

    def __init__(
        self, told: str, *, is_final: bool = False, is_about_service: bool = False, wait: timedelta | None = None
    ) -> None:
        super().__init__(told)
        self.is_final, self.is_about_service, self.wait = is_final, is_about_service, wait
