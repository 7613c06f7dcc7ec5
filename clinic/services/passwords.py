"""The link at which the owner of an account chooses a password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse

from clinic.models import User


def password_path(user: User) -> str:
    """Return the path at which the owner of an account chooses a password; it works once."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=key)
