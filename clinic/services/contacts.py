"""What patients want about messages: stopping and starting a channel, language, zone, paper."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from clinic.models import ContactWishes, Patient
from clinic.models.people import Channel, Language

from . import audit

CAN_STOP = {Channel.EMAIL: "email_stopped_at", Channel.SMS: "sms_stopped_at"}


class WishRefused(ValueError):
    """A wish that cannot be kept; the sentence says what to do."""


def stop(*, patient: Patient, channel: str, by: audit.Actor, now: datetime) -> None:
    """Send nothing more through a channel; stopping twice changes nothing."""
    _set_stopped(patient, channel, now, "messages stopped", by, now)


def start(*, patient: Patient, channel: str, by: audit.Actor, now: datetime) -> None:
    """Use a channel again that was stopped."""
    _set_stopped(patient, channel, None, "messages agreed to", by, now)


def _set_stopped(
    patient: Patient, channel: str, stopped_at: datetime | None, action: str, by: audit.Actor, now: datetime
) -> None:
    field = CAN_STOP[Channel(channel)]
    with transaction.atomic():
        ContactWishes.objects.get_or_create(patient=patient)
        rows = ContactWishes.objects.filter(patient=patient, **{f"{field}__isnull": stopped_at is not None})
        if rows.update(**{field: stopped_at}):
            audit.record(by=by, now=now, action=action, patient=patient, data={"channel": channel})


def choose(
    *, patient: Patient, channel: str, language: str, timezone: str, by: audit.Actor, now: datetime
) -> ContactWishes:
    """Note how a patient wants to be told; choosing a channel agrees to it.

    Raises WishRefused.
    """
    address = {Channel.EMAIL: patient.email, Channel.SMS: patient.phone, Channel.NONE: "-"}
    if channel not in Channel.values or language not in Language.values:
        raise WishRefused(_("Please choose one of the ways and languages that are offered."))
    if not address[Channel(channel)]:
        raise WishRefused(_("We have no address for this way yet. Please call us, and we add it."))
    if timezone and not _is_zone(timezone):
        raise WishRefused(_("We do not know this time zone. Please choose one from the list."))
    with transaction.atomic():
        wishes, _new = ContactWishes.objects.select_for_update().get_or_create(patient=patient)
        wishes.language, wishes.timezone = language, "" if timezone == patient.site.timezone else timezone
        if channel != Channel.NONE:
            setattr(wishes, CAN_STOP[Channel(channel)], None)
        wishes.save()
        patient.channel = channel
        patient.save(update_fields=["channel", "updated_at"])
        data = {"channel": channel, "language": language}
        audit.record(by=by, now=now, action="contact wishes noted", patient=patient, data=data)
    return wishes


def speak(*, patient: Patient, language: str, by: audit.Actor, now: datetime) -> None:
    """Note in which language a patient wants pages and messages.

    Raises WishRefused.
    """
    if language not in Language.values:
        raise WishRefused(_("Please choose one of the languages that are offered."))
    with transaction.atomic():
        ContactWishes.objects.update_or_create(patient=patient, defaults={"language": language})
        audit.record(by=by, now=now, action="contact wishes noted", patient=patient, data={"language": language})


def _is_zone(name: str) -> bool:
    try:
        return len(name) <= 64 and bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


def note_printed(*, patient: Patient, by: audit.Actor, now: datetime) -> None:
    """Note that a patient has the schedule on paper as it stands now."""
    with transaction.atomic():
        ContactWishes.objects.update_or_create(patient=patient, defaults={"printed_at": now})
        audit.record(by=by, now=now, action="schedule printed", patient=patient)
