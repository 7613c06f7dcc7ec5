"""What is to be sent: rows written in the transaction that causes them, and the texts that a clinic writes itself."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .courses import Course, Session
from .people import Channel, Language, Patient
from .resources import Site


class MessageStatus(models.TextChoices):
    """How a message stands."""

    DUE = "due", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not delivered")
    CANCELLED = "cancelled", _("withdrawn")
    LATE = "late", _("too late to be sent")
    JOINED = "joined", _("told with another message")
    BY_PHONE = "by-phone", _("told by phone")


class Outgoing(models.Model):
    """The base of what workers send: when it is due, who has it in hand until when, and how it ended."""

    status = models.CharField(max_length=10, choices=MessageStatus, default=MessageStatus.DUE)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True


class OutboundMessage(Outgoing):
    """One message to a patient. Its key makes planning it twice one row; it is not sent before `due_at`.

    After `useless_at` it is not sent any more. `reached` holds the last digits of the number that it went to, so that
    an answer finds it, `provider_id` how the text message service calls it.
    """

    key = models.CharField(max_length=120, unique=True)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="messages")
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True, related_name="messages")
    session = models.ForeignKey(Session, models.CASCADE, null=True, blank=True, related_name="messages")
    channel = models.CharField(max_length=8, choices=Channel)
    template = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    useless_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=64, blank=True, db_index=True)
    reached = models.CharField(max_length=16, blank=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["status", "due_at"], name="message_by_due")]

    def __str__(self) -> str:
        return self.key


class AccountMail(Outgoing):
    """The e-mail that invites a member of staff to choose a password; its link is made when it is sent."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitation")

    class Meta:
        indexes = [models.Index(fields=["status", "due_at"], name="account_mail_by_due")]

    def __str__(self) -> str:
        return f"invitation of {self.user_id}"


class MessageText(models.Model):
    """What a clinic says in its own words, in place of the text that comes with the program."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="message_texts")
    template = models.CharField(max_length=40)
    channel = models.CharField(max_length=8, choices=Channel)
    language = models.CharField(max_length=2, choices=Language)
    text = models.TextField(max_length=2000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "template", "channel", "language"], name="message_text_once")
        ]

    def __str__(self) -> str:
        return f"{self.template}, {self.channel}, {self.language}"
