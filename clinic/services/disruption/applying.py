"""Doing what a replan says: for all courses or for some, and taking the whole of it back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Disruption, Replan, ReplanChange, Session, Site
from clinic.models.disruptions import CallState, ChangeState, DisruptionState, ReplanState
from clinic.selectors.disruptions import TO_COME, affected
from clinic.services import audit, occupancy, outbox
from clinic.services.booking.errors import Busy, NotPossible, StaleVersion
from clinic.services.booking.lock import note_change, under_lock
from clinic.services.booking.proposals import holds_of

from . import places
from .judging import groups_of, judge

CANNOT_UNDO = gettext_lazy("Nothing was undone, because {why}. Move single sessions instead.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """Hold what was done: how many sessions moved, of how many courses, and which courses no longer fitted and why."""

    sessions: int = 0
    courses: int = 0
    refused: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)


def apply_courses(
    *, replan: Replan, courses: Collection[UUID] | None, by: audit.Actor, now: datetime, revision: int | None = None
) -> Applied:
    """Move the sessions of some courses of a replan, or of all, where they still fit; the others go on being held.

    Raises StaleVersion when a better answer has taken the place of the one that was seen, NotPossible, and Busy.
    """

    def move(locked: Site) -> Applied:
        current = Replan.objects.select_for_update(of=("self",)).select_related("disruption__site").get(pk=replan.pk)
        if current.state == ReplanState.UNDONE:
            raise NotPossible(_("This plan was undone. Make a new one."))
        if current.disruption.state == DisruptionState.WITHDRAWN:
            raise NotPossible(_("It was withdrawn: everybody can come as booked, so nobody has moved."))
        if revision not in (None, current.revision):
            raise StaleVersion
        groups = groups_of(_waiting(current, courses))
        lost = judge(groups, site=locked, disruption=current.disruption, now=now)
        accepted = [group for group in groups if group.course.pk not in lost]
        rows = {row.pk: row for group in accepted for row in group.rows}
        changes = [change for group in accepted for change in group.changes]
        _stand(changes, rows, "becomes", now)
        for change in changes:
            _tell(change, rows[change.session_id], "session moved", by, now)
        ReplanChange.objects.filter(pk__in=[change.pk for change in changes]).update(state=ChangeState.APPLIED)
        ReplanChange.objects.bulk_update(changes, ["version"])
        if changes:
            _settle(current, ReplanState.APPLIED, now)
            note_change(locked)
        return Applied(
            sessions=len(changes),
            courses=len(accepted),
            refused={group.course.uid: lost[group.course.pk] for group in groups if group.course.pk in lost},
        )

    try:
        return under_lock(replan.disruption.site, move)
    except IntegrityError as taken:  # somebody at another site was quicker to take one of the people
        raise Busy from taken


def undo(*, replan: Replan, by: audit.Actor, now: datetime) -> int:
    """Put every session that a replan moved back where it stood, or none; return how many.

    Raises NotPossible when one of them has changed since or its old place is taken, and Busy.
    """

    def take_back(locked: Site) -> int:
        current = Replan.objects.select_for_update(of=("self",)).select_related("disruption__site").get(pk=replan.pk)
        if current.state == ReplanState.UNDONE:
            return 0
        changes = list(_of(current).filter(state=ChangeState.APPLIED))
        if not changes:
            raise NotPossible(_("Nothing of this plan was applied, so there is nothing to undo."))
        locked_rows = Session.objects.select_for_update().filter(pk__in=[change.session_id for change in changes])
        rows = {row.pk: row for row in locked_rows.order_by("pk")}
        for change in changes:
            row = rows[change.session_id]
            was = datetime.fromisoformat(change.was["starts_at"])
            if row.version != change.version or row.status not in TO_COME or min(row.starts_at, was) <= now:
                raise NotPossible(
                    CANNOT_UNDO.format(why=_("%(name)s has moved on since") % {"name": change.course.patient.name})
                )
        _stand(changes, rows, "was", now)
        for change in changes:
            _tell(change, rows[change.session_id], "move undone", by, now)
        current.changes.update(state=ChangeState.UNDONE)
        _settle(current, ReplanState.UNDONE, now)
        note_change(locked)
        return len(changes)

    try:
        return under_lock(replan.disruption.site, take_back)
    except IntegrityError as taken:
        raise NotPossible(CANNOT_UNDO.format(why=_("one of the old times was given to somebody else"))) from taken


def note_call(*, replan: Replan, course: UUID, call: str, by: audit.Actor, now: datetime) -> None:
    """Note what came of calling a patient. Once anybody was called, the plan stays as it is.

    Raises NotPossible.
    """

    def note(locked: Site) -> None:
        if call not in CallState.values:
            raise NotPossible(_("Say whether the patient agreed, wants another time, or was not reached."))
        changes = list(_waiting(replan, [course]))
        if not changes:
            raise NotPossible(_("There is nothing left to ask this patient."))
        ReplanChange.objects.filter(pk__in=[change.pk for change in changes]).update(call=call)
        kept_until = now + timedelta(hours=settings.KEPT_PROPOSAL_HOURS)
        Replan.objects.filter(pk=replan.pk).update(search_seconds=0, expires_at=kept_until)
        own = changes[0].course
        data = {"call": call, "replan": str(replan.uid)}
        audit.record(by=by, now=now, action="patient called", patient=own.patient, course=own, data=data)

    under_lock(replan.disruption.site, note)


def _of(replan: Replan) -> Any:
    return replan.changes.select_related("course__patient", "course__protocol", "session").order_by("pk")


def _waiting(replan: Replan, courses: Collection[UUID] | None) -> Iterable[ReplanChange]:
    changes = _of(replan).filter(state=ChangeState.PROPOSED)
    return changes if courses is None else changes.filter(course__uid__in=courses)


def _stand(changes: list[ReplanChange], rows: dict[int, Session], where: str, now: datetime) -> None:
    """Write where the sessions stand: all give up their cells before any takes new ones."""
    moved = [rows[change.session_id] for change in changes]
    occupancy.free(moved)
    for change in changes:
        row = rows[change.session_id]
        places.put(row, getattr(change, where))
        row.version += 1
        row.updated_at = now
        change.version = row.version
    Session.objects.bulk_update(moved, [*places.COLUMNS, "version", "updated_at"])
    occupancy.take(moved)


def _tell(change: ReplanChange, row: Session, action: str, by: audit.Actor, now: datetime) -> None:
    """Tell the patient, unless the time is the same, and write down who did it."""
    there = (change.was, change.becomes)
    before, after = there if action == "session moved" else reversed(there)
    row.course, row.patient = change.course, change.course.patient
    outbox.plan_move_message(session=row, was=datetime.fromisoformat(before["starts_at"]), now=now)
    shown = ("starts_at", "chair_id", "technician_id")
    data = {"from": {n: before[n] for n in shown}, "to": {n: after[n] for n in shown}, "replan": str(change.replan.uid)}
    audit.record(
        by=by, now=now, action=action, patient=row.patient, course=row.course, session=row, data=data, why="disruption"
    )


def _settle(replan: Replan, state: str, now: datetime) -> None:
    """Note how the replan and its disruption stand; what waits for an answer is held for longer."""
    replan.state = state
    replan.holds = holds_of(places.waiting(replan))
    replan.expires_at = now + timedelta(hours=settings.KEPT_PROPOSAL_HOURS) if replan.holds else now
    replan.search_seconds = 0
    replan.save(update_fields=["state", "holds", "expires_at", "search_seconds"])
    disruption = replan.disruption
    Replan.objects.filter(disruption=disruption, expires_at__gt=now).exclude(pk=replan.pk).update(expires_at=now)
    open_work = affected(disruption, now)
    if disruption.state != DisruptionState.WITHDRAWN:
        done = DisruptionState.OPEN if open_work else DisruptionState.REPLANNED
        changed = DisruptionState.UNDONE if state == ReplanState.UNDONE else done
        Disruption.objects.filter(pk=disruption.pk).update(state=changed, updated_at=now)
