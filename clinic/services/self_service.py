"""What patients do themselves: move a session within the clinic's rules, or ask the desk; nothing is ever just lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clinic.models import AuditEntry, DeskTask, MessageRules, Session
from clinic.models.contacts import TaskKind
from clinic.models.courses import SessionStatus
from clinic.selectors.own_deeds import TAKEN_BACK, OwnDeed

from . import audit, booking, desk_tasks

DAY, DAYS_AHEAD = timedelta(days=1), timedelta(days=7)
MOST_SAME_DAY, MOST_OTHER_DAYS, MOST_AT_END, MOST_LOOKED_AT = 2, 2, 12, 40
HOUR = timedelta(hours=1)
END = "end"
OTHER_KINDS = frozenset({"treatment", "follow-up"})  # what needs the prescriber is arranged by the desk
PLAIN: dict[str, str] = {
    "same-day": gettext_noop("Earlier or later on the same day"),
    "other-day": gettext_noop("On another day"),
    END: gettext_noop("Add it at the end instead"),
    "call": gettext_noop("Please call me"),
}
MINUTES_LATE = (10, 20, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Hold a few free places: on the day of a session, on the days that follow, and after the last of its course."""

    same_day: tuple[booking.Opening, ...] = ()
    other_days: tuple[booking.Opening, ...] = ()
    at_end: tuple[booking.Opening, ...] = ()

    @property
    def places(self) -> tuple[booking.Opening, ...]:
        """Return all of them."""
        return self.same_day + self.other_days + self.at_end


def may_move(session: Session, now: datetime) -> bool:
    """Tell whether the clinic lets the patient move a session alone: with notice, and not too often in a course.

    What a carer moved counts, and what was taken back does not.
    """
    rules = MessageRules.objects.filter(site=session.site).first()
    if rules is None or session.kind not in OTHER_KINDS or session.starts_at - now < rules.notice:
        return False
    own = audit.Actor.of_patient(session.patient).name
    moves = AuditEntry.objects.filter(course=session.course_id, action="session moved", actor__endswith=own)
    return sum(-1 if why == TAKEN_BACK else 1 for why in moves.values_list("why", flat=True)) < rules.most_moves


def offer(session: Session, now: datetime) -> Offer:
    """Return a few places where a session could stand instead."""
    day, last = _day(session.starts_at, session), _last_day(session)
    same = booking.openings(session=session, first=day, last=day, now=now, limit=MOST_LOOKED_AT)
    following = _by_day(session, day + DAY, day + DAYS_AHEAD, now, limit=DAYS_AHEAD.days)
    others = [place for place in following if last == day or _day(place.start, session) <= last][:MOST_OTHER_DAYS]
    end = _by_day(session, last + DAY, last + DAYS_AHEAD, now, limit=MOST_AT_END) if last > day else []
    enough = max(1, MOST_OTHER_DAYS - len(others))
    return Offer(same_day=_spread(same, session), other_days=tuple(others), at_end=tuple(end[:enough]))


def _spread(places: Iterable[booking.Opening], session: Session) -> tuple[booking.Opening, ...]:
    """Return two places of a day that differ: an hour from its own time and from each other, if there are."""
    own = _clock(session.starts_at, session)
    near = sorted(places, key=lambda place: abs(_clock(place.start, session) - own))
    first = next((place for place in near if abs(place.start - session.starts_at) >= HOUR), None)
    if first is None:
        return tuple(near[:MOST_SAME_DAY])
    away = (place for place in near if min(abs(place.start - at) for at in (session.starts_at, first.start)) >= HOUR)
    return tuple(sorted((first, *islice(away, MOST_SAME_DAY - 1)), key=lambda place: place.start))


def _by_day(session: Session, first: date, last: date, now: datetime, *, limit: int) -> list[booking.Opening]:
    """Return the place of each day that is nearest to the session's own time of day."""
    own = _clock(session.starts_at, session)
    places = booking.openings(session=session, first=first, last=last, now=now, limit=limit)
    found: dict[date, booking.Opening] = {}
    for place in sorted(places, key=lambda place: abs(_clock(place.start, session) - own)):
        found.setdefault(_day(place.start, session), place)
    return [found[day] for day in sorted(found)]


