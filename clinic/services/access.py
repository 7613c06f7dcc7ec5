"""The patients' keys: a private link that opens the schedule with the date of birth, and secret calendar addresses.

Secrets are 32 random bytes, handed out once and stored as SHA-256 only. A secret that is unknown, expired or revoked
is answered exactly like a wrong date of birth, so that nobody learns from an answer whether a link exists.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clinic.models import CalendarLink, Passkey, Patient, PatientLink
from clinic.models.access import hashed, living
from clinic.models.fields import one_line
from clinic.selectors.merging import record_of

from . import audit

FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
TRIES_OF_AN_ADDRESS = 4 * settings.LINK_TRIES
USE_IS_NOTED_EVERY = timedelta(minutes=10)
MOST_CALENDARS = 5
MOST_NAME, MOST_RELATION, OLDEST = 60, 30, 120
Key = PatientLink | CalendarLink | Passkey
NAMES: dict[type[Key], str] = {
    PatientLink: "private link",
    CalendarLink: "calendar address",
    Passkey: "phone that unlocks",
}


class LinkRefused(Exception):
    """This link and date of birth open nothing: which of the two is wrong, or whether the link rests, is not told."""


class TooManyTries(LinkRefused):
    """This network address has guessed too often, whatever the links were."""


class TooManyLinks(Exception):
    """There are as many calendar addresses, or phones that unlock, as can be needed."""


class CarerRefused(ValueError):
    """A carer who cannot be given a link; the sentence says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carer:
    """Hold who looks after a patient: known by the own date of birth, and allowed to act for the patient or not."""

    name: str
    relation: str
    born: date
    may_act: bool


def read_carer(*, name: str, relation: str, born: date | None, may_act: bool, today: date) -> Carer:
    """Read what the desk says about a carer.

    Raises CarerRefused.
    """
    name, relation = (one_line(text) for text in (name, relation))
    if not name or len(name) > MOST_NAME or len(relation) > MOST_RELATION:
        raise CarerRefused(_("Please give the name of the carer in a few words, and who they are to the patient."))
    if born is None or not today.replace(year=today.year - OLDEST, day=1) < born <= today:
        raise CarerRefused(_("Please give the carer’s own date of birth, which opens the link. For example 12 4 1968."))
    return Carer(name=name, relation=relation, born=born, may_act=may_act)


def new_patient_link(
    *, patient: Patient, label: str, by: audit.Actor, now: datetime, carer: Carer | None = None
) -> tuple[PatientLink, str]:
    """Make a private link to a patient's schedule, for the patient or for a carer.

    Return it with its secret, which is never shown again.
    """
    secret = secrets.token_urlsafe(32)
    whose = {"carer": carer.name, "relation": carer.relation, "carer_born": carer.born} if carer else {}
    with transaction.atomic():
        link = PatientLink.objects.create(
            patient=record_of(patient),
            token_hash=hashed(secret),
            label=label[:80],
            created_at=now,
            expires_at=now + timedelta(days=settings.LINK_DAYS),
            may_act=carer is None or carer.may_act,
            **whose,
        )
        _record(link, "private link made", by=by, now=now)
    return link, secret


def open_patient_link(secret: str, date_of_birth: date, now: datetime, *, address: str) -> PatientLink:
    """Open a private link with the date of birth of whom it was made for.

    Raises LinkRefused, and TooManyTries for a network `address` that has guessed too often.
    """
    slot = take_try(address, now)
    link = _opened(secret, date_of_birth, now)
    if link is None:
        raise LinkRefused
    cache.delete(slot)
    return link


def take_try(address: str, now: datetime) -> str:
    """Take one of the tries that an address has in a quarter of an hour, before anything is compared.

    `add` writes a key that is not there yet, in the cache that all processes share: of two tries at one moment only one
    gets the slot, where a counter that is read and written would let both pass.
    """
    window = int(now.timestamp()) // int(FIRST_LOCK.total_seconds())
    for number in range(TRIES_OF_AN_ADDRESS):
        slot = f"link-try:{hashed(address)}:{window}:{number}"
        if cache.add(slot, 1, FIRST_LOCK.total_seconds()):
            return slot
    raise TooManyTries


