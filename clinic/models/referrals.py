"""The waiting list: people who wait for a course, the times that are held for them, and planning them together."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from .courses import Course, CourseStatus, Proposal
from .people import Patient
from .protocols import Protocol
from .resources import Site


class Priority(models.IntegerChoices):
    """How urgent a referral is; one of priority 2 counts as much as two of priority 1."""

    ROUTINE = 1, _("routine")
    SOON = 2, _("soon")
    URGENT = 4, _("urgent")


class AuthorisationState(models.TextChoices):
    """Whether the insurer has agreed; nobody is offered times before that."""

    NOT_NEEDED = "not-needed", _("not needed")
    AWAITED = "awaited", _("awaited")
    GRANTED = "granted", _("granted")


class ReferralState(models.TextChoices):
    """How a referral stands."""

    WAITING = "waiting", _("waiting")
    OFFERED = "offered", _("times held")
    BOOKED = "booked", _("booked")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ReferralQuerySet(models.QuerySet["Referral"]):
    """Referrals, which can say how they stand at an instant."""

    def standing(self, now: datetime) -> Self:
        """Add the `state` that each referral has now.

        It is read from what happened and not kept, so that an offer that expires, and a booking that is undone or
        made elsewhere, need nobody to tell the waiting list.
        """
        course = Course.objects.filter(
            patient=OuterRef("patient"),
            protocol__slug=OuterRef("protocol__slug"),
            booked_at__gte=OuterRef("created_at"),
        ).exclude(status=CourseStatus.REVOKED)
        state = Case(
            When(withdrawn_at__isnull=False, then=Value(ReferralState.WITHDRAWN)),
            When(Exists(course), then=Value(ReferralState.BOOKED)),
            When(proposal__course=None, proposal__expires_at__gt=now, then=Value(ReferralState.OFFERED)),
            default=Value(ReferralState.WAITING),
            output_field=models.CharField(),
        )
        return self.annotate(state=state)

    def in_state(self, state: str) -> Self:
        """Keep those in one state; the rows come from `standing` or `open`."""
        return self.filter(state=state)

    def open(self, now: datetime) -> Self:
        """Return those who wait or are offered times, in the order in which they are looked at."""
        rows = self.standing(now).filter(state__in=(ReferralState.WAITING, ReferralState.OFFERED))
        return rows.order_by("-priority", "created_at", "pk")


class Referral(models.Model):
    """A person who waits for a course; `request` is what is asked of it, and `proposal` what was offered last."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="referrals")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, models.PROTECT, related_name="referrals")
    request = models.JSONField()
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.ROUTINE)
    authorisation = models.CharField(max_length=12, choices=AuthorisationState, default=AuthorisationState.NOT_NEEDED)
    proposal = models.OneToOneField(Proposal, models.SET_NULL, null=True, blank=True, related_name="referral")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        ordering = ["-priority", "created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="referral_priority_known"),
            models.CheckConstraint(
                condition=Q(authorisation__in=AuthorisationState.values), name="referral_authorisation_known"
            ),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="referral_by_change")]

    def __str__(self) -> str:
        return f"referral {self.uid}"


class Admission(models.Model):
    """An answer to who of a waiting list gets which course; nothing is held before it is applied.

    `answer` has for each person the id of the referral, the request, and the plan or what is wrong with the request;
    without any of them nobody has come to this person yet. `revision` counts the answers that were shown. A worker goes
    on searching until `searched_seconds` reaches `search_seconds`, or somebody says that it may stop.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="admissions")
    answer = models.JSONField(default=list)
    worth = models.JSONField(default=list, help_text="Priority admitted, people planned, and the points, negative.")
    is_proven = models.BooleanField(default=False, help_text="No answer admits more priority.")
    seen = models.PositiveBigIntegerField(help_text="The diary's version for which the answer was made.")
    revision = models.PositiveIntegerField(default=1)
    search_seconds = models.PositiveSmallIntegerField(default=0)
    searched_seconds = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"admission {self.uid}"

    @property
    def is_searching(self) -> bool:
        """Tell whether a better answer is still looked for."""
        return self.applied_at is None and self.searched_seconds < self.search_seconds
