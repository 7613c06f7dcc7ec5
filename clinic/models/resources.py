"""What can be booked: sites with their chairs, and the people who work there."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .fields import HoursField, TimeZoneField


class Resource(models.Model):
    """A thing or person that can be in one place at a time; its id is the key of every occupied cell."""

    kind = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Bookable(models.Model):
    """The base of everything that a session occupies: it owns one Resource, whose id is its primary key."""

    resource = models.OneToOneField(
        Resource, models.PROTECT, primary_key=True, editable=False, related_name="%(class)s"
    )
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row, with a Resource of its own on first save."""
        if self.resource_id is None:
            self.resource = Resource.objects.create(kind=type(self).__name__.lower())
        super().save(*args, **kwargs)


class Clock(models.TextChoices):
    """How a clinic writes times of the day."""

    DAY = "24", _("24 hours: 14:30")
    TWICE_TWELVE = "12", _("12 hours: 2:30 pm")


class DateOrder(models.TextChoices):
    """Which comes first where numbers stand for a day and a month."""

    DAY_FIRST = "day", _("Day and month: 24/11")
    MONTH_FIRST = "month", _("Month and day: 11/24")


class Site(models.Model):
    """A clinic address with its time zone and opening hours; the row is locked while its diary changes."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    public_name = models.CharField(
        max_length=60, help_text="Used in messages and calendars; must not name a treatment."
    )
    address = models.CharField(max_length=240, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    timezone = TimeZoneField()
    hours = HoursField(help_text="For example: Mon-Fri 08:00-18:00")
    week_starts_on = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(6)])
    clock = models.CharField(max_length=2, choices=Clock, default=Clock.DAY)
    date_order = models.CharField(max_length=5, choices=DateOrder, default=DateOrder.DAY_FIRST)
    holiday_country = models.CharField(max_length=2, blank=True, help_text="ISO code, for example GB")
    holiday_region = models.CharField(max_length=8, blank=True, help_text="For example ENG")
    open_holidays = models.JSONField(
        default=list, blank=True, help_text="Public holidays on which the site is open in spite of them, as dates."
    )
    diary_version = models.PositiveBigIntegerField(default=0, editable=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone."""
        return ZoneInfo(self.timezone)


class Chair(Bookable):
    """A bookable station: a seat with its device and coil kinds. Empty hours mean those of the site."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="chairs")
    name = models.CharField(max_length=60)
    kinds = models.JSONField(default=list, blank=True)
    hours = HoursField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["site", "position", "name"]
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="chair_name_once_a_site")]

    def __str__(self) -> str:
        return self.name


class Technician(Bookable):
    """An operator who runs sessions, for one or more patients at once."""

    name = models.CharField(max_length=120)
    at_once = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(8)])
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=Q(at_once__range=(1, 8)), name="technician_attends_1_to_8")]

    def __str__(self) -> str:
        return self.name


class Prescriber(Bookable):
    """A physician who is needed for part of some visits."""

    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PersonRow(models.Model):
    """The base of rows that belong to exactly one technician or prescriber."""

    technician = models.ForeignKey(Technician, models.CASCADE, null=True, blank=True, related_name="%(class)ss")
    prescriber = models.ForeignKey(Prescriber, models.CASCADE, null=True, blank=True, related_name="%(class)ss")

    class Meta:
        abstract = True

    @property
    def person_id(self) -> int:
        """Return the resource id of the person."""
        return self.technician_id or self.prescriber_id  # type: ignore[return-value]


ONE_PERSON = Q(technician__isnull=True) ^ Q(prescriber__isnull=True)


class Shift(PersonRow):
    """When a technician or prescriber works at a site, every week from a first to a last date."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="shifts")
    hours = HoursField()
    first_date = models.DateField(null=True, blank=True)
    last_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=ONE_PERSON, name="shift_has_one_person"),
            models.CheckConstraint(
                condition=Q(first_date__isnull=True) | Q(last_date__isnull=True) | Q(last_date__gte=F("first_date")),
                name="shift_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.technician or self.prescriber}: {self.hours}"


class Absence(PersonRow):
    """When a technician or prescriber is away, and why."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cause = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=ONE_PERSON, name="absence_has_one_person"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.technician or self.prescriber} away: {self.cause}"


class Closure(models.Model):
    """When a site, or one of its chairs, is shut, and why."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="closures")
    chair = models.ForeignKey(Chair, models.CASCADE, null=True, blank=True, related_name="closures")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cause = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="closure_ends_after_it_starts")
        ]

    def __str__(self) -> str:
        return f"{self.chair or self.site} shut: {self.cause}"
