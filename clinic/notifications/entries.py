"""The calendar entry of one visit as an e-mail carries it (iMIP, RFC 6047): a mail program offers it to the calendar.

It bears the same name and count of changes as in the calendar feed, so that a program knows it as the same visit, and
the same few words: that there is an appointment, when, where, and whom to call.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress

TITLES = {"en": "Clinic appointment", "es": "Cita en la clínica"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Hold one visit; `version` counts its changes."""

    uid: str
    version: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    clinic: str
    address: str
    phone: str
    to: str
    language: str
    is_off: bool

    @property
    def method(self) -> str:
        """Return what the calendar is asked to do."""
        return "CANCEL" if self.is_off else "REQUEST"


def entry_text(entry: Entry) -> str:
    """Return the calendar text; the same visit gives the same text each time its message is tried."""
    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//Metronome//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", entry.method)
    event.add("uid", f"{entry.uid}@appointments")
    event.add("sequence", entry.version)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", TITLES[entry.language])
    event.add("status", "CANCELLED" if entry.is_off else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("organizer", _person(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], cn=entry.clinic))
    event.add("attendee", _person(entry.to, rsvp="FALSE", partstat="NEEDS-ACTION"))
    if entry.address:
        event.add("location", entry.address)
    if entry.phone:
        event.add("description", entry.phone)
    calendar.add_component(event)
    return calendar.to_ical().decode()


def _person(address: str, **parameters: str) -> vCalAddress:
    person = vCalAddress(f"MAILTO:{address}")
    person.params.update({name.upper(): value for name, value in parameters.items()})
    return person
