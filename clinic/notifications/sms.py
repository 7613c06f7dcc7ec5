"""Text messages, through a service of Twilio's API shape: one connection for as many as there are."""

import base64
import json
import sys
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from django.conf import settings

from .letter import Letter, NotDelivered

SECONDS_TO_ANSWER = 15
LONGEST_ANSWER = 65536
LONGEST_WAIT = timedelta(hours=1)
ABOUT_THIS_MESSAGE = 400


class TextLine:
    """Keep a connection to the service at SMS_URL from message to message, or write onto the console.

    It follows no redirect, which could carry a patient's number to another address than the one in the settings.
    """

    def __init__(self) -> None:
        self._service = urlsplit(settings.SMS_URL)
        kind = HTTPSConnection if self._service.scheme == "https" else HTTPConnection
        self._connection = kind(self._service.hostname or "", self._service.port, timeout=SECONDS_TO_ANSWER)

    def send(self, letter: Letter) -> str:
        """Send a text message; return how the service calls it.

        Raises NotDelivered, and what the connection raises.
        """
        if self._service.scheme == "console":
            sys.stdout.write(f"Text message to {letter.to}: {letter.text}\n")
            return ""
        account = unquote(self._service.username or "")
        fields = {"To": dialled(letter.to), "From": self._sender(), "Body": letter.text}
        if letter.report.startswith("https:"):
            fields["StatusCallback"] = letter.report
        headers = {
            "Authorization": f"Basic {base64.b64encode(f'{account}:{service_key()}'.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Idempotency-Key": letter.key,
        }
        path = f"/2010-04-01/Accounts/{account}/Messages.json"
        told = self._post(path, urlencode(fields).encode(), headers)
        if told.get("status") in ("failed", "undelivered"):
            raise NotDelivered(f"The text message service answered {told['status']!r}.")
        return str(told["sid"])[:64]

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        try:
            self._connection.request("POST", path, body, headers)
            answer = self._connection.getresponse()
            text = answer.read(LONGEST_ANSWER)
        except HTTPException as error:
            self.close()
            raise _nonsense() from error
        if not answer.isclosed():
            self.close()  # the rest of a long answer must not be read as the next one
        return _taken(answer, text)

    def _sender(self) -> str:
        return parse_qs(self._service.query).get("from", [""])[0]

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def _taken(answer: HTTPResponse, body: bytes) -> dict[str, Any]:
    """Read what the service answered; an answer that says nothing is as good as none."""
    if not 200 <= answer.status < 300:
        is_final = answer.status == ABOUT_THIS_MESSAGE
        wait = _asked_wait(answer.headers.get("Retry-After"))
        told = f"The text message service answered {answer.status}."
        raise NotDelivered(told, is_final=is_final, is_about_service=not is_final, wait=wait)
    try:
        found = json.loads(body)
    except ValueError as error:
        raise _nonsense() from error
    if not isinstance(found, dict) or not isinstance(found.get("sid"), str) or not found["sid"]:
        told = "The text message service did not say that it took the message."
        raise NotDelivered(told, is_about_service=True)
    return found


def _nonsense() -> NotDelivered:
    return NotDelivered("The text message service answered nonsense.", is_about_service=True)


def _asked_wait(header: str | None) -> timedelta | None:
    is_number = header is not None and header.isascii() and header.isdigit() and len(header) < 7
    return min(timedelta(seconds=int(header or 0)), LONGEST_WAIT) if is_number else None


def service_key() -> str:
    """Return the secret that is shared with the text message service."""
    return unquote(urlsplit(settings.SMS_URL).password or "")


def last_digits(number: str) -> str:
    """Return the digits by which two ways to write one number are known to be the same."""
    return "".join(sign for sign in number if sign.isdigit() and sign.isascii())[-9:]


def dialled(number: str) -> str:
    """Return a phone number as a service dials it: digits, with a leading + where it had one."""
    return ("+" if number.startswith("+") else "") + "".join(sign for sign in number if sign.isdigit())
