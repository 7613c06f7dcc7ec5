"""That a patient gets late to a session: noted by the desk, taken back, and over as soon as they are here."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from clinic.models import DeskTask, Session
from clinic.models.contacts import TaskKind
from clinic.models.courses import SessionStatus

from . import audit, desk_tasks
from .booking import NotPossible


def note(*, session: Session, by: audit.Actor, now: datetime) -> None:
    """Note that the patient gets late; noting it twice changes nothing.

    Raises NotPossible for somebody who is here, or does not come at all.
    """
    with transaction.atomic():
        current = Session.objects.select_for_update(of=("self",)).select_related("patient", "site").get(pk=session.pk)
        if current.status != SessionStatus.BOOKED:
            raise NotPossible(
                _("This session is %(status)s, so nobody is waited for.") % {"status": current.get_status_display()}
            )
        told = DeskTask.objects.filter(session=current, kind=TaskKind.LATE)
        if not told.filter(done_at=None).exists():
            key = f"late-{current.uid}-{current.version}-desk-{told.count()}"
            desk_tasks.ask(patient=current.patient, kind=TaskKind.LATE, key=key, by=by, now=now, session=current)


def take_back(*, session: Session, by: audit.Actor, now: datetime) -> None:
    """Note that the patient does not get late after all, or is here; it is no task of the desk any longer."""
    for task in DeskTask.objects.filter(session=session, kind=TaskKind.LATE, done_at=None).select_related("patient"):
        desk_tasks.done(task=task, by=by, now=now)
