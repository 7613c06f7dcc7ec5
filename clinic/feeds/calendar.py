"""Sessions as an iCalendar text that every program reads alike.

Measured choices: times in UTC without VTIMEZONE, because some programs read zone rules an hour wrong; one VEVENT a
session and no recurrence, because sessions move; DTSTAMP from the row, because a new text at every fetch could never
be answered with "not modified". Words are neutral: calendars are shown on lock screens and shared with families. To
staff a session is the initials of the patient and a number.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import get_language, gettext, gettext_noop
from icalendar import Calendar, Event, Timezone, TimezoneStandard

from clinic.models import Session
from clinic.models.courses import SessionStatus

TITLE = gettext_noop("Clinic appointment")
NAME = gettext_noop("Clinic appointments")
STAFF_NAME = gettext_noop("Clinic diary")
REFRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Hold what is said of a session."""

    title: str
    place: str
    note: str = ""


def told_to_patient(session: Session) -> Told:
    """Say where it is and whom to call."""
    phone = session.site.phone
    note = gettext("To change it, call %(phone)s.") % {"phone": phone} if phone else ""
    return Told(title=gettext(TITLE), place=session.site.address, note=note)


def told_to_staff(session: Session) -> Told:
    """Say whose it is, as briefly as can be, and on which chair."""
    chair = session.chair.name if session.chair else ""
    return Told(title=f"{session.patient.initials} {session.number}", place=chair)


def calendar_tag(sessions: Sequence[Session], tell: Callable[[Session], Told] = told_to_patient) -> str:
    """Return what changes with the calendar, without building it."""
    rows = [
        (str(row.uid), row.version, row.status, row.starts_at.timestamp(), row.ends_at.timestamp(), *_texts(tell(row)))
        for row in sessions
    ]
    updated = [row.updated_at.timestamp() for row in sessions]
    known = json.dumps([get_language(), rows, updated])
    return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _texts(told: Told) -> tuple[str, str, str]:
    return told.title, told.place, told.note


def calendar_text(
    sessions: Sequence[Session], tell: Callable[[Session], Told] = told_to_patient, name: str = NAME
) -> bytes:
    """Return the calendar; the same rows give the same bytes."""
    calendar, name = Calendar(), gettext(name)
    calendar.add("prodid", "-//Metronome//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for session in sessions:
        calendar.add_component(event(session, tell(session)))
    if not sessions:
        calendar.add_component(universal_time())
    return calendar.to_ical()


def event(session: Session, told: Told) -> Event:
    """Return the VEVENT of one session; its UID is the row's and never changes, whatever is moved."""
    is_struck = session.status == SessionStatus.CANCELLED
    changed_at = session.updated_at.astimezone(UTC)
    event = Event()
    event.add("uid", f"{session.uid}@appointments")
    event.add("sequence", session.version)
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("dtstart", session.starts_at.astimezone(UTC))
    event.add("dtend", session.ends_at.astimezone(UTC))
    # Some programs ignore STATUS, so that the title says it too.
    event.add("summary", gettext("Cancelled: %(title)s") % {"title": told.title} if is_struck else told.title)
    event.add("status", "CANCELLED" if is_struck else "CONFIRMED")
    event.add("class", "PRIVATE")
    if told.place:
        event.add("location", told.place)
    if told.note:
        event.add("description", told.note)
    return event


def universal_time() -> Timezone:
    """Return a component for a calendar without sessions, because the standard asks for at least one."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", "UTC")
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001, the standard wants a local time here
    standard.add("tzoffsetfrom", timedelta())
    standard.add("tzoffsetto", timedelta())
    zone.add_component(standard)
    return zone
