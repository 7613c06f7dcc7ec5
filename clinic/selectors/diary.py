"""The sessions of one site on one day, in order of time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from clinic.models import Confirmation, DeskTask, Session, Site
from clinic.models.contacts import TaskKind
from clinic.models.courses import SessionStatus
from scheduler import local_days

from .weeks import closed_dates

OUT_OF_SIGHT = {SessionStatus.ENTERED_IN_ERROR, SessionStatus.WAITLIST}
# What a day shows of a session. A large clinic has hundreds of them, and reading the rest takes longer than this.
SHOWN = (
    *("uid", "course_id", "site_id", "number", "kind", "status", "starts_at", "ends_at", "version", "updated_at"),
    *("patient__uid", "patient__number", "patient__given_name", "patient__family_name", "patient__phone"),
    *("chair_id", "technician_id", "prescriber_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayList:
    """Hold a day at a site: its sessions, and why it is shut."""

    site: Site
    day: date
    sessions: tuple[Session, ...]
    closed: str = ""

    def is_on(self, moment: datetime) -> bool:
        """Tell whether an instant is on this day, by the site's clock."""
        return moment.astimezone(self.site.zone).date() == self.day

    @property
    def before(self) -> date:
        """Return the day before."""
        return self.day - timedelta(days=1)

    @property
    def after(self) -> date:
        """Return the day after."""
        return self.day + timedelta(days=1)


def day_list(site: Site, day: date, *, only: int | None = None) -> DayList:
    """Read a day, or `only` one session of it, in a fixed number of queries.

    Each session carries `of`, the number of sessions of its course, and whether its patient confirmed it and told
    that it gets late.
    """
    within = local_days(day, day, site.timezone)
    siblings = Session.objects.filter(course=OuterRef("course")).exclude(kind="follow-up").order_by().values("course")
    # A make-up bears the number of the session that it makes up.
    numbers = siblings.annotate(n=Count("number", distinct=True)).values("n")
    confirmed = Confirmation.objects.filter(session=OuterRef("pk"), starts_at=OuterRef("starts_at"))
    running_late = DeskTask.objects.filter(session=OuterRef("pk"), kind=TaskKind.LATE, done_at=None)
    rows = (
        Session.objects.filter(site=site, starts_at__gte=within.start, starts_at__lt=within.end)
        .exclude(status__in=OUT_OF_SIGHT)
        .select_related("patient")
        .prefetch_related("chair", "technician", "prescriber")
        .only(*SHOWN)
        .annotate(of=Coalesce(Subquery(numbers), 0), is_confirmed=Exists(confirmed), runs_late=Exists(running_late))
        .order_by("starts_at", F("chair__position").asc(nulls_last=True), "chair_id", "number")
    )
    sessions = tuple(rows if only is None else rows.filter(pk=only))
    return DayList(
        site=site,
        day=day,
        sessions=sessions,
        closed=closed_dates(site, day, day).get(day, ""),
    )