def _opened(secret: str, date_of_birth: date, now: datetime) -> PatientLink | None:
    """Judge one try under the lock of the link's row, so that many tries at one moment are counted one by one."""
    links = PatientLink.objects.select_for_update(no_key=True, of=("self",)).select_related("patient__site")
    with transaction.atomic():
        link = links.filter(living(now), token_hash=hashed(secret)).first()
        if link is None or (link.locked_until and link.locked_until > now):
            return None
        if link.born != date_of_birth:
            _count_miss(link, now)
            return None
        link.misses, link.locked_until, link.last_used_at = 0, None, now
        link.save(update_fields=["misses", "locked_until", "last_used_at"])
        _record(link, "private link opened", by=audit.Actor.of_link(link), now=now)
        return link


def _count_miss(link: PatientLink, now: datetime) -> None:
    """Count a wrong date; each full set of them locks the link, four times as long as the set before."""
    link.misses += 1
    if link.misses % settings.LINK_TRIES == 0:
        link.locked_until = now + min(FIRST_LOCK * 4 ** (link.misses // settings.LINK_TRIES - 1), LONGEST_LOCK)
        _record(link, "private link locked", by=audit.Actor(name="private link"), now=now)
    link.save(update_fields=["misses", "locked_until"])


def living_patient_link(uid: str, now: datetime) -> PatientLink | None:
    """Find a private link that still opens, with its patient and site."""
    rows = PatientLink.objects.select_related("patient__site", "patient__wishes")
    return rows.filter(living(now), uid=uid).first()


def new_calendar_link(
    *, patient: Patient, by: audit.Actor, now: datetime, label: str = "", replaces: CalendarLink | None = None
) -> tuple[CalendarLink, str]:
    """Make a secret calendar address, shown once; the one that it `replaces` stops in the same moment.

    Raises TooManyLinks.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        if replaces:
            revoke_link(link=replaces, by=by, now=now)
        if calendar_links(patient, now).count() >= MOST_CALENDARS:
            raise TooManyLinks
        link = CalendarLink.objects.create(
            patient=record_of(patient), token_hash=hashed(secret), label=label[:80], created_at=now
        )
        _record(link, "calendar address made", by=by, now=now)
    return link, secret


def calendar_links(patient: Patient, now: datetime) -> QuerySet[CalendarLink]:
    """Return the calendar addresses of a patient that work, the oldest first."""
    return patient.calendar_links.filter(living(now)).order_by("created_at", "pk")


def patient_of_calendar(secret: str, now: datetime) -> Patient | None:
    """Find whose calendar an address is, and note that it was read."""
    links = CalendarLink.objects.select_related("patient__site", "patient__wishes")
    link = links.filter(living(now), token_hash=hashed(secret)).first()
    if link is None:
        return None
    if link.last_used_at is None or link.last_used_at <= now - USE_IS_NOTED_EVERY:
        CalendarLink.objects.filter(pk=link.pk).update(last_used_at=now)
    return link.patient


def revoke_link(*, link: Key, by: audit.Actor, now: datetime) -> None:
    """End a link, a phone that unlocks, or a calendar address at once; ending it twice changes nothing."""
    with transaction.atomic():
        if type(link).objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now):
            link.revoked_at = now
            _record(link, f"{NAMES[type(link)]} revoked", by=by, now=now)


def _record(link: Key, action: str, *, by: audit.Actor, now: datetime) -> None:
    data = {"link": str(link.uid)} | ({"carer": link.holder} if isinstance(link, PatientLink) and link.carer else {})
    audit.record(by=by, now=now, action=action, patient=link.patient, data=data)
