"""Doing what a way says, as one change of the course, and taking the whole of it back."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import planning
from clinic.models import Course, Repair, Session, Site
from clinic.models.courses import LIVING, SessionStatus
from clinic.models.repairs import RepairState
from clinic.planning import FREES_ITS_PLACE
from clinic.services import audit, finishing, occupancy, outbox
from clinic.services.booking.errors import NotPossible, TooLateToUndo
from clinic.services.booking.lock import note_change, under_lock

from .judging import judge
from .rows import kept, put, written
from .ways import Way, WayLost, read_request, running

NEEDS_WHY = gettext_lazy(
    "This way breaks a rule of the course. Say why in a few words; the reason stays in the patient's history."
)
CANNOT_UNDO = gettext_lazy("Nothing was undone, because {why}. Move single sessions instead.")


def apply(
    *,
    course: Course,
    way: Way,
    by: audit.Actor,
    now: datetime,
    action: str,
    why: str = "",
    also: Callable[[Repair], None] | None = None,
) -> Repair:
    """Go on with a course in one way: all of it, or nothing. `also` is done in the same transaction.

    Raises WayLost when the diary has moved on, NotPossible also when the way has a price and nobody says why, and Busy.
    """

    if way.price and not why:
        raise NotPossible(NEEDS_WHY)

    def change(locked: Site) -> Repair:
        current = locked_course(course)
        stands = running(current, way.request, site=locked, now=now)
        judge(way, stands, read_request(current, current.request, locked), now)
        before = {"request": current.request, "sessions": [kept(row) for row in stands.rows]}
        changed = written(way, stands, now)
        _note(current, way.request, now)
        note_change(locked)
        pks = {row.pk for row in changed}
        before["sessions"] = [item for item in before["sessions"] if item["pk"] in pks]
        repair = Repair.objects.create(
            course=current,
            kind=way.kind,
            before=before,
            after={str(row.pk): row.version for row in changed},
            applied_at=now,
            undo_until=now + timedelta(seconds=settings.UNDO_SECONDS),
        )
        price = planning.reasons_data(way.price)
        data = {"way": way.kind, "price": price, "changes": len(way.changes), "repair": str(repair.uid)}
        audit.record(by=by, now=now, action=action, patient=current.patient, course=current, data=data, why=why)
        outbox.plan_change_message(course=current, changes=_differing(changed, before["sessions"]), now=now)
        if also:
            also(repair)
        finishing.settle(current, by=by, now=now)
        return repair

    try:
        return under_lock(course.site, change)
    except IntegrityError as taken:  # somebody at another site was quicker to take one of the people
        raise WayLost from taken


def undo(*, repair: Repair, by: audit.Actor, now: datetime, also: Callable[[], None] | None = None) -> None:
    """Put a course back as it was before a change, or leave it alone.

    Raises TooLateToUndo, NotPossible when a session has changed since or its old place is taken, and Busy.
    """

    def take_back(locked: Site) -> None:
        course = locked_course(repair.course)
        current = Repair.objects.select_for_update(of=("self",)).get(pk=repair.pk)
        if current.state == RepairState.UNDONE:
            return
        if now > current.undo_until:
            raise TooLateToUndo(_("It is too late to undo this change. Move or cancel single sessions instead."))
        rows = {row.pk: row for row in Session.objects.select_for_update().filter(pk__in=current.after)}
        if any(rows[int(pk)].version != version for pk, version in current.after.items()):
            raise NotPossible(CANNOT_UNDO.format(why=_("a session has changed since")))
        until_now = [kept(row) for row in rows.values()]
        _restore(rows, current.before["sessions"], now)
        _note(course, current.before["request"], now)
        note_change(locked)
        current.state = RepairState.UNDONE
        current.save(update_fields=["state"])
        outbox.plan_change_message(course=course, changes=_differing(rows.values(), until_now), now=now)
        data = {"repair": str(current.uid)}
        audit.record(by=by, now=now, action="change undone", patient=course.patient, course=course, data=data)
        if also:
            also()
        finishing.settle(course, by=by, now=now)

    try:
        under_lock(repair.course.site, take_back)
    except IntegrityError as taken:
        raise NotPossible(CANNOT_UNDO.format(why=_("one of the old times was given to somebody else"))) from taken


def locked_course(course: Course) -> Course:
    """Lock a course that can go on.

    Raises NotPossible when it does not.
    """
    rows = Course.objects.select_for_update(of=("self",)).select_related("patient__site", "protocol", "site")
    current = rows.get(pk=course.pk)
    insist_it_goes_on(current)
    return current


def insist_it_goes_on(course: Course) -> None:
    """Refuse a course that was cancelled; one that is finished can go on.

    Raises NotPossible.
    """
    if course.status not in LIVING:
        raise NotPossible(
            _("This course is %(status)s and does not go on. Book a new one.")
            % {"status": course.get_status_display().lower()}
        )


def _restore(rows: dict[int, Session], before: list[dict[str, Any]], now: datetime) -> None:
    """Void what is new, and put the rest back; numbers are given back before others take them."""
    occupancy.free(rows.values())
    old = {item["pk"]: item for item in before}
    for pk, row in sorted(rows.items(), key=lambda pair: (pair[0] in old, old.get(pair[0], {}).get("number", 0))):
        if pk in old:
            put(row, old[pk])
        else:
            row.status = SessionStatus.ENTERED_IN_ERROR
        row.version += 1
        row.updated_at = now
        row.save()
    occupancy.take(row for row in rows.values() if row.status not in FREES_ITS_PLACE)


def _differing(rows: Iterable[Session], before: Iterable[Mapping[str, Any]]) -> list[tuple[Session, datetime | None]]:
    """Return the sessions that changed, each with when it stood before, or None where it did not."""
    stood = {item["pk"]: item["starts_at"] for item in before if item["status"] not in FREES_ITS_PLACE}
    return [(row, datetime.fromisoformat(stood[row.pk]) if row.pk in stood else None) for row in rows]


def _note(course: Course, request: dict[str, Any], now: datetime) -> None:
    course.request = request
    course.version += 1
    course.updated_at = now
    course.save(update_fields=["request", "version", "updated_at"])
