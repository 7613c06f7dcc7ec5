"""What the record of deeds is told with: the entries are kept in English, and read in the language of the page."""

from django.utils.translation import gettext, gettext_noop

from clinic.models.contacts import TaskKind

# Each action that is noted about a patient, so that the catalogue has it.
DEEDS = (
    gettext_noop("attendance noted"),
    gettext_noop("authorisation noted"),
    gettext_noop("booking undone"),
    gettext_noop("calendar address made"),
    gettext_noop("calendar address revoked"),
    gettext_noop("change undone"),
    gettext_noop("contact wishes noted"),
    gettext_noop("course booked"),
    gettext_noop("course cancelled"),
    gettext_noop("course changed"),
    gettext_noop("course continued"),
    gettext_noop("course does not go on"),
    gettext_noop("course finished"),
    gettext_noop("course goes on"),
    gettext_noop("course imported"),
    gettext_noop("course proposed"),
    gettext_noop("course runs again"),
    gettext_noop("decision reopened"),
    gettext_noop("follow-up booked"),
    gettext_noop("merge undone"),
    gettext_noop("message tried again"),
    gettext_noop("messages agreed to"),
    gettext_noop("messages stopped"),
    gettext_noop("move undone"),
    gettext_noop("patient called"),
    gettext_noop("patient registered"),
    gettext_noop("patient updated"),
    gettext_noop("phone that unlocks added"),
    gettext_noop("phone that unlocks revoked"),
    gettext_noop("phone unlocked"),
    gettext_noop("private link locked"),
    gettext_noop("private link made"),
    gettext_noop("private link opened"),
    gettext_noop("private link revoked"),
    gettext_noop("proposal kept"),
    gettext_noop("proposal released"),
    gettext_noop("read by another system"),
    gettext_noop("put on the waiting list"),
    gettext_noop("records merged"),
    gettext_noop("referral changed"),
    gettext_noop("schedule printed"),
    gettext_noop("session confirmed"),
    gettext_noop("session made up"),
    gettext_noop("session moved"),
    gettext_noop("patient called"),
    gettext_noop("call taken back"),
    gettext_noop("taken off the waiting list"),
    gettext_noop("task done"),
    gettext_noop("times declined"),
    gettext_noop("times held for a decision"),
    gettext_noop("times offered"),
    gettext_noop("told by phone"),
    gettext_noop("wish taken back"),
)
ASKED = "desk asked: "


def done(action: str) -> str:
    """Say what was done."""
    kind = action.removeprefix(ASKED)
    if kind != action and kind in TaskKind.values:
        return gettext("desk asked: %(what)s") % {"what": TaskKind(kind).label}
    return gettext(action)
