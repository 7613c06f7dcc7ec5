"""Looking for a better answer while a replan waits: in slices, by a worker, until it is stopped or applied."""

from datetime import datetime

from django.db.models import F

from clinic.models import Replan, Site
from clinic.models.disruptions import ChangeState, Contact, ReplanState, Strategy
from clinic.services import audit, leases
from clinic.services.booking.lock import note_change, under_lock

from .replanning import task_of, write
from .solving import Answer, solve

SLICE_SECONDS = 5
MOST_STEPS = 100_000
WORKER = audit.Actor.of_command("work")


def improve_due(*, now: datetime, seconds: int = SLICE_SECONDS) -> bool:
    """Search for a better answer to one replan that waits, for some seconds; return False when none is due.

    What is shown is replaced only by an answer that is less work, made for the diary as it is now.
    """
    searching = Replan.objects.filter(
        state=ReplanState.PROPOSED, expires_at__gt=now, searched_seconds__lt=F("search_seconds")
    )
    key = leases.take(searching.order_by("searched_seconds", "pk"), now=now)
    if key is None:
        return False
    replan = Replan.objects.select_related("disruption__site", "disruption__absence").get(pk=key)
    task = task_of(replan.disruption, now)
    answer = solve(
        task,
        strategy=_strategy(replan, seconds),
        now=now,
        seed=replan.searched_seconds + 1,
        steps=MOST_STEPS,
        seconds=seconds,
    )

    def keep(locked: Site) -> None:
        current = Replan.objects.select_for_update(of=("self",)).get(pk=key)
        current.searched_seconds += seconds
        current.lease_until = None
        current.save(update_fields=["searched_seconds", "lease_until"])
        is_waiting = current.state == ReplanState.PROPOSED and current.search_seconds
        if is_waiting and locked.diary_version == task.seen and answer.work < work_of(current):
            _replace(current, answer)
            note_change(locked)
            data = {"replan": str(current.uid), "revision": current.revision}
            audit.record(by=WORKER, now=now, action="replan improved", data=data)

    under_lock(replan.disruption.site, keep)
    return True


def stop_search(*, replan: Replan, by: audit.Actor, now: datetime) -> None:
    """Keep a replan as it is; nobody looks for a better answer any more."""

    def stop(locked: Site) -> None:
        if Replan.objects.filter(pk=replan.pk, search_seconds__gt=0).update(search_seconds=0):
            audit.record(by=by, now=now, action="replan search stopped", data={"replan": str(replan.uid)})

    under_lock(replan.disruption.site, stop)


def work_of(replan: Replan) -> tuple[int, int, int, float]:
    """Return how much work a replan is, as an answer says it of itself."""
    calls, texts, shift = set(), set(), 0.0
    for change in replan.changes.filter(state=ChangeState.PROPOSED):
        if change.contact == Contact.CALL:
            calls.add(change.course_id)
        elif change.contact == Contact.TEXT:
            texts.add(change.course_id)
        was, becomes = (datetime.fromisoformat(place["starts_at"]) for place in (change.was, change.becomes))
        shift += abs((becomes - was).total_seconds())
    return len(replan.unplaced), len(calls), len(texts - calls), shift


def _strategy(replan: Replan, seconds: int) -> str:
    """Return the strategy of a replan; while somebody has no place, the others have their turns."""
    others = [value for value in Strategy.values if value != replan.strategy]
    turns = [replan.strategy, *others] if replan.unplaced else [replan.strategy]
    return turns[(replan.searched_seconds // seconds + 1) % len(turns)]


def _replace(replan: Replan, answer: Answer) -> None:
    replan.changes.all().delete()
    replan.unplaced, replan.bounds = [], {}
    replan.revision += 1
    write(replan, answer)
