"""Courses, their sessions, the cells these occupy, and the proposals that hold times for a while."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .people import Patient
from .protocols import Protocol
from .resources import Chair, Prescriber, Resource, Site, Technician

CELL_MINUTES = 5


class CourseStatus(models.TextChoices):
    """How a course stands; FHIR R4 RequestStatus codes, letter for letter."""

    ACTIVE = "active", _("running")
    ON_HOLD = "on-hold", _("on hold")
    COMPLETED = "completed", _("finished")
    REVOKED = "revoked", _("cancelled")


# What is finished still has its follow-ups, and goes on when more is agreed.
LIVING = (CourseStatus.ACTIVE, CourseStatus.COMPLETED)
IMPORTED = "imported"  # the plan of a course that came from a spreadsheet


class SessionStatus(models.TextChoices):
    """How a session stands; FHIR R4 AppointmentStatus codes, letter for letter."""

    PROPOSED = "proposed", _("proposed")
    BOOKED = "booked", _("booked")
    ARRIVED = "arrived", _("arrived")
    CHECKED_IN = "checked-in", _("in chair")
    FULFILLED = "fulfilled", _("done")
    CANCELLED = "cancelled", _("cancelled")
    NOSHOW = "noshow", _("no-show")
    WAITLIST = "waitlist", _("waiting")
    ENTERED_IN_ERROR = "entered-in-error", _("entered in error")


FREES_ITS_NUMBER = (SessionStatus.CANCELLED, SessionStatus.NOSHOW, SessionStatus.ENTERED_IN_ERROR)


class Course(models.Model):
    """One patient following one version of a protocol; `request` is what was asked, so that it can be planned again."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="courses")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="courses")
    site = models.ForeignKey(Site, models.PROTECT, related_name="courses")
    status = models.CharField(max_length=12, choices=CourseStatus, default=CourseStatus.ACTIVE)
    request = models.JSONField()
    plan_kind = models.CharField(max_length=20, blank=True)
    authorised_from = models.DateField(null=True, blank=True)
    authorised_to = models.DateField(null=True, blank=True)
    authorised_units = models.PositiveSmallIntegerField(null=True, blank=True)
    authorisation_number = models.CharField(max_length=60, blank=True)
    booked_at = models.DateTimeField()
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    undo_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-booked_at"]
        indexes = [models.Index(fields=["site", "status"], name="course_by_status")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CourseStatus.values), name="course_status_known"),
            models.CheckConstraint(
                condition=Q(authorised_from__isnull=True)
                | Q(authorised_to__isnull=True)
                | Q(authorised_to__gte=F("authorised_from")),
                name="course_authorisation_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.protocol.name} for patient {self.patient_id}"


class Session(models.Model):
    """One visit of a course. A moved session keeps its row; `version` counts its changes (iCalendar SEQUENCE)."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, models.PROTECT, db_index=False, related_name="sessions")
    patient = models.ForeignKey(Patient, models.PROTECT, db_index=False, related_name="sessions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16)
    phase = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=16, choices=SessionStatus, default=SessionStatus.BOOKED)
    site = models.ForeignKey(Site, models.PROTECT, db_index=False, related_name="sessions")
    chair = models.ForeignKey(Chair, models.PROTECT, null=True, blank=True, db_index=False, related_name="sessions")
    technician = models.ForeignKey(
        Technician, models.PROTECT, null=True, blank=True, db_index=False, related_name="sessions"
    )
    lane = models.PositiveSmallIntegerField(default=0)
    prescriber = models.ForeignKey(
        Prescriber, models.PROTECT, null=True, blank=True, db_index=False, related_name="sessions"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    chair_until = models.DateTimeField(help_text="End of the turnaround.")
    prescriber_from = models.DateTimeField(null=True, blank=True)
    prescriber_until = models.DateTimeField(null=True, blank=True)
    assessments = models.JSONField(default=list, blank=True)
    reasons = models.JSONField(default=list, blank=True)
    is_fixed = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "number"]
        constraints = [
            # A make-up bears the number of the session that it makes up.
            models.UniqueConstraint(
                fields=["course", "number"],
                condition=~Q(status__in=FREES_ITS_NUMBER),
                name="session_number_once_a_course",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(chair_until__gte=F("ends_at")), name="session_turnaround_after_end"),
            models.CheckConstraint(condition=Q(status__in=SessionStatus.values), name="session_status_known"),
        ]
        indexes = [
            models.Index(fields=["course", "status"], name="session_by_course"),
            models.Index(fields=["site", "starts_at"], name="session_by_site"),
            models.Index(fields=["chair", "starts_at"], name="session_by_chair"),
            models.Index(fields=["technician", "starts_at"], name="session_by_technician"),
            models.Index(fields=["prescriber", "starts_at"], name="session_by_prescriber"),
            models.Index(fields=["patient", "starts_at"], name="session_by_patient"),
            models.Index(fields=["updated_at", "id"], name="session_by_change"),
        ]

    def __str__(self) -> str:
        return f"session {self.number} of course {self.course_id}"

    @property
    def name(self) -> tuple[bool, int]:
        """Return what tells the session from the others of its course, as planned sessions have it."""
        return self.kind == "follow-up", self.number

    @property
    def minutes(self) -> int:
        """Return how long the visit takes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


class Occupancy(models.Model):
    """Five minutes of one lane of one resource, taken by one session: the rule that nothing is booked twice.

    `cell` is the UTC epoch second divided by 300. Rows are inserted in order of resource, lane and cell, so that two
    bookings never wait for each other in a circle.
    """

    resource = models.ForeignKey(Resource, models.PROTECT, db_index=False, related_name="+")
    lane = models.PositiveSmallIntegerField(default=0)
    cell = models.IntegerField()
    session = models.ForeignKey(Session, models.CASCADE, related_name="occupancy")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["resource", "lane", "cell"], name="occupancy_once")]

    def __str__(self) -> str:
        return f"resource {self.resource_id}, lane {self.lane}, cell {self.cell}"


class Proposal(models.Model):
    """Plans offered to a person. Until it expires its times are not offered or booked for anybody else.

    `plans` are the plans as shown, `holds` the spans [resource id, lane, first minute, last minute] that they take.
    Confirming it twice gives the same course.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="proposals")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, models.PROTECT, related_name="proposals")
    request = models.JSONField()
    plans = models.JSONField(default=list)
    holds = models.JSONField(default=list)
    is_kept = models.BooleanField(default=False, help_text="Held on purpose, for a patient who is thinking it over.")
    course = models.OneToOneField(Course, models.SET_NULL, null=True, blank=True, related_name="proposal")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"proposal {self.uid}"
