"""What somebody says has happened, read from a form or a program, and the closures or the absence that it means."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from clinic.models import Absence, Chair, Closure, Prescriber, Site, Technician
from clinic.models.disruptions import DisruptionKind
from clinic.models.fields import one_line
from scheduler import days_between, instant, local_days

KEYS = ("kind", "chair", "technician", "prescriber", "from", "until", "opens", "closes", "cause")
LONGEST = timedelta(days=366)
FURTHEST_BACK, FURTHEST_AHEAD = timedelta(days=31), timedelta(days=731)
LONGEST_CAUSE = 120


class InvalidDisruption(Exception):
    """What is said cannot be so; `errors` has one sentence for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Hold what happened at a site, to what or to whom, from when until when, and why."""

    site: Site
    kind: str
    starts_at: datetime
    ends_at: datetime
    chair: Chair | None = None
    technician: Technician | None = None
    prescriber: Prescriber | None = None
    opens: time | None = None
    closes: time | None = None
    cause: str = ""

    def absence(self) -> Absence | None:
        """Return the absence that this means, not saved yet."""
        if self.technician is None and self.prescriber is None:
            return None
        who = {"technician": self.technician, "prescriber": self.prescriber}
        return Absence(**who, starts_at=self.starts_at, ends_at=self.ends_at, cause=self.cause)

    def closures(self) -> list[Closure]:
        """Return the closures that this means, not saved yet."""
        common = {"site": self.site, "chair": self.chair, "cause": self.cause}
        return [Closure(starts_at=start, ends_at=end, **common) for start, end in self._shut()]

    def _shut(self) -> Iterator[tuple[datetime, datetime]]:
        if self.kind != DisruptionKind.HOURS:
            if self.kind in (DisruptionKind.CHAIR, DisruptionKind.SITE):
                yield self.starts_at, self.ends_at
            return
        for day in days_between(*self._dates()):
            whole = local_days(day, day, self.site.timezone)
            opens, closes = (self._instant(day, clock) for clock in (self.opens, self.closes))
            for start, end in ((whole.start, opens), (closes, whole.end)):
                start, end = max(start, self.starts_at), min(end, self.ends_at)
                if start < end:
                    yield start, end

    def _dates(self) -> tuple[date, date]:
        last = self.ends_at - timedelta(microseconds=1)
        return self.starts_at.astimezone(self.site.zone).date(), last.astimezone(self.site.zone).date()

    def _instant(self, day: date, clock: time | None) -> datetime:
        assert clock is not None
        return instant(day, clock.hour * 60 + clock.minute, self.site.timezone)


def read_happening(data: Mapping[str, Any], *, site: Site, now: datetime) -> Happening:
    """Read what happened; `from` and `until` are instants with their zone, chairs and people public ids.

    Raises InvalidDisruption with a sentence for every field that is wrong.
    """
    if not isinstance(data, Mapping):
        raise InvalidDisruption({"kind": _("Say what happened as names with values.")})
    return _Reader(data, site).happening(now)


class _Reader:
    """Reads one field after another and collects a sentence for each that is wrong."""

    def __init__(self, data: Mapping[str, Any], site: Site) -> None:
        self.data, self.site = data, site
        self.errors = {str(key): _("There is no such field.") for key in data if key not in KEYS}

    def happening(self, now: datetime) -> Happening:
        kind = self.field("kind", _read_kind)
        found: dict[str, Any] = {
            "starts_at": self.field("from", _read_instant),
            "ends_at": self.field("until", _read_instant),
            "cause": self.field("cause", _read_cause),
        }
        if kind in self.WHICH:
            found[kind] = self.field(kind, lambda uid: self.WHICH[kind](self, uid))
        if kind == DisruptionKind.HOURS:
            found |= {name: self.field(name, _read_clock) for name in ("opens", "closes")}
        if not self.errors:
            self.compare(found, now)
        if self.errors:
            raise InvalidDisruption(self.errors)
        return Happening(site=self.site, kind=kind, **found)

    def field(self, name: str, read: Callable[[Any], Any]) -> Any:
        try:
            return read(self.data.get(name))
        except ValueError as wrong:
            self.errors[name] = str(wrong)
            return None

    def compare(self, found: Mapping[str, Any], now: datetime) -> None:
        start, end = found["starts_at"], found["ends_at"]
        if end <= start:
            self.errors["until"] = _("It ends before it begins. Give a later end.")
        elif end <= now:
            self.errors["until"] = _("This is over already. Give an end that is still to come.")
        elif end - start > LONGEST:
            self.errors["until"] = _("This is longer than a year. Give an end within a year of its beginning.")
        if start < now - FURTHEST_BACK or start > now + FURTHEST_AHEAD:
            self.errors["from"] = _("Give a beginning between a month ago and two years from now.")
        if found.get("opens") and found.get("closes") and found["closes"] <= found["opens"]:
            self.errors["closes"] = _("The clinic would close before it opens. Give a later time.")

    def chair(self, uid: Any) -> Chair:
        return self.one(Chair.objects.filter(site=self.site, is_active=True), uid, _("chair"))

    def technician(self, uid: Any) -> Technician:
        return self.one(Technician.objects.filter(shifts__site=self.site, is_active=True), uid, _("technician"))

    def prescriber(self, uid: Any) -> Prescriber:
        return self.one(Prescriber.objects.filter(shifts__site=self.site, is_active=True), uid, _("prescriber"))

    def one(self, rows: Any, uid: Any, what: str) -> Any:
        try:
            found = rows.filter(uid=UUID(str(uid))).first()
        except ValueError:
            found = None
        if found is None:
            raise ValueError(_("Choose which %(what)s; this one is not at the clinic.") % {"what": what})
        return found

    WHICH: Mapping[str, Callable[["_Reader", Any], Any]] = {
        DisruptionKind.CHAIR: chair,
        DisruptionKind.TECHNICIAN: technician,
        DisruptionKind.PRESCRIBER: prescriber,
    }


def _read_kind(value: Any) -> str:
    if value not in DisruptionKind.values:
        raise ValueError(_("Say what happened: %(list)s.") % {"list": ", ".join(DisruptionKind.values)})
    return str(value)


def _read_instant(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(_("Give a date and time such as 2026-11-24T08:30:00+00:00.")) from None
    if moment.tzinfo is None or not 1990 < moment.year < 2190:
        raise ValueError(_("Give the date and time with its time zone, such as 2026-11-24T08:30:00+00:00."))
    return moment.astimezone(UTC)


def _read_clock(value: Any) -> time:
    try:
        return value if isinstance(value, time) else time.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(_("Give a time such as 09:30.")) from None


def _read_cause(value: Any) -> str:
    text = one_line(str(value or ""))
    if len(text) > LONGEST_CAUSE:
        raise ValueError(_("Say why in at most %(longest_cause)s characters.") % {"longest_cause": LONGEST_CAUSE})
    return text
