"""What can be typed into the search field beside patients: "day 3 dec", "book okonjo", "register", "disruption"."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from clinic.models import User
from clinic.models.people import plain_words
from clinic.permissions import BOOK, DISRUPT, REGISTER, SEE, SETUP, may

from .dates import read_day


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
    title: str
    action: str


# The first word of a name never stands alone here, so that nobody called Book is lost: see `split_verb`.
VERBS = {
    "book": Verb(page="book", title="Book a course", action=BOOK),
    "refer": Verb(page="refer", title="Put on the waiting list", action=BOOK),
    "wait": Verb(page="refer", title="Put on the waiting list", action=BOOK),
    "details": Verb(page="correct", title="Correct the details", action=REGISTER),
    "merge": Verb(page="merge", title="Merge with another record", action=REGISTER),
}
GOES = ("day", "go")
REGISTERS = ("register", "new")
# Page, what it is called, icon, who may open it, and further words for it.
PAGES = (
    ("today", "Today", "today", SEE, "day diary list board home"),
    ("patients", "All patients", "patients", SEE, "book list people"),
    ("register", "Register a new patient", "person-add", REGISTER, "add"),
    ("report", "Report a disruption", "warning", DISRUPT, "chair down broken sick absent closed something is wrong"),
    ("disruptions", "Changes and disruptions", "move", SEE, "replan call list"),
    ("risks", "Courses at risk", "warning", SEE, "gaps missed authorisation"),
    ("messages", "Messages", "message", SEE, "tasks letters not delivered wrote"),
    ("waiting", "Waiting list", "clock", SEE, "referrals offers refer"),
    ("help", "Help and keys", "info", SEE, "keyboard shortcuts"),
    ("capacity", "Capacity", "capacity", SEE, "earliest start quote what-if utilisation load"),
    ("setup:home", "Set up the clinic", "setup", SETUP, "hours chairs rota shifts holidays closures sites settings"),
    ("setup:people", "Set up technicians and prescribers", "setup", SETUP, "people staff rota"),
    ("setup:protocols", "Set up protocols", "setup", SETUP, "catalogue phases"),
    ("setup:accounts", "Set up accounts", "setup", SETUP, "staff roles users invite password"),
)
ACCOUNT = (
    ("account_change_password", "Change your password", "shield", "account"),
    ("mfa_index", "Second factor", "shield", "account passkey authenticator"),
)


def split_verb(text: str, user: User) -> tuple[Verb | None, str]:
    """Split "book okonjo" into what is to be done and the name; a verb needs a name after it, and the right role."""
    first, _, rest = text.strip().partition(" ")
    verb = VERBS.get(first.casefold())
    return (verb, rest.strip()) if verb and rest.strip() and may(user, verb.action) else (None, text)


def commands(text: str, *, user: User, today: date) -> tuple[Command, ...]:
    """Return what the typed words may mean beside a patient."""
    if not plain_words(text):
        return ()
    return (*_days(text, today), *_registration(text, user), *_pages(plain_words(text), user))


def is_for_a_day(text: str) -> bool:
    """Tell whether a day of the diary is asked for, and no patient."""
    first, _, rest = text.strip().partition(" ")
    return first.casefold() in GOES and bool(rest.strip())


def _days(text: str, today: date) -> Iterator[Command]:
    """Read "day 3 dec", and a date alone."""
    with suppress(ValueError):
        day = read_day(text.strip().partition(" ")[2] if is_for_a_day(text) else text, today)
        title = f"{day:%A} {day.day} {day:%B %Y}"
        yield Command(title=title, address=reverse("frontdesk:day", args=[day]), icon="today")


def _registration(text: str, user: User) -> Iterator[Command]:
    """Read "register okonjo"."""
    first, _, name = text.strip().partition(" ")
    if name.strip() and first.casefold() in REGISTERS and may(user, REGISTER):
        address = f"{reverse('frontdesk:register')}?{urlencode({'name': name.strip()})}"
        yield Command(title=f"Register {name.strip()}", address=address, icon="person-add")


def _pages(typed: list[str], user: User) -> Iterator[Command]:
    """Find the pages of whose words each typed one is the beginning."""
    own = [(page, title, icon, SEE, words) for page, title, icon, words in ACCOUNT]
    for page, title, icon, action, words in (*PAGES, *own):
        known = [*plain_words(title), *plain_words(words)]
        if may(user, action) and all(any(word.startswith(part) for word in known) for part in typed):
            name = page if page.startswith(("account", "mfa")) else f"frontdesk:{page}"
            yield Command(title=title, address=reverse(name), icon=icon)
