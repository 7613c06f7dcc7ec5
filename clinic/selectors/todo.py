"""What waits for the desk: all that somebody has to do next about a clinic's patients, gathered from where it is.

Nothing is written down here a second time. A task is open until somebody says that it is done, a course at risk is one
by the diary as it stands, and times that are held end by themselves; so the list empties as one works.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count

from clinic.models import Decision, DeskTask, Disruption, Patient, Proposal, Referral, Replan, ReplanChange, Site
from clinic.models.disruptions import ChangeState, Contact, DisruptionState
from clinic.models.referrals import ReferralState
from clinic.models.repairs import DecisionState

from .messages import MOST_ROWS, Undelivered, Unreached, open_tasks, undelivered, unreached
from .risks import CourseAtRisk, RiskLine, courses_at_risk

SOON = timedelta(days=2)
COUNT_KEPT = 60  # seconds for which the number in the navigation may be behind


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDisruption:
    """Hold a disruption that is not settled: how many courses wait to be moved, are to be called first, have no place.

    Without a plan, or after one was taken back, there is nothing to count.
    """

    disruption: Disruption
    has_plan: bool
    waiting: int = 0
    calls: int = 0
    nowhere: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTimes:
    """Hold times that are kept for a patient until they run out; what they are for is the one thing that is set."""

    patient: Patient
    protocol: str
    until: datetime
    referral: Referral | None = None
    proposal: Proposal | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDo:
    """Hold all that waits, each kind in the order in which it is best worked through."""

    tasks: tuple[DeskTask, ...]
    disruptions: tuple[OpenDisruption, ...]
    held: tuple[HeldTimes, ...]
    undelivered: tuple[Undelivered, ...]
    by_code: Mapping[str, tuple[tuple[CourseAtRisk, RiskLine], ...]]
    at_risk: tuple[CourseAtRisk, ...]
    unreached: tuple[Unreached, ...]

    @property
    def count(self) -> int:
        """Return how many things wait."""
        lists = (self.tasks, self.disruptions, self.held, self.undelivered, self.at_risk, self.unreached)
        return sum(map(len, (*lists, *self.by_code.values())))


# What of a course has a list of its own; any other risk stands among the courses at risk.
OWN_LISTS = ("attendance-unknown", "decision-due", "follow-up-missing", "assessment-overdue")


def todo(site: Site, now: datetime) -> ToDo:
    """Gather what waits at a site, in a fixed number of queries."""
    courses = courses_at_risk(site, now)
    found = ToDo(
        tasks=tuple(open_tasks(site)),
        disruptions=open_disruptions(site, now),
        held=held_times(site, now),
        undelivered=tuple(undelivered(site)),
        by_code={
            code: tuple((row, line) for row in courses for line in row.lines if line.code == code) for code in OWN_LISTS
        },
        at_risk=tuple(row for row in courses if any(line.code not in OWN_LISTS for line in row.lines)),
        unreached=tuple(unreached(site, now)),
    )
    cache.set(_key(site), found.count, COUNT_KEPT)
    return found


def waiting_count(site: Site, now: datetime) -> int:
    """Return how many things wait at a site, as of at most a minute ago."""
    known = cache.get(_key(site))
    return known if isinstance(known, int) else todo(site, now).count


def open_disruptions(site: Site, now: datetime) -> tuple[OpenDisruption, ...]:
    """Return what happened and is not settled, the soonest first, in three queries."""
    states = (DisruptionState.OPEN, DisruptionState.UNDONE)
    rows = Disruption.objects.filter(site=site, state__in=states, ends_at__gt=now).order_by("starts_at", "pk")
    rows = rows.select_related("site", "chair", "absence__technician", "absence__prescriber")[:MOST_ROWS]
    found = list(rows)
    plans: dict[int, Replan] = {}
    for plan in Replan.objects.filter(disruption__in=found).order_by("created_at", "pk"):
        plans[plan.disruption_id] = plan
    proposed = ReplanChange.objects.filter(replan__in=plans.values(), state=ChangeState.PROPOSED).order_by()
    courses: dict[tuple[int, bool], int] = {}
    for plan_id, contact, count in (
        proposed.values("replan", "contact")
        .annotate(n=Count("course", distinct=True))
        .values_list("replan", "contact", "n")
    ):
        key = (plan_id, contact == Contact.CALL)
        courses[key] = courses.get(key, 0) + count
    return tuple(row for row in (_open(one, plans.get(one.pk), courses) for one in found) if row)


def _open(
    disruption: Disruption, plan: Replan | None, courses: Mapping[tuple[int, bool], int]
) -> OpenDisruption | None:
    """Tell what is left of a disruption; None when its plan leaves nothing."""
    if plan is None or disruption.state == DisruptionState.UNDONE:
        return OpenDisruption(disruption=disruption, has_plan=False)
    calls, others = courses.get((plan.pk, True), 0), courses.get((plan.pk, False), 0)
    left = OpenDisruption(
        disruption=disruption, has_plan=True, waiting=calls + others, calls=calls, nowhere=len(plan.unplaced)
    )
    return left if left.waiting or left.nowhere else None


def held_times(site: Site, now: datetime) -> tuple[HeldTimes, ...]:
    """Return the times that are held at a site for somebody and run out soon, the first to do so first."""
    soon = now + SOON
    people = ("patient", "protocol")
    referrals = Referral.objects.open(now).in_state(ReferralState.OFFERED).filter(site=site)
    kept = Proposal.objects.filter(site=site, is_kept=True, course=None, referral=None, expires_at__gt=now)
    decisions = Decision.objects.filter(course__site=site, state=DecisionState.HELD, held_until__gt=now)
    found = [
        *(
            HeldTimes(patient=row.patient, protocol=row.protocol.name, until=row.proposal.expires_at, referral=row)
            for row in referrals.filter(proposal__expires_at__lte=soon).select_related(*people, "proposal")
            if row.proposal
        ),
        *(
            HeldTimes(patient=row.patient, protocol=row.protocol.name, until=row.expires_at, proposal=row)
            for row in kept.filter(expires_at__lte=soon).select_related(*people)
        ),
        *(
            HeldTimes(patient=row.course.patient, protocol=row.course.protocol.name, until=row.held_until, decision=row)
            for row in decisions.filter(held_until__lte=soon).select_related("course__patient", "course__protocol")
            if row.held_until
        ),
    ]
    return tuple(sorted(found, key=lambda row: (row.until, row.patient.pk)))


def _key(site: Site) -> str:
    return f"todo-{site.pk}"
