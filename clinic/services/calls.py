"""That the desk called a patient about a session: noted in the record, and taken back as any other act."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from clinic.models import AuditEntry, Session
from clinic.selectors.day_states import CALLED, NOT_CALLED, undo_from

from . import audit
from .booking import NotPossible

ONE_CALL = timedelta(minutes=1)


def note(*, session: Session, by: audit.Actor, now: datetime) -> None:
    """Note that the desk called the patient; what the same person notes again within a minute is the same call."""
    with transaction.atomic():
        last = _last_of(session)
        if last is None or last.action != CALLED or last.user != by.user or now - last.at >= ONE_CALL:
            audit.record(by=by, now=now, action=CALLED, patient=session.patient, course=session.course, session=session)


def take_back(*, session: Session, by: audit.Actor, now: datetime) -> None:
    """Note that the patient was not called after all, as long as that may be taken back.

    Raises NotPossible when there is no such call.
    """
    with transaction.atomic():
        last = _last_of(session)
        if last is None or last.action != CALLED or last.at < undo_from(now):
            raise NotPossible(_("There is no call of the last three minutes to take back."))
        audit.record(by=by, now=now, action=NOT_CALLED, patient=session.patient, course=session.course, session=session)


def _last_of(session: Session) -> AuditEntry | None:
    """Return the newest line about calls, while nobody else can add one."""
    Session.objects.select_for_update().only("pk").get(pk=session.pk)
    rows = AuditEntry.objects.filter(session=session, action__in=(CALLED, NOT_CALLED))
    return rows.order_by("-at", "-pk").first()
