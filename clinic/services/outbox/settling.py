"""What becomes of a message after it left, or could not: delivery reports, returned mail, and what the desk does."""

import re
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from django.db import transaction

from clinic.models import OutboundMessage
from clinic.models.messages import MessageStatus
from clinic.services import audit

ARRIVED = frozenset({"delivered", "read"})
LOST = frozenset({"undelivered", "failed"})
CODE = re.compile(r"[0-9]{3,6}")
OUR_ID = re.compile(r"<message-([0-9]{1,18})@")
FINAL = re.compile(r"5\.[0-9]{1,3}\.[0-9]{1,3}")


def note_report(*, provider_id: str, status: str, code: str, now: datetime) -> bool:
    """Note what the text message service says became of a message; tell whether it is one of ours.

    Reports come twice and out of order: one that has arrived stays so.
    """
    rows = OutboundMessage.objects.filter(provider_id=provider_id) if provider_id else OutboundMessage.objects.none()
    if status in ARRIVED:
        rows.filter(delivered_at=None).update(status=MessageStatus.SENT, delivered_at=now, last_error="")
    elif status in LOST:
        why = f"The network reported {status}{f' ({code})' if CODE.fullmatch(code) else ''}."
        rows.filter(delivered_at=None, status=MessageStatus.SENT).update(status=MessageStatus.FAILED, last_error=why)
    return rows.exists()


def take_bounce(mail: bytes) -> bool:
    """Read a mail that came back, and note that its message was not delivered; tell whether it was one of ours."""
    report = BytesParser(policy=compat32).parsebytes(mail)
    codes = [str(part["Status"]) for part in report.walk() if part["Status"]]
    found = OUR_ID.search(" ".join(_originals(report)))
    if not found or not any(FINAL.match(code.strip()) for code in codes):
        return False
    code = next(code.strip() for code in codes if FINAL.match(code.strip()))
    rows = OutboundMessage.objects.filter(pk=int(found[1]), status=MessageStatus.SENT)
    return bool(rows.update(status=MessageStatus.FAILED, last_error=f"The mail came back ({code[:12]})."))


def _originals(report: Message) -> list[str]:
    """Return the Message-IDs of the mails that a report brings back, whole or as headers alone."""
    ids = [str(part["Message-ID"]) for part in report.walk() if part is not report and part["Message-ID"]]
    headers = [part for part in report.walk() if part.get_content_type() == "text/rfc822-headers"]
    return ids + [str(part.get_payload()) for part in headers]


def try_again(*, message: OutboundMessage, by: audit.Actor, now: datetime) -> bool:
    """Send a message that could not be delivered once more, from the first attempt on; tell whether it was one."""
    return _settled(message, {"status": MessageStatus.DUE, "due_at": now, "attempts": 0, "last_error": ""},
                    "message tried again", by, now)  # fmt: skip


def told_by_phone(*, message: OutboundMessage, by: audit.Actor, now: datetime) -> bool:
    """Note that the desk has told a patient by phone what a message could not; tell whether it was one."""
    return _settled(message, {"status": MessageStatus.BY_PHONE}, "told by phone", by, now)


def _settled(message: OutboundMessage, outcome: dict[str, object], action: str, by: audit.Actor, now: datetime) -> bool:
    with transaction.atomic():
        rows = OutboundMessage.objects.filter(pk=message.pk, status=MessageStatus.FAILED)
        if not rows.update(**outcome):
            return False
        data = {"message": message.pk, "template": message.template}
        audit.record(by=by, now=now, action=action, patient=message.patient, course=message.course, data=data)
        return True
