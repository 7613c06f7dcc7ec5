"""Changing one referral under the lock of its site, if it stands as it should, and writing down who did it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.models import Referral, Site
from clinic.models.referrals import ReferralState
from clinic.services import audit
from clinic.services.booking.errors import NotPossible
from clinic.services.booking.lock import under_lock

NOT_WAITING = _("This referral is {state} by now. Look at the waiting list as it is.")


def changed(referral: Referral, now: datetime, change: Callable[[Referral], None]) -> Referral:
    """Change a referral under the lock of its site."""

    def work(_: Site) -> Referral:
        rows = Referral.objects.standing(now).select_for_update(of=("self",)).select_related("patient", "site")
        current = rows.select_related("patient", "protocol", "site").get(pk=referral.pk)
        change(current)
        return current

    return under_lock(referral.site, work)


def insist(referral: Any, *states: str) -> None:
    """Refuse to go on with a referral that does not stand in one of some states.

    Raises NotPossible.
    """
    if referral.state not in states:
        raise NotPossible(NOT_WAITING.format(state=ReferralState(referral.state).label))


def record(referral: Referral, action: str, by: audit.Actor, now: datetime, why: str = "", **data: Any) -> None:
    """Write down what was done about a referral."""
    data = {"referral": str(referral.uid), **data}
    audit.record(by=by, now=now, action=action, patient=referral.patient, data=data, why=why)
