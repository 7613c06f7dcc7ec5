"""How patients are reached: what they agreed to, when somebody looked last, what they said, what the desk has to do."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .courses import Session
from .people import Language, Patient
from .resources import Site


class ContactWishes(models.Model):
    """What a patient wants about messages, beside the channel; a channel that was stopped carries nothing."""

    patient = models.OneToOneField(Patient, models.CASCADE, primary_key=True, related_name="wishes")
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    timezone = models.CharField(max_length=64, blank=True, help_text="Where it is not that of the clinic.")
    email_stopped_at = models.DateTimeField(null=True, blank=True)
    sms_stopped_at = models.DateTimeField(null=True, blank=True)
    printed_at = models.DateTimeField(null=True, blank=True, help_text="When the schedule was last given on paper.")

    def __str__(self) -> str:
        return f"wishes of patient {self.patient_id}"


class ReminderLook(models.Model):
    """When somebody last looked whether a patient is to be reminded of something, and when to look again."""

    patient = models.OneToOneField(Patient, models.CASCADE, primary_key=True, related_name="reminder_look")
    looked_at = models.DateTimeField(db_index=True)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)

    def __str__(self) -> str:
        return f"look at patient {self.patient_id}"


class MessageRules(models.Model):
    """What a clinic says when, and what patients may move themselves; empty means as the program comes."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="message_rules")
    rules = models.JSONField(default=dict)
    notice_hours = models.PositiveSmallIntegerField(default=24)
    most_moves = models.PositiveSmallIntegerField(default=0, help_text="Of one course by the patient; 0 asks the desk.")
    sends_entries = models.BooleanField(default=False, help_text="E-mails about one visit carry its calendar entry.")

    def __str__(self) -> str:
        return f"message rules of {self.site}"

    @property
    def notice(self) -> timedelta:
        """Return how long before a session its patient may still move it."""
        return timedelta(hours=self.notice_hours)


class Confirmation(models.Model):
    """That a patient will come to a session at this time; it says nothing about another time."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="confirmations")
    starts_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "starts_at"], name="confirmed_once")]

    def __str__(self) -> str:
        return f"session {self.session_id} confirmed"


class TaskKind(models.TextChoices):
    """What the desk is to do about a patient."""

    LATE = "late", _("runs late")
    CANNOT_COME = "cannot-come", _("cannot come")
    MOVE = "move", _("wants to move")
    CALL = "call", _("asks for a call")
    ANSWER = "answer", _("wrote")
    GAP = "gap", _("gap grows too long")


class DeskTask(models.Model):
    """Something for the desk to do about a patient; its key makes asking twice one task."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    site = models.ForeignKey(Site, models.CASCADE, related_name="tasks")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="tasks")
    session = models.ForeignKey(Session, models.CASCADE, null=True, blank=True, related_name="tasks")
    kind = models.CharField(max_length=12, choices=TaskKind)
    words = models.CharField(max_length=320, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["site", "done_at"], name="task_by_site")]

    def __str__(self) -> str:
        return f"{self.kind} of patient {self.patient_id}"
