"""Why something is as it is, or could not be: codes with data, never prose."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

Value = str | int | bool | date | datetime | None

CODES: Mapping[str, str] = {
    # Why a session stands where it does.
    "usual-time": "time chair",
    "first-session": "time",
    "other-time": "time usual_time minutes blocker",
    "other-chair": "chair usual_chair blocker",
    "fixed-by-desk": "",
    "redetermination-due": "due_date every_days",
    "assessment-due": "name",
    "follow-up-due": "due_date window_days",
    "days-passed-over": "first_date last_date cause",
    "phase-begins": "phase",
    # What is worth knowing about a plan.
    "authorisation-slack": "working_days last_date",
    "units-left": "units used",
    "closures-inside": "count first_date",
    "longest-gap": "days first_date last_date allowed",
    "starts-late": "days earliest_date",
    "below-target": "week_start days target",
    # What endangers a running course.
    "standing-still": "days last_date allowed",
    "gap-ahead": "days first_date last_date allowed",
    "sessions-missing": "sessions last_date",
    "weeks-trailing": "days target weeks",
    "assessment-overdue": "name session",
    "follow-up-missing": "name due_date",
    "decision-due": "phase due_date",
    "attendance-unknown": "sessions first_date",
    # Why a session could not be placed, and the smallest change that would help.
    "no-place": "placed sessions last_date",
    "still-searching": "",
    "authorisation-too-short": "last_date needed_date sessions_over",
    "too-few-units": "units sessions",
    "latest-date-too-early": "latest_date needed_date",
    "availability-too-narrow": "hours sessions",
    "widen-availability": "weekday start end",
    "no-technician": "weekday start end",
    "no-prescriber": "weekday start end",
    "no-chair-of-kind": "kinds",
    "allow-fewer-a-week": "phase minimum allowed",
    "allow-longer-gap": "phase days allowed",
    "use-site": "site",
    "unfix-session": "date time",
    "unskip-date": "date",
    "beyond-rota": "due_date",
    # What a hard rule says when it is broken.
    "site-closed": "site until cause",
    "outside-hours": "site opens closes",
    "chair-closed": "chair until cause",
    "chair-taken": "chair",
    "chair-does-not-fit": "chair kinds",
    "technician-off-shift": "technician",
    "technician-taken": "technician",
    "prescriber-absent": "prescriber",
    "prescriber-taken": "prescriber",
    "patient-elsewhere": "",
    "patient-away": "date",
    "patient-unavailable": "weekday time",
    "too-many-a-day": "date sessions allowed",
    "too-few-a-day": "date sessions needed",
    "too-soon": "minutes needed",
    "days-too-close": "days needed",
    "gap-too-long": "days allowed",
    "too-many-a-week": "week_start days allowed",
    "too-few-a-week": "week_start days needed",
    "wrong-weekday": "weekday phase",
    "phase-order": "phase",
    "wrong-count": "phase sessions needed",
    "wrong-weekly-count": "phase week_start days needed",
    "block-broken": "days minimum maximum",
    "wrong-visit": "expected",
    "before-earliest": "earliest_date",
    "after-latest": "latest_date",
    "outside-authorisation": "first_date last_date",
    "too-many-units": "units sessions",
    "wrong-length": "minutes needed",
    "outside-follow-up-window": "due_date window_days",
    "unknown-resource": "resource",
    "resource-missing": "need",
    "fixed-moved": "date time",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Hold one code and its data; a door turns it into a sentence.

    Raises ValueError for a code that is not in `CODES`, or data that the code does not have.

    >>> Reason.of("chair-taken", chair="Chair 2")
    Reason(code='chair-taken', data=(('chair', 'Chair 2'),))
    """

    code: str
    data: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"Unknown reason {self.code!r}.")
        unknown = {name for name, _ in self.data} - set(CODES[self.code].split())
        if unknown:
            raise ValueError(f"Reason {self.code!r} has no {', '.join(sorted(unknown))}.")

    @classmethod
    def of(cls, code: str, **data: Value) -> "Reason":
        """Build a reason from a code and its data by name."""
        return cls(code, tuple(sorted(data.items())))

    def __getitem__(self, name: str) -> Value:
        return dict(self.data)[name]

    def get(self, name: str, default: Value = None) -> Value:
        """Return one piece of data, or the default where the reason does not carry it."""
        return dict(self.data).get(name, default)

    def __iter__(self) -> Iterator[tuple[str, Value]]:
        return iter(self.data)
