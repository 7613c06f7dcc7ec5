"""What messages say: looked up when they are sent, so that they tell how things stand then.

They hold the clinic's public name, dates, times, a phone number and a private link, and nothing about the treatment.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from clinic.models import ContactWishes, OutboundMessage, Patient, Site
from clinic.models.people import Channel
from clinic.notifications import phrases, texts
from clinic.notifications.channels import Letter
from clinic.notifications.gsm import MOST_UNITS, units

from .entries import entries_of
from .letter_changes import worded_as
from .letter_facts import FACTS, Facts, referral_of

STOP_SALT = "stop messages"
STAND_IN = "x" * 43  # as long as the secret of a link


def site_of(message: OutboundMessage) -> Site:
    """Return the site whose name and clock a message uses: where the course is, wherever the patient is registered."""
    if message.course:
        return message.course.site
    referral = referral_of(message)
    return referral.site if referral else message.patient.site


def wishes_of(patient: Patient) -> ContactWishes:
    """Return what a patient wants about messages; nothing in particular, where nobody has said anything."""
    return getattr(patient, "wishes", None) or ContactWishes(patient=patient)


def channel_of(patient: Patient, wishes: ContactWishes) -> str:
    """Return the channel that carries messages to a patient now: the preferred one, unless it was stopped."""
    if patient.channel == Channel.EMAIL and patient.email and wishes.email_stopped_at is None:
        return Channel.EMAIL
    if patient.channel == Channel.SMS and patient.phone and wishes.sms_stopped_at is None:
        return Channel.SMS
    return Channel.NONE


def facts_of(message: OutboundMessage, now: datetime) -> Facts | None:
    """Return what a message has to tell; None when it is no longer right."""
    return FACTS[message.template](message, now)


def letter_of(
    message: OutboundMessage, facts: Facts, channel: str, new_secret: Callable[[], str], now: datetime
) -> Letter:
    """Write a message in the words of its channel; a secret is made only where the text has room for the link."""
    patient, site = message.patient, site_of(message)
    language = wishes_of(patient).language
    template, facts = worded_as(message.template, facts, channel)
    said = _said(facts, site, language, short=channel == Channel.SMS)
    said["link"] = settings.BASE_URL + reverse("portal:open", args=[STAND_IN])
    wording = text_of(site, template, channel, language)
    text = texts.worded(wording, channel, said)
    if channel == Channel.SMS and units(text) > MOST_UNITS:
        text = _with_fewer_visits(wording, facts.get("visits", ()), said, site, language) or text
    if STAND_IN in text:
        text = text.replace(STAND_IN, new_secret())
    stop = settings.BASE_URL + reverse("replies:stop", args=[signing.dumps(str(patient.uid), salt=STOP_SALT)])
    return Letter(
        key=f"message-{message.pk}",
        to=patient.phone if channel == Channel.SMS else patient.email,
        subject=texts.LANGUAGES[language].SUBJECT.format(clinic=said["clinic"]),
        text=text,
        stop=stop,
        report=settings.BASE_URL + reverse("replies:report"),
        entries=entries_of(message, language=language, now=now) if channel == Channel.EMAIL else (),
    )


def _with_fewer_visits(
    wording: str, visits: Sequence[datetime], said: Mapping[str, str], site: Site, language: str
) -> str:
    """Write a text message with as many visits as one can name, and the number of the others; nothing without any."""
    text = ""
    for count in range(len(visits) - 1, 0, -1):
        named = WORDS["visits"](visits[:count], site, language, True)
        text = texts.worded(wording, Channel.SMS, {**said, "visits": f"{named}; +{len(visits) - count}"})
        if units(text) <= MOST_UNITS:
            break
    return text


def text_of(site: Site, template: str, channel: str, language: str) -> str:
    """Return the clinic's own text, or the one that comes with the program."""
    which = (template, channel, language)
    own = [row.text for row in site.message_texts.all() if (row.template, row.channel, row.language) == which]
    return own[0] if own else texts.standard(*which)


def _said(facts: Facts, site: Site, language: str, *, short: bool) -> dict[str, str]:
    """Put facts into words: instants on the wall clock of the site, counts with what is counted."""
    said: dict[str, str] = {"clinic": " ".join(site.public_name.split()), "phone": site.phone}
    for name, fact in facts.items():
        said[name] = WORDS[name](fact, site, language, short)
    return said


def _moment(at: datetime, site: Site, language: str, short: bool) -> str:
    return phrases.moment(at.astimezone(site.zone), language, short=short)


WORDS: Mapping[str, Callable[[Any, Site, str, bool], str]] = {
    "appointments": lambda count, site, language, short: phrases.appointments(count, language),
    "first": _moment,
    "until": _moment,
    "visits": lambda starts, site, language, short: phrases.visits(
        [start.astimezone(site.zone) for start in starts], language, short=short
    ),
    "changes": lambda pairs, site, language, short: phrases.changes(
        [(was and was.astimezone(site.zone), to and to.astimezone(site.zone)) for was, to in pairs],
        language,
        short=short,
    ),
}
