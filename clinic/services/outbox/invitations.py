"""Inviting staff by e-mail: a row in the transaction that makes the account, and its link when it is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from clinic.models import AccountMail, User
from clinic.models.messages import MessageStatus
from clinic.notifications import texts
from clinic.notifications.channels import Letter, Lines
from clinic.services.passwords import password_path

from .claiming import claim, settle
from .sending import put_off


def plan_invitation(*, user: User, now: datetime) -> AccountMail:
    """Write that somebody is to be invited to choose a password; doing it twice gives the same row."""
    return AccountMail.objects.get_or_create(user=user, defaults={"due_at": now})[0]


def deliver_invitations(now: datetime, *, limit: int = 10) -> int:
    """Send the invitations that are due; return how many were taken in hand."""
    rows = AccountMail.objects.filter(pk__in=claim(AccountMail, now, limit)).select_related("user")
    taken = list(rows.order_by("due_at", "pk"))
    with Lines() as lines:
        for mail in taken:
            settle(mail, **_outcome(mail, lines, now))
    return len(taken)


def _outcome(mail: AccountMail, lines: Lines, now: datetime) -> Mapping[str, Any]:
    if not mail.user.is_active or mail.user.has_usable_password():
        return {"status": MessageStatus.CANCELLED}
    try:
        lines.send("email", _letter(mail))
    except Exception as error:  # whatever is wrong with one, the next ones still leave
        return put_off(mail, error, now)
    return {"status": MessageStatus.SENT, "sent_at": now, "last_error": ""}


def _letter(mail: AccountMail) -> Letter:
    """Write an invitation in the language of whoever it goes to, if that is known."""
    user = mail.user
    site = user.sites.order_by("name").first()
    words = texts.LANGUAGES[user.language or "en"]
    said = {
        "clinic": " ".join(site.public_name.split()) if site else "Metronome",
        "link": settings.BASE_URL + password_path(user),
        "days": str(settings.PASSWORD_RESET_TIMEOUT // 86400),
    }
    return Letter(
        key=f"account-{mail.pk}",
        to=user.email,
        subject=texts.filled(words.INVITATION_SUBJECT, said),
        text=texts.filled(words.INVITATION, said),
    )
