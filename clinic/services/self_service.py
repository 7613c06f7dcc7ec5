"""What patients do themselves: move a session within the clinic's rules, or ask the desk; nothing is ever just lost."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from clinic.models import AuditEntry, DeskTask, MessageRules, Session
from clinic.models.contacts import TaskKind
from clinic.models.courses import SessionStatus

from . import audit, booking, desk_tasks

DAYS_AHEAD = 7
MOST_SAME_DAY, MOST_OTHER_DAYS = 2, 2
OTHER_KINDS = frozenset({"treatment", "follow-up"})  # what needs the prescriber is arranged by the desk
PLAIN: dict[str, str] = {
    "earlier": gettext_noop("Earlier on the same day"),
    "later": gettext_noop("Later on the same day"),
    "other-day": gettext_noop("On another day"),
    "call": gettext_noop("Please call me"),
}
MINUTES_LATE = (10, 20, 30)


def may_move(session: Session, now: datetime) -> bool:
    """Tell whether the clinic lets the patient move a session alone: with notice, and not too often in a course."""
    rules = MessageRules.objects.filter(site=session.site).first()
    if rules is None or session.kind not in OTHER_KINDS or session.starts_at - now < rules.notice:
        return False
    own = audit.Actor.of_patient(session.patient).name
    moved = AuditEntry.objects.filter(course=session.course_id, action="session moved", actor=own).count()
    return moved < rules.most_moves


def places(session: Session, now: datetime) -> tuple[list[booking.Opening], list[booking.Opening]]:
    """Return a few free places: on the day of the session, and on the days that follow."""
    day = session.starts_at.astimezone(session.site.zone).date()
    same = booking.openings(session=session, first=day, last=day, now=now, limit=MOST_SAME_DAY)
    following, last = day + timedelta(days=1), day + timedelta(days=DAYS_AHEAD)
    others = booking.openings(session=session, first=following, last=last, now=now, limit=DAYS_AHEAD)
    by_day: dict[object, booking.Opening] = {}
    for place in others:
        by_day.setdefault(place.start.astimezone(session.site.zone).date(), place)
    return same[:MOST_SAME_DAY], list(by_day.values())[:MOST_OTHER_DAYS]


def move(*, session: Session, choice: str, version: int | None, now: datetime) -> Session:
    """Move a session to a place that was offered.

    Raises ValueError for a choice that was not, NotPossible where the clinic does not allow it, and what moving raises.
    """
    if not may_move(session, now):
        raise booking.NotPossible("This session cannot be moved here any more. Please ask us instead.")
    start, chair = booking.read_opening(choice, site=session.site)
    offered = [place for group in places(session, now) for place in group]
    if choice not in {place.key for place in offered}:
        raise booking.SessionDoesNotFit([], offered)
    by = audit.Actor.of_patient(session.patient)
    return booking.move_session(
        session=session, start=start, chair=chair, by=by, now=now, expected_version=version, why="asked by the patient"
    )


def ask(*, session: Session, choice: str, cannot_come: bool, words: str, now: datetime) -> DeskTask:
    """Ask the desk for another time; the session stays booked until there is one.

    Raises ValueError for a choice that was not offered.
    """
    if choice not in PLAIN:
        raise ValueError("There is no such choice.")
    kind = TaskKind.CANNOT_COME if cannot_come else TaskKind.CALL if choice == "call" else TaskKind.MOVE
    return desk_tasks.ask(
        patient=session.patient,
        kind=kind,
        key=f"{kind}-{session.uid}-{session.version}-{choice}",
        session=session,
        words=". ".join(filter(None, [PLAIN[choice], words])),
        by=audit.Actor.of_patient(session.patient),
        now=now,
    )


def tell_late(*, session: Session, minutes: int, now: datetime) -> DeskTask:
    """Tell the desk that the patient runs late.

    Raises NotPossible when the session is not today's, or over.
    """
    today = now.astimezone(session.site.zone).date()
    is_today = session.starts_at.astimezone(session.site.zone).date() == today
    if not is_today or session.status != SessionStatus.BOOKED or session.ends_at <= now:
        raise booking.NotPossible("You can tell us on the day of the visit that you run late.")
    return desk_tasks.ask(
        patient=session.patient,
        kind=TaskKind.LATE,
        key=f"late-{session.uid}-{session.version}-{minutes}",
        session=session,
        words=f"about {minutes} minutes",
        by=audit.Actor.of_patient(session.patient),
        now=now,
    )


def is_asked(session: Session) -> bool:
    """Tell whether the desk has been asked about a session and has not answered yet."""
    return DeskTask.objects.filter(session=session, done_at=None).exclude(kind=TaskKind.LATE).exists()
