"""E-mail, through Django: one connection to the mail server for as many messages as there are."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from .entries import entry_text
from .letter import Letter, NotDelivered


class MailLine:
    """Keep a connection to the mail server from message to message."""

    def __init__(self) -> None:
        self._connection = get_connection()

    def send(self, letter: Letter) -> str:
        """Send an e-mail. A repeated one carries the same Message-ID, so that mail programs show it once.

        Raises NotDelivered when it was refused, and what the connection raises.
        """
        try:
            self._open()
            mail_of(letter, self._connection).send()
        except (BadHeaderError, UnicodeError) as wrong:
            raise NotDelivered("This address cannot be written to.", is_final=True) from wrong
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            raise NotDelivered(f"The mail server answered {codes[0]}.", is_final=min(codes) >= 500) from refused
        except smtplib.SMTPResponseException as refused:
            is_ours = isinstance(refused, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError)
            raise NotDelivered(
                f"The mail server answered {refused.smtp_code}.",
                is_final=refused.smtp_code >= 500 and not is_ours,
                is_about_service=is_ours or refused.smtp_code == 421,  # it closes the line, whatever the message
            ) from refused
        return ""

    def _open(self) -> None:
        """Open the connection, again where the server has ended it: some allow only so many messages on one."""
        smtp = getattr(self._connection, "connection", None)
        if smtp is not None and not _answers(smtp):
            self._connection.close()
        self._connection.open()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def _answers(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.noop()[0] == 250
    except OSError:
        return False


def mail_of(letter: Letter, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """Return a letter as Django sends it."""
    headers = {"Message-ID": message_id(letter.key), "Auto-Submitted": "auto-generated"}
    if letter.stop:
        headers |= {"List-Unsubscribe": f"<{letter.stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    message = EmailMultiAlternatives(
        subject=letter.subject, body=letter.text, to=[letter.to], headers=headers, connection=connection
    )
    for entry in letter.entries:
        message.attach_alternative(entry_text(entry), f"text/calendar; method={entry.method}")
    return message


def message_id(key: str) -> str:
    """Return the Message-ID under which a message is sent, each time."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{key}@{domain}>"
