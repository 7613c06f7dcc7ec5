"""Keep the secrets that stand in addresses out of every log."""

import logging
import re

# Links of patients, calendars and new passwords; whoever reads a log must not be able to open them.
SECRET = re.compile(r"(/(?:my|calendar|stop|accounts/password/reset/key)/)[\w%:.-]{16,}?(?=\.ics\b|[^\w%:.-]|$)")


def without_secrets(text: str) -> str:
    """Return a text with dots in place of the secrets of private links and calendar addresses."""
    return SECRET.sub(r"\1...", text)


class HideSecrets(logging.Filter):
    """Hide them in a log record: in its text, and in the traceback that goes with it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record and let it pass."""
        record.msg, record.args = without_secrets(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_secrets(record.exc_text)
        return True
