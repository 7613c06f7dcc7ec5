"""What the booking page says when something stands in the way."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clinic.models import Site
from clinic.selectors.words import names_at, told
from clinic.selectors.written import written

BUSY = gettext_lazy(
    "Many people changed the diary at this moment, so nothing was done. All you typed is here; please try again."
)
FORM_CHANGED = gettext_lazy(
    "The form was changed after these plans were made, so nothing is booked yet. Here are plans for what it says now."
)
NOTHING_CHOSEN = gettext_lazy("Choose one of the plans first; nothing is booked yet.")
LOST = gettext_lazy("These times are not held any longer, so nothing is booked yet. Here is a fresh proposal.")
STALE = gettext_lazy("Somebody else changed this a moment ago. Please look at it as it is now, and try again.")
TOO_LATE = gettext_lazy(
    "This booking can no longer be undone: three minutes have passed, or a session was changed meanwhile. "
    "You can cancel the course instead."
)
UNDONE = gettext_lazy("This booking does not stand any longer; it was undone or cancelled before.")

NO_WAY = gettext_lazy(
    "There is no way that keeps every rule of the course. Ask for more hours or other dates, then try again."
)
WAY_LOST = gettext_lazy("These times cannot be any more, so nothing has changed. Here is how it stands now.")


def held(count: int, until: datetime, site: Site) -> str:
    """Say for how many people times are held."""
    local = until.astimezone(site.zone)
    people = ngettext("%(count)s person", "%(count)s people", count) % {"count": count}
    return _("Times are held until %(until)s for %(people)s. Ask each of them, and book.") % {
        "until": written(local, "l H:i"),
        "people": people,
    }


def way_lost(reasons: Iterable[Mapping[str, Any]], site: Site) -> str:
    """Say why a way to go on was lost."""
    return f"{' '.join(told(reasons, names_at(site), site))} {WAY_LOST}".strip()


def outdated(reasons: Iterable[Mapping[str, Any]], site: Site) -> str:
    """Say why a proposal was lost: the first cause, because the others mostly follow from it."""
    why = "".join(told(reasons, names_at(site), site)[:1])
    return f"{why} {LOST}".strip()
