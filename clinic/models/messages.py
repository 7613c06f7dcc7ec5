"""What is to be sent: rows written in the transaction that causes them."""

from django.db import models

from .courses import Course, Session
from .people import Channel, Patient


class MessageStatus(models.TextChoices):
    """How a message stands."""

    DUE = "due", "waiting"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "withdrawn"


class OutboundMessage(models.Model):
    """One message to a patient. Its key makes planning it twice one row; it is not sent before `due_at`."""

    key = models.CharField(max_length=120, unique=True)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="messages")
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True, related_name="messages")
    session = models.ForeignKey(Session, models.CASCADE, null=True, blank=True, related_name="messages")
    channel = models.CharField(max_length=8, choices=Channel)
    template = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=MessageStatus, default=MessageStatus.DUE)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["status", "due_at"], name="message_by_due")]

    def __str__(self) -> str:
        return self.key
