"""Take over a clinic's booked sessions, by the same rules and with the same cells as a booking."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Max

import scheduler
from clinic import messages, planning
from clinic.models import AuditEntry, Course, Patient, Protocol, Session, Site, Technician
from clinic.models.courses import IMPORTED, LIVING, CourseStatus, SessionStatus
from clinic.selectors.records import resources

from . import audit, finishing, occupancy
from .booking.lock import note_change
from .imports import Outcome, all_or_nothing
from .session_rows import SessionReader, in_order
from .spreadsheets import BadRow, Row

SESSION_COLUMNS = ("patient", "protocol", "date", "time", "chair")
SESSION_OPTIONS = ("technician", "minutes", "status", "course")
MINUTES_A_DAY = 24 * 60
BATCH = 500
LONGEST_VISIT = timedelta(hours=12)
Key = tuple[int, str, str]
Span = tuple[int, int, int]


def import_sessions(rows: Sequence[Row], *, site: Site, by: audit.Actor, now: datetime, keep: bool) -> Outcome:
    """Take over the sessions of a table, all in one transaction or none; known ones are left as they are."""
    ordered = sorted(rows, key=in_order)
    return all_or_nothing(ordered, lambda site: _Book(site, ordered, by, now), site=site, keep=keep)


@dataclass(slots=True, kw_only=True)
class _Line:
    """A course to which rows belong, with its last number, its end, and how many sessions come to it."""

    course: Course
    ends: datetime
    number: int = 0
    added: int = 0


class _Book:
    """Judges rows in order of time against what is booked by then, and writes those that it took."""

    about = "patient and time"

    def __init__(self, site: Site, rows: Sequence[Row], by: audit.Actor, now: datetime) -> None:
        self.site, self.by, self.now = site, by, now
        self.reader = SessionReader(site, now)
        self.names = {key: named.name for key, named in resources().items()}
        self.lines: dict[Key, _Line] = {}
        self.new: list[tuple[scheduler.Session, _Line]] = []
        starts = [start for row in rows if (start := self.reader.start_or_none(row))]
        self.known = _known(site, min(starts, default=now), max(starts, default=now))
        today, last = (moment.astimezone(site.zone).date() for moment in (now, max(starts, default=now)))
        self.clinic, diary = planning.load(site=site, first=today, last=max(today, last), now=now)
        # By day, so that a row is compared with a day and not with years.
        self.taken: dict[tuple[str, int], list[Span]] = defaultdict(list)
        for resource, spans in diary.taken.items():
            self.note(resource, spans)
        for person, lane, start, end in _visits(site, self.reader.technicians.values(), now):
            self.note(str(person), [(lane, scheduler.epoch_minute(start), scheduler.epoch_minute(end))])

    def note(self, resource: str, spans: Iterable[Span]) -> None:
        """Note what a chair or a person is taken by."""
        for span in spans:
            for day in _days(span[1], span[2]):
                self.taken[resource, day].append(span)

    def take(self, row: Row) -> tuple[tuple[int, datetime], bool]:
        """Judge one row, and note it for writing unless the session is known."""
        patient, protocol, start = self.reader.patient(row), self.reader.protocol(row), self.reader.start(row)
        key, about = (patient.pk, protocol.slug, row["course"]), (patient.pk, start)
        if about in self.known:
            self.reader.session(row, patient, protocol, start, 1)  # what it says must make sense all the same
            course = self.known[about]
            if course and key not in self.lines:
                self.lines[key] = _running(course)
            return about, False
        line = self.lines.get(key) or self.opened(patient, protocol, start)
        value = self.reader.session(row, patient, protocol, start, line.number + 1)
        if value.takes_its_place and value.when.end > self.now:
            value = self.placed(value, is_free_choice=not row["technician"])
        self.lines[key], self.known[about] = line, None
        self.add(value, line)
        return about, True

    def opened(self, patient: Patient, protocol: Protocol, start: datetime) -> _Line:
        """Open the course that begins with a row."""
        course = Course(
            patient=patient,
            protocol=protocol,
            site=self.site,
            request={"earliest_date": start.astimezone(self.site.zone).date().isoformat()},
            plan_kind=IMPORTED,
            booked_at=self.now,
            updated_at=self.now,
        )
        return _Line(course=course, ends=start)

    def placed(self, value: scheduler.Session, *, is_free_choice: bool) -> scheduler.Session:
        """Find the first technician with whom a session breaks no rule of its place, or say what it breaks."""
        people = self.reader.technicians.values()
        named = [row for row in people if is_free_choice or str(row.pk) == value.technician]
        asked = [replace(value, technician=str(row.pk), lane=lane) for row in named for lane in range(row.at_once)]
        broken: tuple[scheduler.Violation, ...] = ()
        for candidate in [one for one in asked if self.is_free(one)] or asked[:1]:
            broken = scheduler.check([candidate], self.clinic, diary=scheduler.Diary(self.in_the_way(candidate)))
            if not broken:
                return candidate
        said = planning.reasons_data([broken[0].reason]) if broken else []
        sentences = [messages.sentence(reason, self.names, self.site.zone) for reason in said]
        raise BadRow(" ".join(sentences) or "There is no technician here to run it. Plan a shift for somebody first.")

    def is_free(self, value: scheduler.Session) -> bool:
        """Tell whether the technician of a session has that time, which spares asking the judge about each of them."""
        return all(lane != value.lane for lane, _, _ in self.in_the_way(value).get(value.technician or "", ()))

    def in_the_way(self, value: scheduler.Session) -> dict[str, tuple[Span, ...]]:
        """Return when things and people that a session claims are taken meanwhile."""
        found: dict[str, tuple[Span, ...]] = {}
        for resource, _, when in value.claims():
            start, end = scheduler.epoch_minute(when.start), scheduler.epoch_minute(when.end)
            spans = (span for day in _days(start, end) for span in self.taken.get((resource, day), ()))
            found[resource] = tuple(span for span in spans if span[1] < end and start < span[2])
        return found

    def add(self, value: scheduler.Session, line: _Line) -> None:
        """Note a session for writing; one that did not take place leaves its number to the next."""
        self.new.append((value, line))
        line.added, line.ends = line.added + 1, max(line.ends, value.when.end)
        if value.takes_its_place:
            line.number = value.number
            for resource, lane, when in value.claims():
                self.note(resource, [(lane, scheduler.epoch_minute(when.start), scheduler.epoch_minute(when.end))])

    def write(self) -> None:
        """Write the sessions with their courses, their cells, and a line for each course in the record."""
        lines = [line for line in self.lines.values() if line.added]
        for line in lines:
            if line.course.plan_kind == IMPORTED and line.course.status in LIVING:
                line.course.status = CourseStatus.COMPLETED if line.ends <= self.now else CourseStatus.ACTIVE
        Course.objects.bulk_create([line.course for line in lines if line.course.pk is None], batch_size=BATCH)
        for course in (line.course for line in lines if line.course.booked_at != self.now):
            course.version, course.updated_at = course.version + 1, self.now
            course.save(update_fields=["status", "version", "updated_at"])
        common = {"site": self.site, "updated_at": self.now}
        rows = [
            Session(
                **planning.session_columns(value), course=line.course, patient_id=patient, status=value.status, **common
            )
            for value, line in self.new
            if (patient := int(value.patient))
        ]
        Session.objects.bulk_create(rows, batch_size=BATCH)
        occupancy.take(row for row in rows if row.status not in planning.FREES_ITS_PLACE and row.ends_at > self.now)
        AuditEntry.objects.bulk_create(
            audit.entry(
                by=self.by,
                now=self.now,
                action="course imported",
                patient=line.course.patient,
                course=line.course,
                data={"sessions": line.added},
            )
            for line in lines
        )
        for course in (line.course for line in lines if line.course.plan_kind != IMPORTED):
            finishing.settle(course, by=self.by, now=self.now)
        note_change(self.site)


def _running(pk: int) -> _Line:
    """Read the course of a known session, so that further rows can go on with it."""
    course = Course.objects.get(pk=pk)
    standing = course.sessions.exclude(status__in=planning.FREES_ITS_PLACE).values_list("number", flat=True)
    ends = course.sessions.aggregate(Max("ends_at"))["ends_at__max"]
    return _Line(course=course, ends=ends, number=max(standing, default=0))


def _known(site: Site, first: datetime, last: datetime) -> dict[tuple[int, datetime], int | None]:
    """Return the sessions that are there, each with its course unless that was cancelled."""
    rows = Session.objects.filter(patient__site=site, starts_at__range=(first, last))
    rows = rows.exclude(status=SessionStatus.ENTERED_IN_ERROR).order_by()
    columns = rows.values_list("patient", "starts_at", "course", "course__status")
    return {
        (patient, start): None if status == CourseStatus.REVOKED else course
        for patient, start, course, status in columns.iterator()
    }


def _visits(
    site: Site, technicians: Iterable[Technician], now: datetime
) -> Iterator[tuple[int, int, datetime, datetime]]:
    """Yield when the patients of a site are expected anywhere, and its technicians at other sites."""
    rows = Session.objects.filter(starts_at__gt=now - LONGEST_VISIT).order_by()
    rows = rows.exclude(status__in=planning.FREES_ITS_PLACE)
    for patient, start, end in rows.filter(patient__site=site).values_list("patient", "starts_at", "ends_at"):
        yield patient, 0, start, end
    elsewhere = rows.filter(technician__in=[row.pk for row in technicians]).exclude(site=site)
    yield from elsewhere.values_list("technician", "lane", "starts_at", "ends_at")


def _days(start: int, end: int) -> range:
    """Return the days, counted from 1970, that minutes from `start` to before `end` lie in."""
    return range(start // MINUTES_A_DAY, (end - 1) // MINUTES_A_DAY + 1)
