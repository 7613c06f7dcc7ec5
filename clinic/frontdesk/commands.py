"""What can be typed into the search field beside patients: "day 3 dec", "book okonjo", "register", "disruption"."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import User
from clinic.models.people import plain_words
from clinic.permissions import BOOK, DISRUPT, REGISTER, SEE, SETUP, may
from clinic.selectors.written import written

from .dates import read_day

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Hold one thing to do or place to go to: what it is called, where it is, and its icon."""

    title: str
    address: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """Hold what can be done with the patient whose name follows: the page, and how the desk says it."""

    page: str
    title: "StrOrPromise"
    action: str


# The first word of a name never stands alone here, so that nobody called Book is lost: see `split_verb`.
VERBS = {
    "book": Verb(page="book", title=gettext_lazy("Book a course"), action=BOOK),
    "refer": Verb(page="refer", title=gettext_lazy("Put on the waiting list"), action=BOOK),
    "wait": Verb(page="refer", title=gettext_lazy("Put on the waiting list"), action=BOOK),
    "details": Verb(page="correct", title=gettext_lazy("Correct the details"), action=REGISTER),
    "merge": Verb(page="merge", title=gettext_lazy("Merge with another record"), action=REGISTER),
}
GOES = ("day", "go")
REGISTERS = ("register", "new")
# Page, what it is called, icon, who may open it, and further words for it.
PAGES = (
    ("today", gettext_lazy("Today"), "today", SEE, gettext_lazy("day diary list board home")),
    ("patients", gettext_lazy("All patients"), "patients", SEE, gettext_lazy("book list people")),
    ("register", gettext_lazy("Register a new patient"), "person-add", REGISTER, "add"),
    (
        "report",
        gettext_lazy("Report a disruption"),
        "warning",
        DISRUPT,
        gettext_lazy("chair down broken sick absent closed something is wrong"),
    ),
    ("disruptions", gettext_lazy("Changes and disruptions"), "move", SEE, gettext_lazy("replan call list")),
    ("todo", gettext_lazy("To do"), "list", SEE, gettext_lazy("work tasks calls decisions follow-ups assessments")),
    ("risks", gettext_lazy("Courses at risk"), "warning", SEE, gettext_lazy("gaps missed authorisation")),
    ("messages", gettext_lazy("Messages"), "message", SEE, gettext_lazy("tasks letters not delivered wrote")),
    ("waiting", gettext_lazy("Waiting list"), "clock", SEE, gettext_lazy("referrals offers refer")),
    ("help", gettext_lazy("Help and keys"), "info", SEE, gettext_lazy("keyboard shortcuts")),
    (
        "capacity",
        gettext_lazy("Capacity"),
        "capacity",
        SEE,
        gettext_lazy("earliest start quote what-if utilisation load"),
    ),
    (
        "setup:home",
        gettext_lazy("Set up the clinic"),
        "setup",
        SETUP,
        gettext_lazy("hours chairs rota shifts holidays closures sites settings"),
    ),
    (
        "setup:people",
        gettext_lazy("Set up technicians and prescribers"),
        "setup",
        SETUP,
        gettext_lazy("people staff rota"),
    ),
    ("setup:protocols", gettext_lazy("Set up protocols"), "setup", SETUP, gettext_lazy("catalogue phases")),
    (
        "setup:accounts",
        gettext_lazy("Set up accounts"),
        "setup",
        SETUP,
        gettext_lazy("staff roles users invite password"),
    ),
)
ACCOUNT = (
    ("account_change_password", gettext_lazy("Change your password"), "shield", "account"),
    ("mfa_index", gettext_lazy("Second factor"), "shield", gettext_lazy("account passkey authenticator")),
)


def split_verb(text: str, user: User) -> tuple[Verb | None, str]:
    """Split "book okonjo" into what is to be done and the name; a verb needs a name after it, and the right role."""
    first, _other, rest = text.strip().partition(" ")
    verb = VERBS.get(first.casefold())
    return (verb, rest.strip()) if verb and rest.strip() and may(user, verb.action) else (None, text)


def commands(text: str, *, user: User, today: date) -> tuple[Command, ...]:
    """Return what the typed words may mean beside a patient."""
    if not plain_words(text):
        return ()
    return (*_days(text, today), *_registration(text, user), *_pages(plain_words(text), user))


def is_for_a_day(text: str) -> bool:
    """Tell whether a day of the diary is asked for, and no patient."""
    first, _other, rest = text.strip().partition(" ")
    return first.casefold() in GOES and bool(rest.strip())


def _days(text: str, today: date) -> Iterator[Command]:
    """Read "day 3 dec", and a date alone."""
    with suppress(ValueError):
        day = read_day(text.strip().partition(" ")[2] if is_for_a_day(text) else text, today)
        title = capfirst(written(day, "l j F Y"))
        yield Command(title=title, address=reverse("frontdesk:day", args=[day]), icon="today")


def _registration(text: str, user: User) -> Iterator[Command]:
    """Read "register okonjo"."""
    first, _other, name = text.strip().partition(" ")
    if name.strip() and first.casefold() in REGISTERS and may(user, REGISTER):
        address = f"{reverse('frontdesk:register')}?{urlencode({'name': name.strip()})}"
        yield Command(title=_("Register %(name)s") % {"name": name.strip()}, address=address, icon="person-add")


def _pages(typed: list[str], user: User) -> Iterator[Command]:
    """Find the pages of whose words each typed one is the beginning."""
    own = [(page, title, icon, SEE, words) for page, title, icon, words in ACCOUNT]
    for page, title, icon, action, words in (*PAGES, *own):
        known = [*plain_words(str(title)), *plain_words(str(words))]
        if may(user, action) and all(any(word.startswith(part) for word in known) for part in typed):
            name = page if page.startswith(("account", "mfa")) else f"frontdesk:{page}"
            yield Command(title=str(title), address=reverse(name), icon=icon)
