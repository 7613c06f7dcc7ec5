"""Looking what is due: which patients to look at, what the scheduler says about them, and the rows for it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Cast

import scheduler
from clinic import planning
from clinic.models import ContactWishes, DeskTask, OutboundMessage, Patient, ReminderLook, Session
from clinic.models.contacts import TaskKind
from clinic.models.messages import MessageStatus
from clinic.models.people import Channel
from clinic.services import letters

from .gathering import Known, gather

COMMITS_LAST = timedelta(minutes=2)  # a change may become visible later than one that was noted after it
SEEN = "reminders-seen"  # until when changes of the diary were looked at; losing it costs one look at everything
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def plan_due_reminders(now: datetime, *, limit: int = 200) -> int:
    """Write what is due to be said to patients and to the desk; return how many patients were looked at.

    Whoever looks at one patient at the same time writes the same keys, of which the database keeps one.
    """
    seen = cache.get(SEEN, BEGINNING)
    found = list(could_be_due(now, seen)[:limit])
    pks = sorted({patient for patient, _ in found})
    if pks:
        known = gather(pks, now)
        patients = Patient.objects.filter(pk__in=pks).select_related("site").order_by("pk")
        agendas = {patient: _agenda(patient, known, now) for patient in patients}
        with transaction.atomic():
            _write(agendas, known, now)
    changed = [at for _, at in found if at is not None]
    is_all = len(found) < limit
    if is_all or changed:
        cache.set(SEEN, max(seen, now if is_all else max(changed)), None)
    return len(pks)


def could_be_due(now: datetime, seen: datetime) -> QuerySet[Any, Any]:
    """Select who could be due something: whose time has come, or whose diary has changed since `seen`.

    Each row has a patient, and when the diary changed; the earliest changes come first.
    """
    look = "patient__reminder_look"
    looked_at = f"{look}__looked_at__lt"
    fresh = Q(**{look: None}) | Q(**{looked_at: F("updated_at")})
    # Whoever was looked at just after a change is looked at once more, because the change may not have been seen.
    again = Q(**{looked_at: F("updated_at") + COMMITS_LAST}) & Q(**{looked_at: now - COMMITS_LAST})
    changed = Session.objects.filter(fresh | again, updated_at__gt=seen - 3 * COMMITS_LAST).order_by()
    timed = ReminderLook.objects.filter(next_at__lte=now).order_by()
    no_moment = Cast(Value(None), DateTimeField())
    rows = timed.annotate(at=no_moment).values_list("patient", "at")
    return rows.union(changed.annotate(at=F("updated_at")).values_list("patient", "at")).order_by("at")


def _agenda(patient: Patient, known: Known, now: datetime) -> scheduler.Agenda:
    site, wishes = patient.site, _wishes(patient, known)
    return scheduler.due_reminders(
        str(patient.pk),
        known.courses.get(patient.pk, []),
        scheduler.Site(
            id=planning.site_id(site.pk),
            name=site.name,
            timezone=site.timezone,
            hours=scheduler.WeeklyHours.parse(site.hours),
            week_starts_on=site.week_starts_on,
        ),
        known.rules.get(site.pk, scheduler.ReminderRules()),
        now=now,
        since=known.looks.get(patient.pk),
        known=known.keys.get(patient.pk, set()),
        sent=known.sent.get(patient.pk, []),
        zones=tuple(filter(None, [wishes.timezone])),
    )


def _wishes(patient: Patient, known: Known) -> ContactWishes:
    return known.wishes.get(patient.pk) or ContactWishes(patient=patient)


def _write(agendas: Mapping[Patient, scheduler.Agenda], known: Known, now: datetime) -> None:
    """Write what is due, what is told with it, what it is too late for, and when to look again."""
    messages = [row for patient, agenda in agendas.items() for row in _messages(patient, agenda, known, now)]
    OutboundMessage.objects.bulk_create(messages, ignore_conflicts=True)
    tasks = [
        DeskTask(key=item.key, site=patient.site, patient=patient, kind=TaskKind.GAP, created_at=now)
        for patient, agenda in agendas.items()
        for item in agenda.due
        if item.is_for_desk
    ]
    DeskTask.objects.bulk_create(tasks, ignore_conflicts=True)
    looks = [
        ReminderLook(patient=patient, looked_at=now, next_at=agenda.next_at) for patient, agenda in agendas.items()
    ]
    ReminderLook.objects.bulk_create(
        looks, update_conflicts=True, unique_fields=["patient"], update_fields=["looked_at", "next_at"]
    )


def _messages(patient: Patient, agenda: scheduler.Agenda, known: Known, now: datetime) -> Iterator[OutboundMessage]:
    """Yield the rows for a patient whom messages reach."""
    channel = letters.channel_of(patient, _wishes(patient, known))
    if channel == Channel.NONE:
        return
    for item in agenda.due:
        if not item.is_for_desk:
            yield _message(patient, item, channel, now)
            for key in item.also:
                yield _message(patient, item, channel, now, key=key, status=MessageStatus.JOINED)
    for item in agenda.late:
        yield _message(patient, item, channel, now, status=MessageStatus.LATE)


def _message(patient: Patient, item: scheduler.Reminder, channel: str, now: datetime, **fields: Any) -> OutboundMessage:
    # The sessions carry the keys of their rows, see the gathering.
    visits = {session.course: session.when.start.isoformat() for session in item.sessions}
    plain = {
        "key": item.key,
        "course_id": int(item.course) if item.course else None,
        "channel": channel,
        "template": item.kind,
        "data": {"visits": visits, "follow_up": item.follow_up},
        # That a course is finished waits until it can no longer be taken back.
        "due_at": now + timedelta(seconds=settings.UNDO_SECONDS) if item.kind == "finished" else now,
        "useless_at": item.until,
    }
    return OutboundMessage(patient=patient, **plain | fields)
