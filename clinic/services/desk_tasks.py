"""What patients ask of the desk, or what the desk has to know about them: one row each, until somebody has done it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from clinic.models import Confirmation, DeskTask, Patient, Session
from clinic.models.courses import SessionStatus
from clinic.models.fields import one_line

from . import audit
from .booking.errors import NotPossible

MOST_WORDS = 320


def ask(
    *,
    patient: Patient,
    kind: str,
    key: str,
    by: audit.Actor,
    now: datetime,
    session: Session | None = None,
    words: str = "",
) -> DeskTask:
    """Ask the desk for something about a patient; asking it again under the same key changes nothing."""
    plain = {
        "site": session.site if session else patient.site,
        "patient": patient,
        "session": session,
        "kind": kind,
        "words": one_line(words, MOST_WORDS),
        "created_at": now,
    }
    with transaction.atomic():
        task, is_new = DeskTask.objects.get_or_create(key=key[:120], defaults=plain)
        if is_new:
            audit.record(by=by, now=now, action=f"desk asked: {kind}", patient=patient, session=session)
    return task


def done(*, task: DeskTask, by: audit.Actor, now: datetime) -> None:
    """Note that somebody has done what was asked; doing it twice changes nothing."""
    with transaction.atomic():
        if DeskTask.objects.filter(pk=task.pk, done_at=None).update(done_at=now, done_by=by.user):
            data = {"task": str(task.uid), "kind": task.kind}
            audit.record(by=by, now=now, action="task done", patient=task.patient, session=task.session, data=data)


def take_back(*, task: DeskTask, by: audit.Actor, now: datetime) -> None:
    """Ask for it no more, unless somebody has done it meanwhile; the record keeps that it was asked.

    Raises NotPossible.
    """
    with transaction.atomic():
        if not DeskTask.objects.filter(pk=task.pk, done_at=None).delete()[0]:
            raise NotPossible(_("We have worked on this already. Please call us if something has changed."))
        audit.record(by=by, now=now, action="wish taken back", patient=task.patient, session=task.session)


def confirm(*, session: Session, by: audit.Actor, now: datetime) -> bool:
    """Note that the patient will come to a session at its time; tell whether there is something to confirm."""
    with transaction.atomic():
        current = Session.objects.select_related("patient").get(pk=session.pk)
        if current.status != SessionStatus.BOOKED or current.starts_at <= now:
            return False
        _, is_new = Confirmation.objects.get_or_create(
            session=current, starts_at=current.starts_at, defaults={"at": now}
        )
        if is_new:
            audit.record(by=by, now=now, action="session confirmed", patient=current.patient, session=current)
        return True
