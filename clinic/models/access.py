"""Keys to the other doors, stored only as hashes, and the record of who did what."""

import hashlib
import uuid
from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from .courses import Course, Session
from .people import Patient
from .resources import Chair, Site, Technician


def hashed(secret: str) -> str:
    """Return the SHA-256 of a secret, which is all that is stored of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def living(now: datetime) -> Q:
    """Select the keys that are neither revoked nor expired."""
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))


def living_phones(now: datetime) -> Q:
    """Select the phones that still unlock; a carer's ends with the carer's link."""
    return living(now) & (Q(link=None) | Q(link__revoked_at=None, link__expires_at__gt=now))


class HashedKey(models.Model):
    """The base of secrets that are shown once; only their SHA-256 is stored."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    label = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label or str(self.uid)


class PatientLink(HashedKey):
    """A private link that opens one patient's schedule, after the date of birth; `misses` counts wrong dates.

    It is the patient's own, or that of a carer, whose name and date of birth it then knows; `may_act` tells whether a
    carer may confirm visits and ask for other times too.
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="links")
    misses = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    carer = models.CharField(max_length=80, blank=True)
    relation = models.CharField(max_length=40, blank=True)
    carer_born = models.DateField(null=True, blank=True)
    may_act = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(carer="", carer_born=None) | (~Q(carer="") & Q(carer_born__isnull=False)),
                name="carer_has_a_date_of_birth",
            )
        ]

    @property
    def born(self) -> date:
        """Return the date of birth that opens it."""
        return self.carer_born or self.patient.date_of_birth

    @property
    def holder(self) -> str:
        """Name the carer as the desk does; empty when it is the patient's own."""
        return f"{self.carer} ({self.relation})" if self.relation else self.carer


class Passkey(HashedKey):
    """A phone that opens a patient's schedule without a date: the public half of a key that never leaves the phone.

    The hash is that of the credential's id. A carer's hangs on the carer's link, and ends with it.
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="passkeys")
    link = models.ForeignKey(PatientLink, models.CASCADE, null=True, blank=True, related_name="passkeys")
    credential = models.BinaryField()
    uses = models.PositiveBigIntegerField(default=0, help_text="As the phone counts them; many always say 0.")


class CalendarLink(HashedKey):
    """A secret address from which a calendar program reads one patient's sessions."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="calendar_links")


class StaffCalendar(HashedKey):
    """A secret address from which a calendar program reads what stands on a chair, or what a technician runs."""

    chair = models.ForeignKey(Chair, models.CASCADE, null=True, blank=True, related_name="calendars")
    technician = models.ForeignKey(Technician, models.CASCADE, null=True, blank=True, related_name="calendars")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(chair__isnull=False, technician=None) | Q(chair=None, technician__isnull=False),
                name="staff_calendar_of_one",
            )
        ]


class ApiClient(HashedKey):
    """Another system that reads and books; `prefix` is the visible beginning of its token."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    scopes = models.JSONField(default=list)
    sites = models.ManyToManyField(Site, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """The answer to a repeated request, written in the transaction of the request itself and kept for 24 hours."""

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key


class AuditEntry(models.Model):
    """Who did what, when, to whose data; rows are only ever added."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=160, help_text="Whom the row names, even after the account is gone.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    action = models.CharField(max_length=60)
    patient = models.ForeignKey(Patient, models.SET_NULL, null=True, blank=True, related_name="audit")
    course = models.ForeignKey(Course, models.SET_NULL, null=True, blank=True, related_name="audit")
    session = models.ForeignKey(Session, models.SET_NULL, null=True, blank=True, related_name="audit")
    data = models.JSONField(default=dict)
    why = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}: {self.action}"
