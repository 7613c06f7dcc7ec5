"""What a person asks for, as data from a form or a program, becomes the scheduler's course request."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from clinic.models import Chair, Patient, Protocol, Site, Technician
from scheduler import Authorisation, Availability, CourseRequest, FixedSession, Pace, Preference
from scheduler import Protocol as ProtocolValue

from .fields import (
    MOST_DAYS_AHEAD,
    optional,
    read_date,
    read_dates,
    read_earliest,
    read_extension,
    read_hours,
    read_instant,
    read_list,
    read_number,
    read_time,
    read_units,
)
from .ids import site_id
from .protocols import protocol_value

KEYS = {
    "earliest_date",
    "latest_date",
    "availability",
    "away",
    "authorisation",
    "time",
    "chair",
    "technician",
    "fixed",
    "skipped",
    "phases",
    "extension",
    "without",
    "pace",
}
AUTHORISATION_KEYS = {"first_date", "last_date", "units", "number"}
PACE_KEYS = {"per_week", "since"}


class InvalidRequest(Exception):
    """A request that cannot be planned; `errors` has one sentence for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


def request_value(
    data: Mapping[str, Any],
    *,
    patient: Patient,
    protocol: Protocol,
    site: Site,
    today: date | None = None,
    course: str = "",
) -> CourseRequest:
    """Read a course request; with `today` given, a new course may not begin before it.

    With the id of a `course` that is booked already, wishes for chairs and people who have left since are forgotten.

    Raises InvalidRequest with a sentence for every field that is wrong.
    """
    if not isinstance(data, Mapping):
        raise InvalidRequest({"request": "Send the request as names with values."})
    reader = _Reader(data, site, is_booked=bool(course))
    value = reader.course_request(patient, reader.extended(reader.shortened(_recipe(protocol))), today)
    return replace(value, course=course)


def _recipe(protocol: Protocol) -> ProtocolValue:
    try:
        return protocol_value(protocol)
    except ValueError as wrong:
        why = f"This protocol cannot be planned: {wrong} Choose another one, or correct it."
        raise InvalidRequest({"protocol": why}) from None


