"""What upsets the diary, and the plans that set it right again."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .courses import Course, Session
from .resources import Absence, Chair, Closure, Site


class DisruptionKind(models.TextChoices):
    """What happened."""

    CHAIR = "chair", _("chair or device down")
    TECHNICIAN = "technician", _("technician absent")
    PRESCRIBER = "prescriber", _("prescriber absent")
    SITE = "site", _("clinic closed")
    HOURS = "hours", _("opening hours narrowed")


class DisruptionState(models.TextChoices):
    """How far the work on a disruption has come."""

    OPEN = "open", _("open")
    REPLANNED = "replanned", _("replanned")
    UNDONE = "undone", _("replan undone")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Strategy(models.TextChoices):
    """What matters most when the diary is set right."""

    FEWEST_CALLS = "fewest-calls", _("Fewest calls")
    SAME_DAY = "same-day", _("Nobody changes day")
    USUAL_TIME = "usual-time", _("Keep each usual time")


class Disruption(models.Model):
    """An event that keeps booked sessions from taking place. Its closures or its absence are the truth; they stand
    from the moment it is reported, whatever becomes of the sessions.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="disruptions")
    kind = models.CharField(max_length=12, choices=DisruptionKind)
    chair = models.ForeignKey(Chair, models.PROTECT, null=True, blank=True, related_name="disruptions")
    closures = models.ManyToManyField(Closure, blank=True, related_name="disruptions")
    absence = models.ForeignKey(Absence, models.SET_NULL, null=True, blank=True, related_name="disruptions")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opens = models.TimeField(null=True, blank=True, help_text="Of narrowed hours: open from then.")
    closes = models.TimeField(null=True, blank=True, help_text="Of narrowed hours: open until then.")
    cause = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=12, choices=DisruptionState, default=DisruptionState.OPEN)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    reported_at = models.DateTimeField()
    updated_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-reported_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="disruption_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(state__in=DisruptionState.values), name="disruption_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.get_kind_display()}"

    @property
    def what(self) -> str:
        """Return the name of what is out of use, or of who is away."""
        if self.absence:
            return str(self.absence.technician or self.absence.prescriber)
        return str(self.chair or self.site)


class ReplanState(models.TextChoices):
    """How a replan stands."""

    PROPOSED = "proposed", _("proposed")
    APPLIED = "applied", _("applied")
    UNDONE = "undone", _("undone")


class Replan(models.Model):
    """A proposal that sets many courses right at once. Until it expires its times are offered to nobody else.

    `holds` are spans as those of a Proposal. `revision` counts the answers that were shown. A worker goes on searching
    for a better answer until `searched_seconds` reaches `search_seconds`, or somebody says that it may stop.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    disruption = models.ForeignKey(Disruption, models.CASCADE, related_name="replans")
    strategy = models.CharField(max_length=12, choices=Strategy, default=Strategy.FEWEST_CALLS)
    state = models.CharField(max_length=10, choices=ReplanState, default=ReplanState.PROPOSED)
    revision = models.PositiveIntegerField(default=1)
    unplaced = models.JSONField(default=list)
    bounds = models.JSONField(default=dict)
    holds = models.JSONField(default=list)
    search_seconds = models.PositiveSmallIntegerField(default=0)
    searched_seconds = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"replan {self.uid}"

    @property
    def is_searching(self) -> bool:
        """Tell whether a better answer is still looked for."""
        return self.state == ReplanState.PROPOSED and self.searched_seconds < self.search_seconds


class Contact(models.TextChoices):
    """How the patient has to be told; the values are in order of the work that they are."""

    CALL = "call", _("Call first")
    TEXT = "text", _("A message is enough")
    NOTHING = "nothing", _("Same time, nothing to tell")


class CallState(models.TextChoices):
    """What came of calling the patient."""

    WAITING = "waiting", _("not called yet")
    AGREED = "agreed", _("agreed")
    OTHER_TIME = "other-time", _("wants another time")
    NOT_REACHED = "not-reached", _("not reached")


class ChangeState(models.TextChoices):
    """How one change of a replan stands."""

    PROPOSED = "proposed", _("proposed")
    APPLIED = "applied", _("applied")
    UNDONE = "undone", _("undone")


class ReplanChange(models.Model):
    """One session of a replan: where it stood, where it is to stand, and whether the patient knows.

    `was` and `becomes` are sessions as plans keep them; `version` is that of the session when it was read, and once
    the change is applied that which it has since.
    """

    replan = models.ForeignKey(Replan, models.CASCADE, related_name="changes")
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    session = models.ForeignKey(Session, models.CASCADE, related_name="+")
    was = models.JSONField()
    becomes = models.JSONField()
    version = models.PositiveIntegerField()
    contact = models.CharField(max_length=8, choices=Contact)
    call = models.CharField(max_length=12, choices=CallState, default=CallState.WAITING)
    state = models.CharField(max_length=10, choices=ChangeState, default=ChangeState.PROPOSED)

    class Meta:
        ordering = ["session__starts_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["replan", "session"], name="replan_changes_a_session_once")]

    def __str__(self) -> str:
        return f"change of session {self.session_id}"
