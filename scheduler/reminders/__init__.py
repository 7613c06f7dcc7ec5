"""What is due to be said to a patient, told from the diary and the moment alone.

Nothing here depends on having been asked at an exact minute: each reminder has a stretch of time in which it is right,
and a key by which whoever keeps the messages knows that it was said already.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from scheduler.hours import instant, minute_of, zone
from scheduler.resources import Site

from .diary import PatientDiary
from .rules import RULES
from .values import Agenda, Followed, Reminder, ReminderRules

__all__ = ["Agenda", "Followed", "Reminder", "ReminderRules", "due_reminders", "spoken_at"]

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def due_reminders(
    patient: str,
    courses: Sequence[Followed],
    site: Site,
    rules: ReminderRules,
    *,
    now: datetime,
    since: datetime | None = None,
    known: Container[str] = frozenset(),
    sent: Iterable[datetime] = (),
    zones: Sequence[str] = (),
) -> Agenda:
    """Return what is to be said to a patient, or to the desk about the patient, at this moment.

    `known` are the keys of what was said or given up, `sent` when the patient got messages lately, `since` the last
    time somebody looked. Quiet hours hold in the zone of the site and in `zones`.
    """
    diary = PatientDiary(patient, courses, site, rules)
    open_ = [item for rule in RULES for item in rule(diary) if item.key not in known]
    useful = [item for item in open_ if item.until > now]
    ready = [item for item in useful if item.due_at <= now]
    for_desk = [item for item in ready if item.is_for_desk]
    recent = sorted(moment for moment in sent if now - WEEK < moment <= now)
    clocks = (site.timezone, *zones)
    said: list[Reminder] = []
    if spoken_at(now, rules, clocks) == now:
        said = _joined(item for item in ready if not item.is_for_desk)[: max(0, rules.most_a_week - len(recent))]
    recent += [now] * len(said)
    done = {key for item in (*for_desk, *said) for key in (item.key, *item.also)}
    return Agenda(
        due=(*for_desk, *said),
        late=tuple(item for item in open_ if since is not None and since < item.until <= now and not item.is_for_desk),
        next_at=min((_next(item, now, recent, rules, clocks) for item in useful if item.key not in done), default=None),
    )


def spoken_at(moment: datetime, rules: ReminderRules, clocks: Sequence[str]) -> datetime:
    """Return the first moment from this one on at which no clock shows quiet hours.

    Where the days of two zones have nothing in common, the last one counts, which is the patient's.
    """
    for zones in (clocks, clocks[-1:]):
        found = moment
        for _ in range(4 * len(zones) + 4):
            later = max((_after_quiet(found, rules, name) for name in zones), default=found)
            if later == found:
                return found
            found = later
    raise AssertionError("one zone has hours that are not quiet every day")


def _after_quiet(moment: datetime, rules: ReminderRules, timezone: str) -> datetime:
    local = moment.astimezone(zone(timezone))
    if rules.opens <= minute_of(local) < rules.closes:
        return moment
    day = local.date() + DAY * (minute_of(local) >= rules.closes)
    return max(moment, instant(day, rules.opens, timezone))


def _next(
    item: Reminder, now: datetime, recent: Sequence[datetime], rules: ReminderRules, clocks: Sequence[str]
) -> datetime:
    """Return when something changes about a reminder: it can be said, or it is too late."""
    if item.is_for_desk:
        return item.due_at
    moment = max(item.due_at, now)
    over = len(recent) - rules.most_a_week
    if not rules.most_a_week:
        return item.until
    if over >= 0:
        moment = max(moment, recent[over] + WEEK)
    return min(spoken_at(moment, rules, clocks), item.until)


def _joined(ready: Iterable[Reminder]) -> list[Reminder]:
    """Make one reminder of all that is to be said about visits, and leave the others as they are."""
    by_urgency = sorted(ready, key=lambda item: (item.kind == "visit", item.until, item.key))
    visits = [item for item in by_urgency if item.sessions]
    others = [item for item in by_urgency if not item.sessions]
    if not visits:
        return others
    first, *rest = visits
    sessions = {session.when.start: session for item in visits for session in item.sessions}
    together = replace(
        first,
        until=max(item.until for item in visits),
        sessions=tuple(session for _, session in sorted(sessions.items())),
        also=tuple(item.key for item in rest),
    )
    return [together, *others]