def _last_day(session: Session) -> date:
    """Return the last day on which a course has a session; of a follow-up there is no end to be put after."""
    if session.kind == "follow-up":
        return _day(session.starts_at, session)
    rows = session.course.sessions.filter(status=SessionStatus.BOOKED).exclude(kind="follow-up")
    return max(_day(start, session) for start in [session.starts_at, *rows.values_list("starts_at", flat=True)])


def _day(moment: datetime, session: Session) -> date:
    return moment.astimezone(session.site.zone).date()


def _clock(moment: datetime, session: Session) -> timedelta:
    local = moment.astimezone(session.site.zone)
    return timedelta(hours=local.hour, minutes=local.minute)


def plain_choices(session: Session, now: datetime) -> dict[str, str]:
    """Return what can be asked of the desk about a session; where the patient may move it alone, only a call."""
    if may_move(session, now):
        return {"call": PLAIN["call"]}
    is_last = _last_day(session) == _day(session.starts_at, session)
    return {key: words for key, words in PLAIN.items() if key != END or not is_last}


def move(*, session: Session, choice: str, version: int | None, by: audit.Actor, now: datetime) -> Session:
    """Move a session to a place that was offered.

    Raises ValueError for a choice that was not, NotPossible where the clinic does not allow it, and what moving raises.
    """
    if not may_move(session, now):
        raise booking.NotPossible(_("This session cannot be moved here any more. Please ask us instead."))
    start, chair = booking.read_opening(choice, site=session.site)
    offered = offer(session, now).places
    if choice not in {place.key for place in offered}:
        raise booking.SessionDoesNotFit([], offered)
    return booking.move_session(
        session=session, start=start, chair=chair, by=by, now=now, expected_version=version, why="asked by the patient"
    )


def ask(*, session: Session, choice: str, cannot_come: bool, words: str, by: audit.Actor, now: datetime) -> DeskTask:
    """Ask the desk for another time; the session stays booked until there is one.

    What the desk has answered before can be asked again. Raises ValueError for a choice that was not offered.
    """
    if choice not in PLAIN:
        raise ValueError("There is no such choice.")
    kind = TaskKind.CANNOT_COME if cannot_come else TaskKind.CALL if choice == "call" else TaskKind.MOVE
    key = f"{kind}-{session.uid}-{session.version}-{choice}"
    answered = DeskTask.objects.filter(session=session, key__startswith=key).exclude(done_at=None).count()
    return desk_tasks.ask(
        patient=session.patient,
        kind=kind,
        key=f"{key}-{answered}",
        session=session,
        words=". ".join(filter(None, [PLAIN[choice], words])),
        by=by,
        now=now,
    )


def take_back(*, deed: OwnDeed, by: audit.Actor, now: datetime) -> None:
    """Take back what was done last: the session returns to where it was, or the desk is asked nothing.

    Raises NotPossible, and what moving raises where the place was given to somebody else.
    """
    if deed.task:
        desk_tasks.take_back(task=deed.task, by=by, now=now)
        return
    session = deed.session
    start, chair = booking.read_opening(deed.opening, site=session.site)
    booking.move_session(
        session=session, start=start, chair=chair, by=by, now=now, expected_version=session.version, why=TAKEN_BACK
    )


def tell_late(*, session: Session, minutes: int, by: audit.Actor, now: datetime) -> DeskTask:
    """Tell the desk that the patient runs late.

    Raises NotPossible when the session is not today's, or over.
    """
    is_today = _day(session.starts_at, session) == _day(now, session)
    if not is_today or session.status != SessionStatus.BOOKED or session.ends_at <= now:
        raise booking.NotPossible("You can tell us on the day of the visit that you run late.")
    return desk_tasks.ask(
        patient=session.patient,
        kind=TaskKind.LATE,
        key=f"late-{session.uid}-{session.version}-{minutes}",
        session=session,
        words=f"about {minutes} minutes",
        by=by,
        now=now,
    )


def is_asked(session: Session) -> bool:
    """Tell whether the desk has been asked about a session and has not answered yet."""
    return DeskTask.objects.filter(session=session, done_at=None).exclude(kind=TaskKind.LATE).exists()
