"""What members of staff choose for themselves."""

from datetime import datetime

from django.db import transaction

from clinic.models import User
from clinic.services import audit


def use_shortcuts(*, user: User, wanted: bool, now: datetime) -> None:
    """Let single keys act for a member of staff, or not."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk).exclude(has_shortcuts=wanted).update(has_shortcuts=wanted):
            by = audit.Actor.of_user(user)
            audit.record(by=by, now=now, action="shortcuts switched", data={"wanted": wanted})
    user.has_shortcuts = wanted


def speak(*, user: User, language: str, now: datetime) -> None:
    """Show the pages to a member of staff in a language; an empty one means that of the browser."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk).exclude(language=language).update(language=language):
            by = audit.Actor.of_user(user)
            audit.record(by=by, now=now, action="language chosen", data={"language": language})
    user.language = language
