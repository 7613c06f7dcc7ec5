"""A line on which nothing leaves: what it is given goes to a function of the test."""

from collections.abc import Callable

from clinic.notifications.channels import Letter


class FakeLine:
    """Stand in for the connection to a mail server or a text message service."""

    def __init__(self, receive: Callable[[Letter], str]) -> None:
        self.send = receive

    def close(self) -> None:
        """Have nothing to end."""
