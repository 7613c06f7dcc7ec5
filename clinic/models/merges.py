"""Two records of one person that became one, and what is needed to part them again."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from .people import Patient


class Merge(models.Model):
    """One record that went into another. `moved` has the keys of the rows that changed hands, by table; `changed` what
    else is to be set back when the merge is undone.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kept = models.ForeignKey(Patient, models.PROTECT, related_name="merges")
    gone = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    moved = models.JSONField()
    changed = models.JSONField()
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-merged_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="merged_once_at_a_time")
        ]

    def __str__(self) -> str:
        return f"merge {self.uid}"
