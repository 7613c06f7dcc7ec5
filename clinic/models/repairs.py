"""What becomes of a running course: decisions about its further phases, and changes that can be taken back as one."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .courses import Course


class RepairState(models.TextChoices):
    """How a change of a course stands."""

    APPLIED = "applied", _("applied")
    UNDONE = "undone", _("undone")


class Repair(models.Model):
    """A change of the rest of a course, made as one. `before` is what undoing it restores, `after` what it left."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="repairs")
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=8, choices=RepairState, default=RepairState.APPLIED)
    before = models.JSONField(help_text="The request of the course, and each changed session as it was.")
    after = models.JSONField(help_text="The version of each changed or new session since.")
    applied_at = models.DateTimeField()
    undo_until = models.DateTimeField()

    class Meta:
        ordering = ["-applied_at", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(state__in=RepairState.values), name="repair_state_known")]

    def __str__(self) -> str:
        return f"repair {self.uid}"


class DecisionState(models.TextChoices):
    """How a decision stands; one of which there is no row is open, and nothing is held for it."""

    HELD = "held", _("times held")
    AGREED = "agreed", _("goes on")
    DECLINED = "declined", _("does not go on")


class Decision(models.Model):
    """Whether a course goes on with a conditional phase, or with more sessions.

    Until it is made, `holds` are spans as those of a Proposal, offered to nobody else while `held_until` has not
    passed; `plan` says which sessions they are for.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="decisions")
    phase = models.CharField(max_length=60)
    sessions = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=DecisionState)
    plan = models.JSONField(default=dict)
    holds = models.JSONField(default=list)
    held_until = models.DateTimeField(null=True, blank=True, db_index=True)
    repair = models.OneToOneField(Repair, models.SET_NULL, null=True, blank=True, related_name="decision")
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["-noted_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DecisionState.values), name="decision_state_known"),
            models.UniqueConstraint(
                fields=["course", "phase"], condition=Q(state="held"), name="decision_held_once_a_phase"
            ),
        ]

    def __str__(self) -> str:
        return f"decision on {self.phase} of course {self.course_id}"
