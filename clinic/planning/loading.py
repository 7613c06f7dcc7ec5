"""What a clinic has and what is taken, read in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Func, IntegerField, Q, QuerySet

from clinic.models import Decision, Disruption, Patient, Proposal, Replan, Session, Shift, Site
from scheduler import FREES_ITS_PLACE, Clinic, Diary, Interval, epoch_minute, local_days

from .clinics import clinic_value, shift_rows

LONGEST_VISIT = timedelta(hours=12)
Spans = dict[int, list[tuple[int, int, int]]]


def load(
    *,
    site: Site,
    first: date,
    last: date,
    now: datetime,
    patient: Patient | None = None,
    leaving_out: Iterable[int] = (),
    past_is_taken: bool = False,
    patients: Collection[int] = (),
    disruption: Disruption | None = None,
) -> tuple[Clinic, Diary]:
    """Read a site and what is taken there from a first to a last date, both included.

    People are also taken by their sessions at other sites, and the patient (or several `patients`) by those of other
    courses. Times that an unexpired proposal holds for somebody else count as taken, but not those that are held to
    set right the `disruption` that is worked on. Sessions in `leaving_out` do not. With `past_is_taken` no chair is
    free before `now`, so that nothing new is planned there.
    """
    within = local_days(first, last, site.timezone)
    shifts = shift_rows(site)
    clinic = clinic_value(site, shifts, within, first, last)
    taken: Spans = defaultdict(list)
    own = frozenset(patients) | ({patient.pk} if patient else frozenset())
    _add_sessions(taken, _sessions(site, own, within), own, frozenset(leaving_out))
    _add_holds(taken, site, patient, disruption, now)
    if past_is_taken and now > within.start:
        for chair in clinic.chairs:
            taken[int(chair.id)].append((0, epoch_minute(within.start), epoch_minute(now) + 1))
    return clinic, Diary({str(resource): tuple(spans) for resource, spans in taken.items()})


class EpochMinute(Func):
    """Whole minutes since 1970, counted by the database, which is quicker than building thousands of instants."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "CAST((julianday(%(expressions)s) - 2440587.5) * 1440 + 0.5 AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "CAST(date_part('epoch', %(expressions)s) / 60 AS integer)"
        return self.as_sql(compiler, connection, template=template, **more)

    def get_db_converters(self, connection: Any) -> list[Any]:
        """Take the numbers as they come; to convert each of them costs a tenth of the reading."""
        return []


SPAN_COLUMNS: tuple[Any, ...] = (
    *("pk", "chair", "technician", "lane", "prescriber", "patient"),
    *(EpochMinute(F(name)) for name in ("starts_at", "ends_at", "chair_until", "prescriber_from", "prescriber_until")),
)


def _sessions(site: Site, own: frozenset[int], within: Interval) -> Iterable[Any]:
    """Yield what takes a place here, and where the patients and people who work at several sites are elsewhere."""
    standing = Session.objects.filter(starts_at__gte=within.start - LONGEST_VISIT, starts_at__lt=within.end)
    standing = standing.exclude(status__in=FREES_ITS_PLACE).order_by()
    # One branch for each index: a database that has to join them with "or" reads the sessions of all sites.
    here, *elsewhere = (
        standing.filter(mine).values_list(*SPAN_COLUMNS)
        for mine in (
            Q(site=site),
            Q(technician__in=_who_also_works_elsewhere("technician", site)) & ~Q(site=site),
            Q(prescriber__in=_who_also_works_elsewhere("prescriber", site)) & ~Q(site=site),
            Q(patient__in=own) & ~Q(site=site),
        )
    )
    yield from here
    yield from elsewhere[0].union(*elsewhere[1:], all=True)


def _who_also_works_elsewhere(person: str, site: Site) -> QuerySet[Any]:
    here = Shift.objects.filter(site=site, **{f"{person}__isnull": False}).values(person)
    return Shift.objects.filter(**{f"{person}__in": here}).exclude(site=site).values(person)


def _add_sessions(taken: Spans, rows: Iterable[Any], own: frozenset[int], leaving_out: frozenset[int]) -> None:
    """Note what sessions take of chairs and people; of all patients only those who are planned for matter."""
    for pk, chair, technician, lane, prescriber, patient, start, end, chair_until, needed_from, needed_until in rows:
        if pk in leaving_out:
            continue
        if chair:
            taken[chair].append((0, start, chair_until))
        if technician:
            taken[technician].append((lane, start, end))
        if prescriber:
            taken[prescriber].append((0, needed_from or start, needed_until or end))
        if patient in own:
            taken[patient].append((0, start, end))


def _add_holds(taken: Spans, site: Site, patient: Patient | None, disruption: Disruption | None, now: datetime) -> None:
    waiting = Proposal.objects.filter(site=site, course=None, expires_at__gt=now)
    others = waiting.exclude(patient=patient) if patient else waiting
    replans = Replan.objects.filter(disruption__site=site, expires_at__gt=now)
    if disruption:
        replans = replans.exclude(disruption=disruption)
    branches = Decision.objects.filter(course__site=site, state="held", held_until__gt=now)
    branches = branches.exclude(course__patient=patient) if patient else branches
    held, *more = (rows.order_by().values_list("holds", flat=True) for rows in (others, replans, branches))
    for holds in held.union(*more, all=True):
        for resource, lane, start, end in holds:
            taken[int(resource)].append((lane, start, end))
