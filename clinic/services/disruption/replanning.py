"""Proposing how to set the diary right: an answer at once, whose times are held, and a better one while one looks."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings

from clinic.models import Course, Disruption, Replan, ReplanChange, Site
from clinic.models.disruptions import ChangeState
from clinic.services import audit
from clinic.services.booking.lock import note_change, under_lock
from clinic.services.booking.proposals import holds_of

from . import places
from .gathering import Task, gather
from .happenings import Happening
from .solving import Answer, solve


def preview(*, happening: Happening, strategy: str, now: datetime) -> Answer:
    """Say what a disruption would do to the diary, and how it could be set right; nothing is written."""
    task = gather(site=happening.site, closures=happening.closures(), absence=happening.absence(), now=now)
    return solve(task, strategy=strategy, now=now)


def propose_replan(*, disruption: Disruption, strategy: str, by: audit.Actor, now: datetime) -> Replan:
    """Propose how to set right every course that a disruption hits, and hold the times for some minutes.

    Raises InvalidRequest when a course cannot be read, and Busy.
    """
    task = task_of(disruption, now)
    answer = solve(task, strategy=strategy, now=now)

    def offer(locked: Site) -> Replan:
        current = (
            answer if locked.diary_version == task.seen else solve(task_of(disruption, now), strategy=strategy, now=now)
        )
        replan = Replan.objects.create(
            disruption=disruption,
            strategy=strategy,
            search_seconds=settings.REPLAN_SEARCH_SECONDS,
            created_by=by.user,
            created_at=now,
            expires_at=now + timedelta(minutes=settings.PROPOSAL_MINUTES),
        )
        write(replan, current)
        note_change(locked)
        data = {"disruption": str(disruption.uid), "replan": str(replan.uid), "sessions": len(current.moves)}
        audit.record(by=by, now=now, action="replan proposed", data=data)
        return replan

    return under_lock(disruption.site, offer)


def renew(*, replan: Replan, courses: Collection[Course], by: audit.Actor, now: datetime) -> Replan:
    """Propose anew, in the same replan, for courses that no longer fit; the others are left as they are."""
    keys = {course.pk for course in courses}

    def offer(locked: Site) -> Replan:
        current = Replan.objects.select_for_update(of=("self",)).select_related("disruption__site").get(pk=replan.pk)
        current.changes.filter(course__in=keys, state=ChangeState.PROPOSED).delete()
        current.unplaced = [item for item in current.unplaced if item["course"] not in {str(c.uid) for c in courses}]
        current.revision += 1
        current.expires_at = max(current.expires_at, now + timedelta(minutes=settings.PROPOSAL_MINUTES))
        task = task_of(current.disruption, now, only=keys).beside(places.waiting(current))
        write(current, solve(task, strategy=current.strategy, now=now))
        note_change(locked)
        data = {"replan": str(current.uid), "courses": len(keys)}
        audit.record(by=by, now=now, action="replan renewed", data=data)
        return current

    return under_lock(replan.disruption.site, offer)


def write(replan: Replan, answer: Answer) -> None:
    """Save the changes of an answer in a replan, and hold their times."""
    ReplanChange.objects.bulk_create(
        ReplanChange(
            replan=replan,
            course=move.course,
            session=move.row,
            was=places.kept(move.row),
            becomes=places.planned(move.after),
            version=move.row.version,
            contact=move.contact,
        )
        for move in answer.moves
    )
    replan.unplaced = [
        *replan.unplaced,
        *({"course": str(item.course.uid), "reasons": list(item.reasons)} for item in answer.unplaced),
    ]
    replan.bounds = replan.bounds or answer.bounds
    replan.holds = holds_of(places.waiting(replan))
    replan.save()


def task_of(disruption: Disruption, now: datetime, only: Collection[int] | None = None) -> Task:
    """Gather what a disruption asks for."""
    return gather(
        site=disruption.site,
        closures=disruption.closures.all(),
        absence=disruption.absence,
        now=now,
        disruption=disruption,
        only=only,
    )
