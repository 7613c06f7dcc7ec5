"""Questions about a changed clinic, which take longer to answer than somebody waits for a page."""

import uuid

from django.conf import settings
from django.db import models

from .resources import Site


class WhatIf(models.Model):
    """A question what would become of the people who are expected, if a site were changed, with its answer so far.

    `answer` has what becomes of them in the site as it is and as it would be, for the first `weeks_done` of the weeks
    that were asked for. A worker goes on with it until all are done, or somebody says that it may stop.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="what_ifs")
    question = models.JSONField()
    first_date = models.DateField()
    weeks = models.PositiveSmallIntegerField()
    weeks_done = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    is_stopped = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"what if {self.uid}"

    @property
    def is_running(self) -> bool:
        """Tell whether a worker still goes on with it."""
        return not self.is_stopped and self.weeks_done < self.weeks
