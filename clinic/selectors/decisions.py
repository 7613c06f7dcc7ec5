"""The decisions that a course still has to make: what it would go on with, when that is due, what is held."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from clinic import planning
from clinic.models import Course, Decision
from clinic.models.courses import LIVING
from clinic.models.repairs import DecisionState
from clinic.planning import FREES_ITS_PLACE
from scheduler import Protocol

EXTENSION = "extension"
MORE_SESSIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Hold what a course may go on with: a conditional phase, or more sessions of the phase that lasts longest.

    The decision is due on the date of the last session before it; None when there is none.
    """

    phase: str
    condition: str
    sessions: int
    due_date: date | None
    decision: Decision | None = None

    @property
    def title(self) -> str:
        """Return what the branch is called on the screen."""
        return (
            (_("%(sessions)s more sessions") % {"sessions": self.sessions})
            if self.phase == EXTENSION
            else f"“{self.phase}”"
        )

    @property
    def is_open(self) -> bool:
        """Tell whether the decision has not been made."""
        return self.decision is None or self.decision.state == DecisionState.HELD

    def is_held(self, now: datetime) -> bool:
        """Tell whether times are held for the branch."""
        return (
            self.decision is not None
            and self.decision.state == DecisionState.HELD
            and self.decision.held_until is not None
            and self.decision.held_until > now
        )


def branches_of(course: Course) -> tuple[Branch, ...]:
    """Return what a course may go on with: conditional phases first, then more sessions; in three queries.

    Also one that is finished may go on.
    """
    if course.status not in LIVING:
        return ()
    protocol = planning.protocol_value(course.protocol)
    chosen = set(course.request.get("phases", ()))
    made = {row.phase: row for row in course.decisions.order_by("noted_at", "pk")}
    last = _last_dates(course)
    found = [
        Branch(
            phase=phase.name,
            condition=phase.condition,
            sessions=phase.sessions,
            due_date=max((last[name] for name in _before(protocol, phase.name) if name in last), default=None),
            decision=made.get(phase.name),
        )
        for phase in protocol.phases
        if phase.condition and phase.name not in chosen
    ]
    lasting = [phase.name for phase in protocol.planned_phases() if not phase.taper]
    more = made.get(EXTENSION)
    if lasting:
        found.append(
            Branch(
                phase=EXTENSION,
                condition=_("if more sessions are agreed"),
                sessions=more.sessions if more and more.state == DecisionState.HELD else MORE_SESSIONS,
                due_date=last.get(lasting[-1]),
                # Once agreed on, the course may be extended again.
                decision=None if more and more.state == DecisionState.AGREED else more,
            )
        )
    return tuple(found)


def branch_of(course: Course, phase: str) -> Branch | None:
    """Return one branch of a course."""
    return next((branch for branch in branches_of(course) if branch.phase == phase), None)


def _before(protocol: Protocol, phase: str) -> list[str]:
    names = [item.name for item in protocol.phases]
    return names[: names.index(phase)]


def _last_dates(course: Course) -> dict[str, date]:
    """Return the date of the last session of each phase."""
    rows = course.sessions.exclude(status__in=FREES_ITS_PLACE).exclude(kind="follow-up").order_by("starts_at")
    zone = course.site.zone
    return {phase: start.astimezone(zone).date() for phase, start in rows.values_list("phase", "starts_at")}
