"""The ways in which a message leaves: e-mail through Django, text messages through a service of Twilio's API shape."""

import base64
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.error import HTTPError
from urllib.parse import parse_qs, unquote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.mail import EmailMessage

SECONDS_TO_ANSWER = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Hold one message that is ready to leave. Its key is the same each time it is tried."""

    key: str
    to: str
    subject: str
    text: str


class NotDelivered(Exception):
    """The service refused a message; the text names the answer, never the person."""


def send_email(letter: Letter) -> None:
    """Send an e-mail. A repeated one carries the same Message-ID, so that mail programs show it once."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    EmailMessage(
        subject=letter.subject,
        body=letter.text,
        to=[letter.to],
        headers={"Message-ID": f"<{letter.key}@{domain}>", "Auto-Submitted": "auto-generated"},
    ).send()


def send_sms(letter: Letter) -> None:
    """Send a text message, through the service at SMS_URL or onto the console.

    Raises NotDelivered.
    """
    service = urlsplit(settings.SMS_URL)
    if service.scheme == "console":
        sys.stdout.write(f"Text message to {letter.to}: {letter.text}\n")
        return
    account = unquote(service.username or "")
    host = service.hostname if service.port is None else f"{service.hostname}:{service.port}"
    address = f"{service.scheme}://{host}/2010-04-01/Accounts/{account}/Messages.json"
    sender = parse_qs(service.query).get("from", [""])[0]
    form = urlencode({"To": dialled(letter.to), "From": sender, "Body": letter.text}).encode()
    key = base64.b64encode(f"{account}:{unquote(service.password or '')}".encode()).decode()
    request = Request(address, data=form, headers={"Authorization": f"Basic {key}"})
    try:
        with build_opener(NoRedirect).open(request, timeout=SECONDS_TO_ANSWER) as answer:
            status = json.load(answer).get("status")
    except HTTPError as error:
        raise NotDelivered(f"The text message service answered {error.code}.") from error
    if status in ("failed", "undelivered"):
        raise NotDelivered(f"The text message service answered {status!r}.")


class NoRedirect(HTTPRedirectHandler):
    """Refuse to carry a patient's number to another address than the one in the settings."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follow nothing."""


def dialled(number: str) -> str:
    """Return a phone number as a service dials it: digits, with a leading + where it had one."""
    return ("+" if number.startswith("+") else "") + "".join(sign for sign in number if sign.isdigit())


SEND: Mapping[str, Callable[[Letter], None]] = {"email": send_email, "sms": send_sms}
