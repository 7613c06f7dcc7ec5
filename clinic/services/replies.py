"""What patients answer to text messages: taken as a confirmation, a stop, or work for the desk."""

import unicodedata
from datetime import datetime, timedelta

from clinic.models import OutboundMessage, Patient, Session
from clinic.models.contacts import TaskKind
from clinic.models.courses import SessionStatus
from clinic.models.people import Channel
from clinic.notifications.channels import last_digits

from . import audit, contacts, desk_tasks

ANSWERED_WITHIN = timedelta(days=14)
FEWEST_DIGITS = 7
STOP = frozenset({"stop", "stopall", "unsubscribe", "end", "quit", "alto", "parar", "baja"})
START = frozenset({"start", "unstop", "alta"})
YES = frozenset({"yes", "y", "ok", "okay", "yep", "si"})
NO = frozenset({"no", "n", "nope", "cancel"})
MOVE = frozenset({"move", "change", "cambiar", "cambio"})


def take(*, sender: str, text: str, sid: str, now: datetime) -> str:
    """Take one text message; return what it was taken as. The service may bring the same one twice."""
    digits = last_digits(sender)
    word = _word(text)
    people = _owners(digits) if len(digits) >= FEWEST_DIGITS else []
    if not people:
        return "unknown"
    if word in STOP | START:
        change = contacts.stop if word in STOP else contacts.start
        for patient in people:
            change(patient=patient, channel=Channel.SMS, by=audit.Actor.of_patient(patient), now=now)
        return "stop" if word in STOP else "start"
    patient, session = people[0], _asked_about(people, digits, now)
    by = audit.Actor.of_patient(patient)
    if word in YES and session and desk_tasks.confirm(session=session, by=by, now=now):
        return "confirmed"
    kind = {True: TaskKind.ANSWER, word in NO: TaskKind.CANNOT_COME, word in MOVE: TaskKind.MOVE}[True]
    desk_tasks.ask(patient=patient, kind=kind, key=f"text-{sid}", session=session, words=text, by=by, now=now)
    return kind


def _word(text: str) -> str:
    """Return the one word of an answer, without accents, case and full stop; nothing for a longer one."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text[:40]) if sign.isalpha() or sign.isspace())
    words = plain.casefold().split()
    return words[0] if len(words) == 1 else ""


def _owners(digits: str) -> list[Patient]:
    """Return whose number it is, whoever was written to last first."""
    written = OutboundMessage.objects.filter(reached=digits, channel=Channel.SMS).order_by("-sent_at", "-pk")
    known = list(Patient.objects.filter(search_text__endswith=digits, merged_into=None).select_related("site"))
    latest = {pk: place for place, pk in reversed(list(enumerate(written.values_list("patient", flat=True)[:200])))}
    return sorted(
        (patient for patient in known if last_digits(patient.phone) == digits),
        key=lambda patient: (latest.get(patient.pk, len(latest)), patient.pk),
    )


def _asked_about(people: list[Patient], digits: str, now: datetime) -> Session | None:
    """Return the visit that an answer is about: the next one of the last message; none where several share a number."""
    if len(people) != 1:
        return None
    rows = OutboundMessage.objects.filter(
        patient=people[0], reached=digits, sent_at__gt=now - ANSWERED_WITHIN, template__in=("visit", "week", "moved")
    )
    last = rows.order_by("-sent_at", "-pk").first()
    if last is None:
        return None
    told = last.data.get("visits") or dict.fromkeys(last.data.get("moves", ()))
    to_come = Session.objects.filter(pk__in=map(int, told), status=SessionStatus.BOOKED, starts_at__gt=now)
    for session in to_come.select_related("site", "patient").order_by("starts_at"):
        if told[str(session.pk)] in (None, session.starts_at.isoformat()):
            return session
    return None
