"""Accounts of staff: invited, changed, switched off. Nobody gives more than they have, and nobody is locked out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Site, User
from clinic.models.people import Role
from clinic.permissions import SETUP, may, sites_to_arrange, works_everywhere
from clinic.selectors.setup.marks import account_mark
from clinic.services import audit, outbox
from clinic.services.booking import NotPossible
from clinic.services.passwords import password_path
from clinic.services.patients import is_email

from .errors import InvalidSetup
from .reading import Reader, insist_on

TAKEN = gettext_lazy("Somebody has an account with this address. Open it in the list, or use another address.")
OWN = gettext_lazy(
    "This is your own account. Ask somebody else who sets up the clinic to change your role or to switch it off."
)


def roles_to_give(giver: User) -> tuple[tuple[str, str], ...]:
    """Return the roles that somebody may give; only an administrator makes administrators."""
    return tuple(
        (value, str(label)) for value, label in Role.choices if value != Role.ADMINISTRATOR or works_everywhere(giver)
    )


def read_account(data: Mapping[str, Any], *, giver: User, user: User | None = None) -> dict[str, Any]:
    """Read what was typed about an account.

    Raises InvalidSetup with a sentence for every field that is wrong.
    """
    read = Reader(data)
    email = read.text("email", _("e-mail address"), 254, required=True).casefold()
    if "email" not in read.errors and not is_email(email):
        read.fault("email", _("This is not an e-mail address. Please check it."))
    if any(other != user for other in User.objects.filter(email__iexact=email)):
        read.fault("email", str(TAKEN))
    roles = [value for value, _other in roles_to_give(giver)]
    found = {
        "name": read.text("name", _("name"), 120, required=True),
        "email": email,
        "role": read.choice("role", roles, _("Choose a role that you may give.")),
    }
    wanted = set(data.get("sites") or ())
    sites = [site for site in sites_to_arrange(giver) if str(site.uid) in wanted]
    if len(sites) < len(wanted):
        read.fault("sites", _("Choose clinics of the list."))
    if not sites and found["role"] != Role.ADMINISTRATOR:
        read.fault("sites", _("Choose at least one clinic; without one nothing can be seen."))
    read.done()
    return found | {"sites": sites}


def invite(*, data: Mapping[str, Any], giver: User, now: datetime) -> tuple[User, str]:
    """Make an account; return it with the path at which its owner chooses a password, once, within three days.

    An e-mail brings the owner such a path too.

    Raises InvalidSetup.
    """
    found = read_account(data, giver=giver)
    sites: list[Site] = found.pop("sites")
    try:
        with transaction.atomic():
            user = User.objects.create_user(found.pop("email"), None, **found)
            user.sites.set(sites)
            _record(user, "account made", giver, now, role=user.role)
            outbox.plan_invitation(user=user, now=now)
    except IntegrityError:
        raise InvalidSetup({"email": str(TAKEN)}) from None
    return user, password_path(user)


def change(*, user: User, data: Mapping[str, Any], giver: User, now: datetime, seen: str | None) -> None:
    """Change an account.

    Raises InvalidSetup, NotPossible for what would lock somebody out, and StaleVersion.
    """
    with transaction.atomic():
        current, found = _locked(user, giver), read_account(data, giver=giver, user=user)
        sites: list[Site] = found.pop("sites")
        same_sites = set(sites) == set(current.sites.all())
        changed = [name for name, value in found.items() if getattr(current, name) != value]
        if not changed and same_sites:
            return
        insist_on(seen, account_mark(current))
        if current == giver and ("role" in changed or not same_sites):
            raise NotPossible(OWN)
        for name in changed:
            setattr(current, name, found[name])
        current.save(update_fields=[*changed])
        current.sites.set(sites)
        _insist_on_somebody()
        _record(current, "account changed", giver, now, fields=[*changed, *([] if same_sites else ["sites"])])


def set_active(*, user: User, is_active: bool, giver: User, now: datetime) -> None:
    """Switch an account off, which ends all its sessions at once, or on again.

    Raises NotPossible for the own account and for the last one that may set up the clinic.
    """
    with transaction.atomic():
        current = _locked(user, giver)
        if current.is_active == is_active:
            return
        if current == giver:
            raise NotPossible(OWN)
        current.is_active = is_active
        current.save(update_fields=["is_active"])
        _insist_on_somebody()
        _record(current, "account switched on" if is_active else "account switched off", giver, now)


def new_password_link(*, user: User, giver: User, now: datetime) -> str:
    """Return the path at which somebody chooses a new password; the old one works until then.

    Raises NotPossible for an account that is switched off.
    """
    with transaction.atomic():
        current = _locked(user, giver)
        if not current.is_active:
            raise NotPossible(_("This account is switched off. Switch it on first."))
        _record(current, "password link made", giver, now)
    return password_path(current)


def _locked(user: User, giver: User) -> User:
    """Lock everybody who may set up, and the account; who lost the right meanwhile changes nothing."""
    leaders = User.objects.select_for_update().filter(role__in=(Role.MANAGER, Role.ADMINISTRATOR)).order_by("pk")
    list(leaders)
    if not may(User.objects.get(pk=giver.pk), SETUP):
        raise NotPossible(_("Your role was changed a moment ago and does not allow this any more."))
    return User.objects.select_for_update().get(pk=user.pk)


def _insist_on_somebody() -> None:
    """Refuse what would leave nobody to set up the clinic."""
    if not any(may(user, SETUP) for user in User.objects.filter(is_active=True)):
        raise NotPossible(_("Nobody could set up the clinic any more. Give somebody else that role first."))


def _record(user: User, action: str, giver: User, now: datetime, **data: Any) -> None:
    by = audit.Actor.of_user(giver)
    audit.record(by=by, now=now, action=action, data={"account": str(user.uid), **data})