class _Reader:
    """Reads one field after another and collects a sentence for each that is wrong."""

    def __init__(self, data: Mapping[str, Any], site: Site, *, is_booked: bool) -> None:
        self.data, self.site, self.is_booked = data, site, is_booked
        self.errors = {str(key): "There is no such field." for key in data if key not in KEYS}

    def course_request(self, patient: Patient, protocol: ProtocolValue, today: date | None) -> CourseRequest:
        earliest = self.field("earliest_date", lambda value: read_earliest(value, today))
        asked: dict[str, Any] = {
            "latest_date": self.field("latest_date", optional(read_date)),
            "authorisation": self.authorisation(),
            "availability": Availability(
                hours=self.field("availability", read_hours), away=frozenset(self.field("away", read_dates) or ())
            ),
            "preference": Preference(
                time=self.field("time", optional(read_time)),
                chair=self.field("chair", optional(self.chair)),
                technician=self.field("technician", optional(self.technician)),
            ),
            "fixed": tuple(self.field("fixed", lambda items: [self.fixed(i, today) for i in read_list(items)]) or ()),
            "skipped": frozenset(self.field("skipped", read_dates) or ()),
            "phases": frozenset(self.field("phases", lambda names: _phases(names, protocol)) or ()),
            "pace": self.field("pace", optional(_pace)),
        }
        if not self.errors:
            self.compare(earliest, asked["latest_date"], asked["authorisation"])
        if self.errors:
            raise InvalidRequest(self.errors)
        return CourseRequest(
            patient=str(patient.pk),
            protocol=protocol,
            earliest_date=earliest,
            sites=frozenset({site_id(self.site.pk)}),
            **asked,
        )

    def extended(self, protocol: ProtocolValue) -> ProtocolValue:
        """Return the protocol with the further sessions that were agreed on, in its last phase that is no taper."""
        more = self.field("extension", optional(read_extension))
        lasting = [phase for phase in protocol.planned_phases() if not phase.taper]
        if not more:
            return protocol
        if not lasting or more % lasting[-1].sessions_per_day:
            self.errors["extension"] = "This protocol cannot be extended by so many sessions. Choose whole days."
            return protocol
        longer = replace(lasting[-1], sessions=lasting[-1].sessions + more)
        return replace(protocol, phases=tuple(longer if p is lasting[-1] else p for p in protocol.phases))

    def shortened(self, protocol: ProtocolValue) -> ProtocolValue:
        """Return the protocol without the phases that are left out, such as a taper."""
        out = self.field("without", lambda names: _left_out(names, protocol)) or ()
        return replace(protocol, phases=tuple(phase for phase in protocol.phases if phase.name not in out))

    def field(self, name: str, read: Callable[[Any], Any]) -> Any:
        try:
            return read(self.data.get(name))
        except ValueError as wrong:
            self.errors[name] = str(wrong)
            return None

    def authorisation(self) -> Authorisation | None:
        given = self.data.get("authorisation")
        if given is None:
            return None
        if not isinstance(given, Mapping) or set(given) - AUTHORISATION_KEYS:
            self.errors["authorisation"] = "An authorisation has a first_date, a last_date, units and a number."
            return None
        inner = _Reader({}, self.site, is_booked=self.is_booked)
        inner.data = given
        read = {
            "first_date": inner.field("first_date", read_date),
            "last_date": inner.field("last_date", read_date),
            "units": inner.field("units", optional(read_units)),
            "number": inner.field("number", read_number),
        }
        self.errors |= {f"authorisation.{name}": sentence for name, sentence in inner.errors.items()}
        if not inner.errors and read["last_date"] < read["first_date"]:
            self.errors["authorisation.last_date"] = "The authorisation ends before it begins. Check both dates."
        return None if any(name.startswith("authorisation") for name in self.errors) else Authorisation(**read)

    def compare(self, earliest: date, latest: date | None, authorisation: Authorisation | None) -> None:
        if latest and latest < earliest:
            self.errors["latest_date"] = "The latest date comes before the earliest date. Choose a later one."
        if latest and (latest - earliest).days > MOST_DAYS_AHEAD:
            self.errors["latest_date"] = "The latest date is over two years after the earliest. Choose a nearer one."
        if authorisation and authorisation.last_date < earliest:
            self.errors["authorisation.last_date"] = (
                "The authorisation ends before the earliest date. Ask the insurer for new dates, or begin earlier."
            )

    def chair(self, uid: Any) -> str | None:
        return self.resource(Chair.objects.filter(site=self.site, is_active=True), uid, "chair")

    def technician(self, uid: Any) -> str | None:
        here = Technician.objects.filter(shifts__site=self.site, is_active=True).distinct()
        return self.resource(here, uid, "technician")

    def resource(self, rows: Any, uid: Any, what: str) -> str | None:
        try:
            found = rows.filter(uid=UUID(str(uid))).values_list("pk", flat=True).first()
        except ValueError:
            found = None
        if found is None and not self.is_booked:
            raise ValueError(f"This {what} is not, or no longer, at the clinic. Choose another one.")
        return found and str(found)

    def fixed(self, item: Any, today: date | None) -> FixedSession:
        if not isinstance(item, Mapping) or set(item) - {"start", "chair"}:
            raise ValueError("A fixed session has a start and perhaps a chair.")
        start = read_instant(item.get("start"))
        if today and start.astimezone(self.site.zone).date() < today:
            raise ValueError("A session is fixed on a day that has passed. Let it go, or fix it on another day.")
        return FixedSession(start=start, chair=optional(self.chair)(item.get("chair")))


def _phases(value: Any, protocol: ProtocolValue) -> list[str]:
    names = read_list(value)
    conditional = [phase.name for phase in protocol.phases if phase.condition]
    if any(name not in conditional for name in names):
        choice = f"Choose from: {', '.join(conditional)}." if conditional else "This protocol has none."
        raise ValueError(f"There is no such conditional phase. {choice}")
    return names


def _left_out(value: Any, protocol: ProtocolValue) -> list[str]:
    names = read_list(value)
    planned = [phase.name for phase in protocol.planned_phases()]
    if any(name not in planned for name in names):
        raise ValueError(f"There is no such phase to leave out. Choose from: {', '.join(planned)}.")
    if set(planned) <= set(names):
        raise ValueError("Nothing would be left of the course. Cancel it instead.")
    return names


def _pace(value: Any) -> Pace:
    if not isinstance(value, Mapping) or set(value) != PACE_KEYS or type(value["per_week"]) is not int:
        raise ValueError("A pace has the most days a week, and the date since when.")
    return Pace(per_week=value["per_week"], since=read_date(value["since"]))
