"""Deciding whether a course goes on: times are held for a branch until it is known, then booked or given back."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from clinic import planning
from clinic.models import Course, Decision, Repair, Site
from clinic.models.repairs import DecisionState
from clinic.selectors.decisions import EXTENSION, Branch, branch_of
from clinic.services import audit, finishing, repair
from clinic.services.booking.errors import NotPossible
from clinic.services.booking.lock import note_change, under_lock
from clinic.services.booking.proposals import holds_of
from clinic.services.repair import NoWay, Way, WayLost
from clinic.services.repair.applying import locked_course
from scheduler import FixedSession, Plan, local_days

HELD_AFTER = timedelta(days=2)  # a decision may come a little later than it is due
UNKNOWN = _("This course has no such decision to make, or it was made already. Look at the course as it is now.")


def preview(*, course: Course, phase: str, sessions: int | None = None, now: datetime) -> Way:
    """Return how the course would go on, at the times that are held where there are any; nothing is written.

    Raises NotPossible, NoWay with the reasons, and WayLost when it cannot go on at the times that are held.
    """
    branch = _open_branch(course, phase)
    if not branch.is_held(now):
        return repair.ways_on(course, _asked(course, branch, sessions), now=now)[0]
    kept = planning.plan_value(branch.decision.plan).sessions if branch.decision else ()
    held = [item for item in kept if item.kind.value != "follow-up" and item.when.start > now]
    fixed = [FixedSession(start=item.when.start, chair=item.chair) for item in held]
    try:
        way = repair.ways_on(course, _asked(course, branch, None), now=now, fixed=fixed)[0]
    except NoWay as gone:
        raise WayLost(gone.reasons) from gone
    # A time that was held for one phase is of no use to another.
    if not {(item.when, item.phase) for item in held} <= {(item.when, item.phase) for item in way.plan.sessions}:
        raise WayLost
    return way


def hold(*, course: Course, phase: str, sessions: int | None = None, by: audit.Actor, now: datetime) -> Decision:
    """Hold the times of a branch until the decision is due; what was held for it before is given back.

    Raises NotPossible, NoWay with the reasons, and Busy.
    """
    branch = _open_branch(course, phase)
    seen = Site.objects.values_list("diary_version", flat=True).get(pk=course.site_id)
    # Planning takes longest, so it is done before the lock, and again under it only if the diary has changed since.
    planned = repair.ways_on(course, _asked(course, branch, sessions), now=now)[0]

    def keep(locked: Site) -> Decision:
        current = locked_course(course)
        asked = _asked(current, _open_branch(current, phase), sessions)
        way = planned if locked.diary_version == seen else repair.ways_on(current, asked, now=now)[0]
        Decision.objects.filter(course=current, phase=phase, state=DecisionState.HELD).delete()
        changed = way.changed()
        decision = Decision.objects.create(
            course=current,
            phase=phase,
            sessions=sessions or branch.sessions,
            state=DecisionState.HELD,
            plan=planning.plan_data(Plan(kind=way.kind, sessions=changed, timezone=way.plan.timezone)),
            holds=holds_of(changed),
            held_until=_held_until(branch, locked, now),
            noted_by=by.user,
            noted_at=now,
        )
        note_change(locked)
        _record(decision, "times held for a decision", by, now)
        finishing.settle(current, by=by, now=now)
        return decision

    return under_lock(course.site, keep)


def agree(
    *,
    course: Course,
    phase: str,
    sessions: int | None = None,
    key: str = "",
    why: str = "",
    by: audit.Actor,
    now: datetime,
) -> Repair:
    """Book a branch as further sessions of the course: at the times that are held, or as was shown under a key.

    Raises WayLost when these times cannot be any more, NotPossible, NoWay, and Busy.
    """
    way = preview(course=course, phase=phase, sessions=sessions, now=now)
    if key and way.key != key:
        raise WayLost
    branch = _open_branch(course, phase)

    def decided(done: Repair) -> None:
        decision = branch.decision or Decision(course=course, phase=phase, sessions=sessions or branch.sessions)
        _settle(decision, DecisionState.AGREED, by, now, repair=done)
        _record(decision, "course goes on", by, now)

    return repair.apply(course=course, way=way, by=by, now=now, action="course continued", why=why, also=decided)


def decline(*, course: Course, phase: str, by: audit.Actor, now: datetime) -> Decision:
    """Note that a course does not go on with a branch; the times that were held are free again.

    Raises NotPossible, and Busy.
    """

    def settle(locked: Site) -> Decision:
        current = locked_course(course)
        branch = _open_branch(current, phase)
        decision = branch.decision or Decision(course=current, phase=phase, sessions=branch.sessions)
        _settle(decision, DecisionState.DECLINED, by, now)
        note_change(locked)
        _record(decision, "course does not go on", by, now)
        finishing.settle(current, by=by, now=now)
        return decision

    return under_lock(course.site, settle)


def undo_repair(*, done: Repair, by: audit.Actor, now: datetime) -> None:
    """Take a change of a course back, together with the decision that it came from, if it came from one.

    Raises TooLateToUndo, NotPossible, and Busy.
    """
    rows = Decision.objects.filter(repair=done).select_related("course__site", "course__patient", "repair__course")
    if decision := rows.first():
        undo(decision=decision, by=by, now=now)
    else:
        repair.undo(repair=done, by=by, now=now)


def reopen(*, course: Course, phase: str, by: audit.Actor, now: datetime) -> None:
    """Let a decision against a branch be made anew.

    Raises NotPossible, and Busy.
    """
    declined = Decision.objects.filter(course=course, phase=phase, state=DecisionState.DECLINED)
    decision = declined.select_related("course__site", "course__patient").first()
    if decision is None:
        raise NotPossible(UNKNOWN)
    undo(decision=decision, by=by, now=now)


def undo(*, decision: Decision, by: audit.Actor, now: datetime) -> None:
    """Take a decision back: what was booked is held again, and what was declined can be decided anew.

    Raises TooLateToUndo, NotPossible, and Busy.
    """
    if decision.state == DecisionState.AGREED and decision.repair:
        repair.undo(repair=decision.repair, by=by, now=now, also=lambda: _reopen(decision))
    elif decision.state == DecisionState.DECLINED:

        def forget(locked: Site) -> None:
            current = locked_course(decision.course)
            _record(decision, "decision reopened", by, now)
            decision.delete()
            note_change(locked)
            finishing.settle(current, by=by, now=now)

        under_lock(decision.course.site, forget)


def _reopen(decision: Decision) -> None:
    """Hold the times again that were held until now; nobody else can have them."""
    if decision.holds:
        decision.state, decision.repair = DecisionState.HELD, None
        decision.save(update_fields=["state", "repair"])
    else:
        decision.delete()


def _settle(decision: Decision, state: str, by: audit.Actor, now: datetime, **more: Any) -> None:
    for name, value in {"state": state, "noted_by": by.user, "noted_at": now, **more}.items():
        setattr(decision, name, value)
    decision.save()


def _open_branch(course: Course, phase: str) -> Branch:
    branch = branch_of(course, phase)
    if branch is None or not branch.is_open:
        raise NotPossible(UNKNOWN)
    return branch


def _asked(course: Course, branch: Branch, sessions: int | None) -> dict[str, Any]:
    """Return what is asked of a course that goes on with a branch."""
    if branch.phase == EXTENSION:
        return {**course.request, "extension": course.request.get("extension", 0) + (sessions or branch.sessions)}
    return {**course.request, "phases": sorted({*course.request.get("phases", ()), branch.phase})}


def _held_until(branch: Branch, site: Site, now: datetime) -> datetime:
    """Return the end of the day on which the decision is due, and a little more."""
    shortest = now + timedelta(hours=settings.KEPT_PROPOSAL_HOURS)
    if branch.due_date is None:
        return shortest
    return max(local_days(branch.due_date, branch.due_date, site.timezone).end + HELD_AFTER, shortest)


def _record(decision: Decision, action: str, by: audit.Actor, now: datetime) -> None:
    course = decision.course
    data = {"phase": decision.phase, "sessions": decision.sessions, "decision": str(decision.uid)}
    audit.record(by=by, now=now, action=action, patient=course.patient, course=course, data=data)
