"""Treatment recipes as the clinic keeps them, one row a version."""

import uuid

from django.db import models
from django.db.models import Q


class Protocol(models.Model):
    """One version of a protocol. A version never changes once saved; a course keeps the one it was booked under."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=120)
    summary = models.CharField(max_length=240, blank=True)
    source = models.CharField(max_length=400, blank=True)
    definition = models.JSONField(help_text="The recipe, in the form that planning.protocol_value reads.")
    sessions = models.PositiveSmallIntegerField()
    is_current = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="protocol_version_once"),
            models.UniqueConstraint(fields=["slug"], condition=Q(is_current=True), name="protocol_current_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"
