"""What becomes of a session on its day: arrived, in the chair, done, missed or cancelled, and one step back."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _

from clinic.models import AuditEntry, Session, Site
from clinic.models.courses import SessionStatus as Status
from clinic.planning import FREES_ITS_PLACE

from . import audit, finishing, lateness, occupancy, outbox
from .booking import NotPossible, SessionDoesNotFit, StaleVersion
from .booking.lock import note_change, under_lock

ACTION = "attendance noted"
ALLOWED: dict[str, frozenset[str]] = {
    Status.BOOKED: frozenset({Status.ARRIVED, Status.CHECKED_IN, Status.NOSHOW, Status.CANCELLED}),
    Status.ARRIVED: frozenset({Status.CHECKED_IN, Status.CANCELLED, Status.NOSHOW}),
    Status.CHECKED_IN: frozenset({Status.FULFILLED, Status.CANCELLED}),
}


def set_status(
    *, session: Session, status: str, by: audit.Actor, now: datetime, expected_version: int | None = None, why: str = ""
) -> Session:
    """Note what became of a session. Setting the status that it has changes nothing.

    The step before can be taken back within the time for undoing. Sessions that are cancelled or missed give their
    chair and people back. The course is finished when its last session is done.

    Raises NotPossible for a step that is not allowed, StaleVersion, Busy, and SessionDoesNotFit when the place was
    given to somebody else before a cancellation is taken back.
    """

    def note(locked: Site) -> Session:
        rows = Session.objects.select_for_update(of=("self", "course")).select_related("course__protocol", "patient")
        current = rows.get(pk=session.pk)
        if status == current.status:
            return current
        if expected_version not in (None, current.version):
            raise StaleVersion
        if status not in ALLOWED.get(current.status, ()) and status != _undone(current, now):
            raise NotPossible(_refusal(current, status))
        if status not in FREES_ITS_PLACE and _is_made_up(current):
            raise NotPossible(_("This session was made up in the meantime. Take the make-up back first."))
        data = {"from": current.status, "to": status}
        _write(current, status, now)
        _tell(current, data["from"], now)
        note_change(locked)
        lateness.take_back(session=current, by=by, now=now)
        audit.record(
            by=by,
            now=now,
            action=ACTION,
            patient=current.patient,
            course=current.course,
            session=current,
            data=data,
            why=why,
        )
        if current.kind != finishing.FOLLOW_UP:
            finishing.settle(current.course, by=by, now=now)
        return current

    try:
        return under_lock(session.site, note)
    except IntegrityError as taken:
        raise SessionDoesNotFit([]) from taken


def _write(session: Session, status: str, now: datetime) -> None:
    was_free, is_free = session.status in FREES_ITS_PLACE, status in FREES_ITS_PLACE
    session.status = status
    session.version += 1
    session.updated_at = now
    session.save(update_fields=["status", "version", "updated_at"])
    if is_free and not was_free:
        occupancy.free([session])
    if was_free and not is_free:
        occupancy.take([session])


def _tell(session: Session, before: str, now: datetime) -> None:
    """Tell a patient who is still at home that a session is off, or that it stands after all."""
    is_off = (before, session.status) == (Status.BOOKED, Status.CANCELLED)
    is_on = (before, session.status) == (Status.CANCELLED, Status.BOOKED)
    if is_off or is_on:
        was = session.starts_at if is_off else None
        outbox.plan_change_message(course=session.course, changes=[(session, was)], now=now)


def _is_made_up(session: Session) -> bool:
    """Tell whether another session stands in the place of this one, under the same number."""
    same = Session.objects.filter(course=session.course_id, number=session.number).exclude(pk=session.pk)
    return session.status in FREES_ITS_PLACE and same.exclude(status__in=FREES_ITS_PLACE).exists()


def _undone(session: Session, now: datetime) -> str | None:
    """Return the status before the last step, if that step was taken just now."""
    last = AuditEntry.objects.filter(session=session, action=ACTION).order_by("-at", "-pk").first()
    if last is None or now - last.at > timedelta(seconds=settings.UNDO_SECONDS) or last.data["to"] != session.status:
        return None
    return last.data["from"]


def _refusal(session: Session, status: str) -> str:
    label = Status(status).label if status in Status.values else status
    return _("This session is %(status)s and cannot become %(label)s. Reload the page to see it anew.") % {
        "status": session.get_status_display(),
        "label": label,
    }
