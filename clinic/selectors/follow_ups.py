"""The follow-ups of a course that have no date yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import scheduler
from clinic import planning
from clinic.models import Course, Session
from clinic.models.courses import LIVING
from clinic.planning import FREES_ITS_PLACE

FOLLOW_UP = "follow-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFollowUp:
    """Hold a follow-up without a date; `position` counts those of its protocol from 0."""

    position: int
    due: scheduler.DueFollowUp

    @property
    def name(self) -> str:
        """Return what the protocol calls it."""
        return self.due.name

    @property
    def first(self) -> date:
        """Return the first date on which it may be."""
        return self.due.due_date - timedelta(days=self.due.window_days)

    @property
    def last(self) -> date:
        """Return the last date on which it should be."""
        return self.due.due_date + timedelta(days=self.due.window_days)


def open_follow_ups(course: Course, rows: Iterable[Session]) -> tuple[OpenFollowUp, ...]:
    """Return the follow-ups without a date of a course that was not cancelled, by its sessions; without a query."""
    standing = [row for row in rows if row.status not in FREES_ITS_PLACE]
    days = [row.starts_at.astimezone(course.site.zone).date() for row in standing if row.kind != FOLLOW_UP]
    if course.status not in LIVING or not days:
        return ()
    booked = {row.phase for row in standing if row.kind == FOLLOW_UP}
    protocol = planning.protocol_value(course.protocol)
    positions = {item.name: position for position, item in enumerate(protocol.follow_ups)}
    due = scheduler.due_follow_ups(protocol, max(days))
    return tuple(OpenFollowUp(position=positions[item.name], due=item) for item in due if item.name not in booked)
