"""What was typed is kept when a sign-in ends in the middle of a form.

The form waits in the visitor's session, and is given back only to the person who was signed in on this browser before.
A visitor who never signed in here can leave nothing behind.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clinic.models import User

KEPT, LAST_USER = "kept_form", "last-user"
PROOF = "csrfmiddlewaretoken"  # of the earlier sign-in, and worth nothing now
KEPT_FOR = timedelta(hours=12)
LONGEST = 50_000  # characters; forms of the desk have a few hundred


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForm:
    """Hold a form that was not taken: its address, its fields, who had typed it, and when (ISO)."""

    path: str
    fields: list[list[str]]
    user: str
    at: str


@receiver(user_logged_in)
def remember_who(request: HttpRequest, response: HttpResponse | None, user: User, **_: Any) -> None:
    """Note in a signed cookie who has signed in on this browser."""
    if response is not None:
        secure = request.is_secure()
        response.set_signed_cookie(LAST_USER, str(user.pk), secure=secure, httponly=True, samesite="Lax")


def keep(request: HttpRequest) -> bool:
    """Keep the form that is being sent without a sign-in, and tell whether it was kept."""
    user = request.get_signed_cookie(LAST_USER, default="")
    typed = [[name, value] for name, values in request.POST.lists() for value in values if name != PROOF]
    if not user or not typed or sum(len(name) + len(value) for name, value in typed) > LONGEST:
        return False
    form = KeptForm(path=request.get_full_path(), fields=typed, user=user, at=timezone.now().isoformat())
    request.session[KEPT] = asdict(form)
    return True


def take(request: HttpRequest) -> KeptForm | None:
    """Return the form that was kept for this person, once; None when there is none, or it is of yesterday."""
    kept = request.session.pop(KEPT, None)
    if kept is None:
        return None
    form = KeptForm(**kept)
    is_new = timezone.now() - datetime.fromisoformat(form.at) <= KEPT_FOR
    return form if is_new and form.user == str(request.user.pk) else None
