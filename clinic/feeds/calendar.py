"""A patient's sessions as an iCalendar text that every program reads alike.

Measured choices: times in UTC without VTIMEZONE, because some programs read zone rules an hour wrong; one VEVENT a
session and no recurrence, because sessions move; DTSTAMP from the row, because a new text at every fetch could never
be answered with "not modified". Words are neutral: calendars are shown on lock screens and shared with families.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from clinic.models import Session
from clinic.models.courses import SessionStatus

TITLE = "Clinic appointment"
NAME = "Clinic appointments"
REFRESH = timedelta(hours=1)


def calendar_text(sessions: Sequence[Session]) -> bytes:
    """Return the calendar; the same rows give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//Metronome//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", NAME)
    calendar.add("x-wr-calname", NAME)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for session in sessions:
        calendar.add_component(event(session))
    if not sessions:
        calendar.add_component(universal_time())
    return calendar.to_ical()


def event(session: Session) -> Event:
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
    event.add("summary", f"Cancelled: {TITLE}" if is_struck else TITLE)
    event.add("status", "CANCELLED" if is_struck else "CONFIRMED")
    event.add("class", "PRIVATE")
    if session.site.address:
        event.add("location", session.site.address)
    if session.site.phone:
        event.add("description", f"To change it, call {session.site.phone}.")
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
