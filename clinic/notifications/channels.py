"""The ways in which a message leaves: e-mail through Django, text messages through a service of Twilio's API shape."""

import base64
import json
import smtplib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, unquote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMessage

SECONDS_TO_ANSWER = 15
LONGEST_ANSWER = 65536
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Hold one message that is ready to leave. Its key is the same each time it is tried.

    `stop` is where a mail program ends the messages, `report` where the service says what became of this one.
    """

    key: str
    to: str
    subject: str
    text: str
    stop: str = ""
    report: str = ""


class NotDelivered(Exception):
    """The service refused a message; the text names the answer, never the person.

    A final refusal, such as of an address that does not exist, is not worth trying again; `wait` is how long the
    service asked to be left alone.
    """

    def __init__(self, told: str, *, is_final: bool = False, wait: timedelta | None = None) -> None:
        super().__init__(told)
        self.is_final, self.wait = is_final, wait


def send_email(letter: Letter) -> str:
    """Send an e-mail. A repeated one carries the same Message-ID, so that mail programs show it once.

    Raises NotDelivered when it was refused for good, and what the connection raises.
    """
    headers = {"Message-ID": message_id(letter.key), "Auto-Submitted": "auto-generated"}
    if letter.stop:
        headers |= {"List-Unsubscribe": f"<{letter.stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    try:
        EmailMessage(subject=letter.subject, body=letter.text, to=[letter.to], headers=headers).send()
    except (BadHeaderError, UnicodeError) as wrong:
        raise NotDelivered("This address cannot be written to.", is_final=True) from wrong
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        raise NotDelivered(f"The mail server answered {codes[0]}.", is_final=min(codes) >= 500) from refused
    except smtplib.SMTPResponseException as refused:
        is_about_us = isinstance(refused, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError)
        is_final = refused.smtp_code >= 500 and not is_about_us
        raise NotDelivered(f"The mail server answered {refused.smtp_code}.", is_final=is_final) from refused
    return ""


def message_id(key: str) -> str:
    """Return the Message-ID under which a message is sent, each time."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{key}@{domain}>"


def send_sms(letter: Letter) -> str:
    """Send a text message, through the service at SMS_URL or onto the console; return how the service calls it.

    Raises NotDelivered, and what the connection raises.
    """
    service = urlsplit(settings.SMS_URL)
    if service.scheme == "console":
        sys.stdout.write(f"Text message to {letter.to}: {letter.text}\n")
        return ""
    account = unquote(service.username or "")
    host = service.hostname if service.port is None else f"{service.hostname}:{service.port}"
    address = f"{service.scheme}://{host}/2010-04-01/Accounts/{account}/Messages.json"
    sender = parse_qs(service.query).get("from", [""])[0]
    fields = {"To": dialled(letter.to), "From": sender, "Body": letter.text}
    if letter.report.startswith("https:"):
        fields["StatusCallback"] = letter.report
    key = base64.b64encode(f"{account}:{service_key()}".encode()).decode()
    headers = {"Authorization": f"Basic {key}", "Idempotency-Key": letter.key}
    request = Request(address, data=urlencode(fields).encode(), headers=headers)
    try:
        with build_opener(NoRedirect).open(request, timeout=SECONDS_TO_ANSWER) as answer:
            told = _read(answer.read(LONGEST_ANSWER))
    except HTTPError as error:
        with error:
            raise NotDelivered(
                f"The text message service answered {error.code}.",
                is_final=error.code == 400,  # of this message; any other refusal is about the service or the account
                wait=_asked_wait(error.headers.get("Retry-After")),
            ) from error
    if told.get("status") in ("failed", "undelivered"):
        raise NotDelivered(f"The text message service answered {told['status']!r}.")
    return str(told["sid"])[:64]


def service_key() -> str:
    """Return the secret that is shared with the text message service."""
    return unquote(urlsplit(settings.SMS_URL).password or "")


def _read(body: bytes) -> dict[str, Any]:
    """Read what the service answered; an answer that says nothing is as good as none."""
    try:
        told = json.loads(body)
    except ValueError as nonsense:
        raise NotDelivered("The text message service answered nonsense.") from nonsense
    if not isinstance(told, dict) or not isinstance(told.get("sid"), str) or not told["sid"]:
        raise NotDelivered("The text message service did not say that it took the message.")
    return told


def _asked_wait(header: str | None) -> timedelta | None:
    is_number = header is not None and header.isascii() and header.isdigit() and len(header) < 7
    return min(timedelta(seconds=int(header or 0)), LONGEST_WAIT) if is_number else None


class NoRedirect(HTTPRedirectHandler):
    """Refuse to carry a patient's number to another address than the one in the settings."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follow nothing."""


def last_digits(number: str) -> str:
    """Return the digits by which two ways to write one number are known to be the same."""
    return "".join(sign for sign in number if sign.isdigit() and sign.isascii())[-9:]


def dialled(number: str) -> str:
    """Return a phone number as a service dials it: digits, with a leading + where it had one."""
    return ("+" if number.startswith("+") else "") + "".join(sign for sign in number if sign.isdigit())


SEND: Mapping[str, Callable[[Letter], str]] = {"email": send_email, "sms": send_sms}
